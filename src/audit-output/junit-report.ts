import type { AuditReport, AuditResult, AuditUnknown, Listing } from '../audit/audit-report.ts';
import { objectKey } from '../audit/object-key.ts';
import { exemptionText, objectText, problemText } from '../report-formats/finding-wording.ts';
import { element, escapeXml, junitXml, testCase, type TestCase } from '../report-formats/junit-xml.ts';
import { printableLines } from '../report-formats/printable.ts';
import { noticeOf } from '../policy/mode-schedule.ts';
import { ageText, changesText, copiesText, unknownText } from './audit-wording.ts';

const kindsSuite = 'kinds';
const clusterSuite = 'cluster';

/**
 * A test suite for each namespace with a case for each object that something was found in, failed by violations that end
 * the audit with 1; and one with a case for each kind, so that a clean audit has cases too. What is not known is an error.
 */
export function junitReport(report: AuditReport, isFailing: (result: AuditResult) => boolean): string {
  const unlisted = new Set(report.scan.listings.filter(isUnread).map(({ resource }) => resource));
  const isOfKind = ({ object, resource }: AuditUnknown) => object === undefined && unlisted.has(resource ?? '');
  const [unread, gaps] = [report.unknown.filter(isOfKind), report.unknown.filter((gap) => !isOfKind(gap))];
  const objects = Map.groupBy(report.results, ({ object }) => objectKey(object));
  return junitXml('tenantgate audit', [
    ...report.scan.listings.map((listing) => [kindsSuite, kindCase(listing, unread)] as const),
    ...gaps.map((gap) => [suiteOf(gap.object), gapCase(gap)] as const),
    ...[...objects.values()].map(
      (results) => [suiteOf(results[0]?.object), objectCase(report, results, isFailing)] as const,
    ),
    ...changeCases(report),
  ]);
}

function suiteOf(object: AuditResult['object'] | undefined): string {
  const namespace = object?.namespace ?? undefined;
  return namespace === undefined ? clusterSuite : `namespace ${namespace}`;
}

function isUnread({ state }: Listing): boolean {
  return state === 'forbidden' || state === 'failed';
}

function kindCase({ resource, state, objects, judged }: Listing, unread: readonly AuditUnknown[]): TestCase {
  const name = `${resource}: ${judged} of ${objects} judged`;
  const reasons = unread.filter((gap) => gap.resource === resource).map(unknownText);
  switch (state) {
    case 'read':
      return testCase('passed', kindsSuite, name, []);
    case 'absent':
      return testCase('skipped', kindsSuite, resource, ['<skipped message="not served"/>']);
    case 'forbidden':
    case 'failed':
      return testCase('error', kindsSuite, resource, [
        element('error', state, reasons[0] ?? `${resource} could not be read`, reasons.slice(1)),
      ]);
  }
}

function gapCase(gap: AuditUnknown): TestCase {
  const name = gap.object === undefined ? (gap.resource ?? gap.rule ?? 'scan') : objectText(gap.object);
  return testCase('error', suiteOf(gap.object), `${name} is judged`, [
    element('error', gap.rule ?? 'unknown', unknownText(gap), []),
  ]);
}

function objectCase(
  report: AuditReport,
  results: readonly AuditResult[],
  isFailing: (result: AuditResult) => boolean,
): TestCase {
  const object = results[0]?.object;
  const name = object === undefined ? '' : objectText(object);
  const failing = results.filter(isFailing);
  const passing = results.filter((result) => !isFailing(result)).map((result) => outputText(report, result));
  const output = passing.length === 0 ? [] : [`<system-out>${passing.map(escapeXml).join('\n')}</system-out>`];
  const [first] = failing;
  if (first === undefined) return testCase('passed', suiteOf(object), name, output);
  const body = failing.flatMap((result) => [outputText(report, result), ...printableLines(`fix: ${result.fix}`)]);
  const failure = element('failure', first.rule, problemText(first), body);
  return testCase('failure', suiteOf(object), name, [failure, ...output]);
}

function outputText(report: AuditReport, result: AuditResult): string {
  const { mode, writer, rule, exemption } = result;
  const remarks = [
    noticeOf(result),
    copiesText(result),
    ageText(report, result),
    writer === 'tenant' ? 'only if a tenant wrote it' : undefined,
    exemption && exemptionText(exemption),
  ].filter((remark) => remark !== undefined);
  return [`${mode} ${rule} ${problemText(result)}`, ...remarks].join('; ');
}

/** What became of the results since the earlier audit, as a case that passes. */
function changeCases(report: AuditReport): readonly (readonly [string, TestCase])[] {
  const changes = changesText(report);
  if (changes === undefined) return [];
  const fixed = (report.fixed ?? []).map((result) => `fixed ${result.rule} ${problemText(result)}`);
  const output = [changes, ...fixed].map(escapeXml).join('\n');
  return [[clusterSuite, testCase('passed', clusterSuite, 'comparison', [`<system-out>${output}</system-out>`])]];
}
