import { compareText } from '../algebra/compare-text.ts';
import type { AuditedObject, AuditResult, AuditUnknown } from './audit-report.ts';

const severities: readonly AuditResult['severity'][] = ['critical', 'high', 'medium', 'low'];

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
