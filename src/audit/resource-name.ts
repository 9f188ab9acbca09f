import { groupOf, kindOf, kinds, type Kind } from '../policy/objects/kinds.ts';
import type { AuditedObject } from './audit-report.ts';

/** How listings name the resource of a kind: `pods`, `helmreleases.helm.toolkit.fluxcd.io`. */
export function resourceNameOf(kind: Kind): string {
  const { group, resource } = kinds[kind];
  return group === '' ? resource : `${resource}.${group}`;
}

/** The resource of an object; undefined where no rule knows its kind. */
export function resourceOfObject({ apiVersion, kind }: AuditedObject): string | undefined {
  const known = kindOf(groupOf(apiVersion), kind);
  return known === undefined ? undefined : resourceNameOf(known);
}
