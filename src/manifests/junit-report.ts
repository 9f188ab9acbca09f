import { objectText, problemText } from '../report-formats/finding-wording.ts';
import { element, escapeXml, faultCase, junitXml, testCase, type TestCase } from '../report-formats/junit-xml.ts';
import { printableLines } from '../report-formats/printable.ts';
import type { CheckedObject, CheckOutcome } from './check-manifests.ts';
import type { CheckResult } from './check-report.ts';
import { leniencyText } from './report-wording.ts';

/** A test suite for each file and a test case for each object: failed by violations that fail the check, else passed. */
export function junitReport(outcome: CheckOutcome, isFailing: (result: CheckResult) => boolean): string {
  return junitXml('tenantgate check', [
    ...outcome.faults.map((fault) => [fault.file, faultCase(fault)] as const),
    ...outcome.objects.map((object) => [object.file, objectCase(object, isFailing)] as const),
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
