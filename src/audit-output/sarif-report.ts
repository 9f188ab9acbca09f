import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from '../audit/audit-report.ts';
import { isNew } from '../audit/compare-audits.ts';
import { groupOf } from '../policy/objects/kinds.ts';
import { standingOf } from '../audit/tally.ts';
import { noticeOf } from '../policy/mode-schedule.ts';
import { exemptionText, problemText } from '../report-formats/finding-wording.ts';
import {
  sarifLevelOf,
  sarifLog,
  sarifRuleReference,
  sarifSuppressions,
  type SarifTool,
} from '../report-formats/sarif-log.ts';
import { unknownText } from './audit-wording.ts';

/**
 * The report as a SARIF log. Objects of a cluster stand in no file, so their places are logical ones. What depends on who
 * wrote the object is for review, as SARIF calls it; with a comparison each result tells what became of it.
 */
export function sarifReport(report: AuditReport, tool: SarifTool): string {
  const { scan, results, fixed = [], unknown } = report;
  return sarifLog(tool, {
    isComplete: unknown.length === 0,
    invocation: { startTimeUtc: scan.startedAt, endTimeUtc: scan.finishedAt },
    notifications: unknown.map(notificationOf),
    results: [
      ...results.map((result) => ({ ...resultOf(result, tool), ...baselineOf(report, result) })),
      ...fixed.map((result) => ({ ...resultOf(result, tool), baselineState: 'absent' })),
    ],
    properties: propertiesOf(report),
  });
}

function propertiesOf({ scan: { source, policyHash, filters, comparedWith }, summary }: AuditReport) {
  return { source, policyHash, filters, ...(comparedWith === undefined ? {} : { comparedWith }), summary };
}

function resultOf(result: AuditResult, tool: SarifTool) {
  const { rule, object, fix, copies, exemption, policy, tenant, field, since } = result;
  const notice = noticeOf(result);
  return {
    ...sarifRuleReference(tool, rule),
    ...weightOf(result),
    message: { text: `${problemText(result)}${notice === undefined ? '' : `; ${notice}`}\nfix: ${fix}` },
    locations: [locationOf(object)],
    occurrenceCount: copies + 1,
    ...sarifSuppressions(exemption && exemptionText(exemption)),
    properties: {
      policy,
      field,
      ...(tenant === undefined ? {} : { tenant }),
      ...(since === undefined ? {} : { since }),
    },
  };
}

/** A level is for what failed; what somebody has to look at has none (SARIF 2.1.0, 3.27.9 and 3.27.10). */
function weightOf(result: AuditResult) {
  return standingOf(result) === 'to-confirm'
    ? { kind: 'review', level: 'none' }
    : { kind: 'fail', level: sarifLevelOf(result.mode) };
}

function baselineOf(report: AuditReport, result: AuditResult) {
  if (report.scan.comparedWith === undefined) return {};
  return { baselineState: isNew(report, result) ? 'new' : 'unchanged' };
}

/** `acme-dev/networkpolicy.networking.k8s.io/web` would do for people; kinds are told as they are written. */
function locationOf({ apiVersion, kind, namespace, name }: AuditedObject) {
  const group = groupOf(apiVersion);
  const fullyQualifiedName = [
    ...(namespace === null ? [] : [namespace]),
    group === '' ? kind : `${kind}.${group}`,
    name,
  ].join('/');
  return { logicalLocations: [{ name, fullyQualifiedName, kind: 'resource' }] };
}

function notificationOf(gap: AuditUnknown) {
  const { object, rule } = gap;
  return {
    descriptor: { id: 'unknown' },
    ...(rule === undefined ? {} : { associatedRule: { id: rule } }),
    level: 'error',
    message: { text: unknownText(gap) },
    ...(object === undefined ? {} : { locations: [locationOf(object)] }),
  };
}
