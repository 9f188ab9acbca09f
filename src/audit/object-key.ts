import { kindOf } from '../policy/objects/kinds.ts';
import type { AuditedObject } from './audit-report.ts';
import { resourceNameOf } from './stored-object.ts';

/** One text for each object, whichever version of its group it was read in. No name can stand in for another's. */
export function objectKey({ apiVersion, kind, namespace, name }: AuditedObject): string {
  return JSON.stringify([groupOf(apiVersion), kind, namespace, name]);
}

/** The resource of an object, as listings name it; undefined where no rule knows its kind. */
export function resourceOfObject({ apiVersion, kind }: AuditedObject): string | undefined {
  const known = kindOf(groupOf(apiVersion), kind);
  return known === undefined ? undefined : resourceNameOf(known);
}

/** The API group of `group/version`; the core group is empty. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.lastIndexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
