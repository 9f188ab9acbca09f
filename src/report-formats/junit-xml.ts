import { printable } from './printable.ts';

/** One test case of a JUnit report, as lines of XML. */
export interface TestCase {
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly lines: readonly string[];
}

/** The report: a test suite for each file, in the order of their names. Cases keep their order. */
export function junitXml(name: string, cases: readonly (readonly [file: string, testCase: TestCase])[]): string {
  const suites = new Map<string, TestCase[]>();
  for (const [file, testCase] of cases) {
    const list = suites.get(file);
    if (list === undefined) suites.set(file, [testCase]);
    else list.push(testCase);
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${countsOf([...suites.values()].flat())}>`,
    ...[...suites]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([file, list]) => [
        `  <testsuite name="${escapeXml(printable(file))}" ${countsOf(list)}>`,
        ...list.flatMap((testCase) => testCase.lines.map((line) => `    ${line}`)),
        '  </testsuite>',
      ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function countsOf(cases: readonly TestCase[]): string {
  const count = (outcome: TestCase['outcome']) => cases.filter((testCase) => testCase.outcome === outcome).length;
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

/** A fault of a file as a case: what is not read may be what fails. */
export function faultCase(fault: {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}): TestCase {
  const message = `${fault.line}:${fault.column} ${printable(fault.message)}`;
  return testCase('error', fault.file, `readable at ${fault.line}:${fault.column}`, [
    element('error', 'unreadable', message, []),
  ]);
}

/** A case with what is inside it. */
export function testCase(
  outcome: TestCase['outcome'],
  file: string,
  name: string,
  children: readonly string[],
): TestCase {
  const start = `<testcase classname="${escapeXml(printable(file))}" name="${escapeXml(name)}"`;
  if (children.length === 0) return { outcome, lines: [`${start}/>`] };
  return { outcome, lines: [`${start}>`, ...children.map((child) => `  ${child}`), '</testcase>'] };
}

/** Why a case did not pass. */
export function element(tag: 'failure' | 'error', type: string, message: string, body: readonly string[]): string {
  const start = `<${tag} type="${escapeXml(type)}" message="${escapeXml(message)}"`;
  return body.length === 0 ? `${start}/>` : `${start}>${body.map(escapeXml).join('\n')}</${tag}>`;
}

/** Text for XML content and attributes. Characters that XML 1.0 cannot hold are gone already: see `printable`. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
