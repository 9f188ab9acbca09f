import { severities } from '../policy/rule.ts';
import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from './audit-report.ts';
import { compareText } from './key-order.ts';
import { standingOf } from './result-standing.ts';

/** The order of results: by severity, namespace, kind, name, rule and field. */
export function byWeightAndPlace(a: AuditResult, b: AuditResult): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(placeOf(a.object), placeOf(b.object)) ||
    compareText(a.rule, b.rule) ||
    compareText(a.field, b.field) ||
    compareText(a.policy, b.policy) ||
    compareText(a.message, b.message)
  );
}

/** What is not known: whole resources first. */
export function byPlace(a: AuditUnknown, b: AuditUnknown): number {
  return (
    Number(a.resource === undefined) - Number(b.resource === undefined) ||
    compareText(a.resource ?? '', b.resource ?? '') ||
    compareText(placeOf(a.object), placeOf(b.object)) ||
    compareText(a.rule ?? '', b.rule ?? '') ||
    compareText(a.message, b.message)
  );
}

/** An object as one text. No part of it holds a NUL, so texts compare as their parts do. */
function placeOf(object: AuditedObject | undefined): string {
  return object === undefined ? '' : [object.namespace, object.kind, object.name, object.apiVersion].join('\0');
}

/** Counts of results, as a summary has them. */
export function countsOf(
  results: readonly AuditResult[],
): Pick<AuditReport['summary'], 'violations' | 'toConfirm' | 'exempt'> {
  const counts = { violations: { enforce: 0, warn: 0, audit: 0 }, toConfirm: 0, exempt: 0 };
  for (const result of results) {
    const standing = standingOf(result);
    if (standing === 'exempt') counts.exempt += 1;
    else if (standing === 'to-confirm') counts.toConfirm += 1;
    else counts.violations[result.mode] += 1;
  }
  return counts;
}
