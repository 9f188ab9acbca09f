import { commandOf } from '../github-command.ts';
import { element, faultCase, junitXml, testCase, type TestCase } from '../../report-formats/junit-xml.ts';
import { printable, printableLines } from '../../report-formats/printable.ts';
import type { TestReport, TestResult } from './test-report.ts';
import { testSummary } from './test-text-report.ts';

type Difference = TestResult['differences'][number];

/** A test suite for each file and a test case for each case. */
export function testJunitReport(report: TestReport): string {
  return junitXml('tenantgate test', [
    ...report.faults.map((fault) => [fault.file, faultCase(fault)] as const),
    ...report.results.map((result) => [result.file, junitCase(result)] as const),
  ]);
}

function junitCase(result: TestResult): TestCase {
  const [first] = result.differences;
  const name = printable(`${result.suite}/${result.case}`);
  if (first === undefined) return testCase('passed', result.file, name, []);
  const body = result.differences.flatMap((one) => [`${one.line}:${one.column} ${one.field}`, ...diffOf(one)]);
  return testCase('failure', result.file, name, [element('failure', first.field, headOf(first), body)]);
}

/** Annotations of a GitHub workflow, shown at the expectations that were not met. */
export function testGithubReport(report: TestReport): string {
  const faults = report.faults.map((fault) => ({
    ...fault,
    level: 'error' as const,
    title: 'test cannot run',
    message: printable(fault.message),
  }));
  const failures = report.results.flatMap(({ suite, case: name, differences }) =>
    differences.map((one) => ({
      ...one,
      level: 'error' as const,
      title: printable(`${suite}/${name}`),
      message: [headOf(one), ...diffOf(one)].join('\n'),
    })),
  );
  return [...faults.map(commandOf), ...failures.map(commandOf), testSummary(report), ''].join('\n');
}

function headOf({ field, expected, actual }: Difference): string {
  const [wanted, given] = [expected ?? 'nothing', actual ?? 'nothing'].map((text) => printable(text));
  return `${field}: expected ${wanted ?? ''}, not ${given ?? ''}`;
}

function diffOf({ expected, actual }: Difference): readonly string[] {
  const lines = (sign: string, value: string | null) =>
    value === null ? [] : printableLines(value).map((line) => `${sign} ${line}`);
  return [...lines('-', expected), ...lines('+', actual)];
}
