import { objectText } from '../../report-formats/finding-wording.ts';
import { readManifestObject } from '../manifest-object.ts';
import { compareExpectation, decisionOf } from './compare-expectation.ts';
import type { PolicySuite, SuiteCase } from './policy-suite.ts';
import { judgeCase, type SuiteEngine } from './run-policy-suite.ts';
import type { TestFault, TestReport, TestResult } from './test-report.ts';

/** A suite with what it is judged with, or why its policies could not be loaded. */
export interface RunnableSuite {
  readonly suite: PolicySuite;
  readonly engine: SuiteEngine | { readonly faults: readonly TestFault[] };
}

/**
 * Runs the cases whose name contains `filter`: their own, or that of their suite with it as `suite/case`. Nothing that
 * matches is a fault, since a run of nothing would look clean.
 */
export function runPolicySuites(
  suites: readonly RunnableSuite[],
  readFaults: readonly TestFault[],
  filter: string,
): TestReport {
  const results: TestResult[] = [];
  const faults: TestFault[] = [...readFaults];
  let ran = 0;
  let skipped = 0;
  for (const { suite, engine } of suites) {
    const chosen = suite.cases.filter(({ written }) => `${suite.name}/${written.name}`.includes(filter));
    skipped += suite.cases.length - chosen.length;
    if (chosen.length === 0) continue;
    ran += 1;
    if ('faults' in engine) faults.push(...engine.faults);
    else for (const each of chosen) runCase(suite, each, engine, results, faults);
  }
  if (ran === 0 && readFaults.length === 0) faults.push(nothingMatches(suites, filter));
  const passed = results.filter((result) => result.passed).length;
  const distinct = distinctFaults(faults);
  const failed = results.length - passed;
  const summary = { suites: ran, cases: results.length, passed, failed, skipped, faults: distinct.length };
  return { summary, results, faults: distinct };
}

function runCase(
  suite: PolicySuite,
  each: SuiteCase,
  engine: SuiteEngine,
  results: TestResult[],
  faults: TestFault[],
): void {
  const outcome = judgeCase(suite, each, engine);
  if (!outcome.ok) {
    faults.push(...outcome.faults);
    return;
  }
  const placeOf = (field: string) => ({ file: suite.file, ...each.place.positionOf(field) });
  const differences = compareExpectation(each.written.expect, outcome.judgment).map((difference) => ({
    ...difference,
    ...placeOf(difference.field),
  }));
  const { name, subresource } = each.written;
  results.push({
    suite: suite.name,
    case: name,
    operation: subresource === undefined ? each.operation : `${each.operation}/${subresource}`,
    object: subjectText(suite, each, engine),
    decision: decisionOf(outcome.judgment),
    passed: differences.length === 0,
    differences,
    ...placeOf(''),
  });
}

function subjectText(suite: PolicySuite, { object, old }: SuiteCase, { read }: SuiteEngine): string {
  const document = object ?? old;
  if (document === undefined) return '';
  return objectText(readManifestObject(document, suite.document.spec.namespace ?? 'default', read).reference);
}

function nothingMatches(suites: readonly RunnableSuite[], filter: string): TestFault {
  const file = suites[0]?.suite.file ?? '(no file)';
  return { file, line: 1, column: 1, message: `no case of any suite has ${JSON.stringify(filter)} in its name` };
}

/** Suites share files, and each tells of what is wrong with them. */
function distinctFaults(faults: readonly TestFault[]): TestFault[] {
  const byText = new Map(
    faults.map((fault) => [JSON.stringify([fault.file, fault.line, fault.column, fault.message]), fault]),
  );
  return [...byText.values()];
}
