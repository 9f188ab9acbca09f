import type { AuditedObject } from './audit-report.ts';
import { groupOf } from '../policy/objects/kinds.ts';

/** One text for each object, whichever version of its group it was read in. No name can stand in for another's. */
export function objectKey({ apiVersion, kind, namespace, name }: AuditedObject): string {
  return JSON.stringify([groupOf(apiVersion), kind, namespace, name]);
}
