import type { CheckedObject, CheckOutcome } from './check-manifests.ts';
import type { CheckFault, CheckResult } from './check-report.ts';
import { printable, printableLines } from './printable.ts';
import { leniencyText, objectText, problemText } from './report-wording.ts';

interface TestCase {
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly lines: readonly string[];
}

/** A test suite for each file and a test case for each object: failed by violations that fail the check, else passed. */
export function junitReport(outcome: CheckOutcome, isFailing: (result: CheckResult) => boolean): string {
  const cases = new Map<string, TestCase[]>();
  function add(file: string, testCase: TestCase): void {
    const list = cases.get(file);
    if (list === undefined) cases.set(file, [testCase]);
    else list.push(testCase);
  }
  for (const fault of outcome.faults) add(fault.file, faultCase(fault));
  for (const object of outcome.objects) add(object.file, objectCase(object, isFailing));
  const suites = [...cases].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tenantgate check" ${countsOf([...cases.values()].flat())}>`,
    ...suites.flatMap(([file, list]) => [
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

function faultCase(fault: CheckFault): TestCase {
  const message = `${fault.line}:${fault.column} ${printable(fault.message)}`;
  return testCase('error', fault.file, `readable at ${fault.line}:${fault.column}`, [
    element('error', 'unreadable', message, []),
  ]);
}

function objectCase(object: CheckedObject, isFailing: (result: CheckResult) => boolean): TestCase {
  const { file, reference, undecided } = object;
  const name = objectText(reference);
  if (!object.isJudged) return testCase('skipped', file, name, ['<skipped message="no rule judges this kind"/>']);
  const [failing, passing] = [object.results.filter(isFailing), object.results.filter((result) => !isFailing(result))];
  const children =
    passing.length === 0 ? [] : [`<system-out>${passing.map(outputText).map(escapeXml).join('\n')}</system-out>`];
  const [gap] = undecided;
  if (gap !== undefined) {
    const rest = [...undecided.slice(1).map(problemText), ...failing.map(problemText)];
    return testCase('error', file, name, [element('error', gap.rule, problemText(gap), rest), ...children]);
  }
  const [first] = failing;
  if (first === undefined) return testCase('passed', file, name, children);
  const body = failing.flatMap((result) => [
    `${place(result)} ${result.rule} ${problemText(result)}`,
    ...printableLines(`fix: ${result.fix}`),
  ]);
  return testCase('failure', file, name, [element('failure', first.rule, problemText(first), body), ...children]);
}

function place({ line, column }: CheckResult): string {
  return `${line}:${column}`;
}

function outputText(result: CheckResult): string {
  return `${result.mode} ${result.rule} ${problemText(result)}${result.leniency === undefined ? '' : `; ${leniencyText(result) ?? ''}`}`;
}

function testCase(outcome: TestCase['outcome'], file: string, name: string, children: readonly string[]): TestCase {
  const start = `<testcase classname="${escapeXml(printable(file))}" name="${escapeXml(name)}"`;
  if (children.length === 0) return { outcome, lines: [`${start}/>`] };
  return { outcome, lines: [`${start}>`, ...children.map((child) => `  ${child}`), '</testcase>'] };
}

function element(tag: 'failure' | 'error', type: string, message: string, body: readonly string[]): string {
  const start = `<${tag} type="${escapeXml(type)}" message="${escapeXml(message)}"`;
  return body.length === 0 ? `${start}/>` : `${start}>${body.map(escapeXml).join('\n')}</${tag}>`;
}

/** Text for XML content and attributes. Characters that XML 1.0 cannot hold are gone already: see `printable`. */
function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
