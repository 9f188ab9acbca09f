import type { Principal } from '../tenancy/principal.ts';
import { kinds, type Kind, type ObjectByKind } from './objects/kinds.ts';
import { hasSameContent, hasSameStatus } from './same-content.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** What is judged: one object in one operation, as an AdmissionRequest or a manifest gives it. */
export interface Subject<K extends Kind = Kind> {
  readonly kind: K;
  readonly apiVersion: string;
  readonly operation: Operation;
  /** The subresource that the operation goes through, such as `status`; absent: the object itself is written. */
  readonly subresource?: string | undefined;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  /** The name, or `<generateName>*` where the name is not made yet. */
  readonly name: string;
  /** The object after the operation; on DELETE the object as it was. */
  readonly object: ObjectByKind[K];
  /** The object before the operation: UPDATE and DELETE only. */
  readonly old: ObjectByKind[K] | undefined;
  readonly principal: Principal;
}

/** Whether the operation is an UPDATE that says nothing new to any rule. The status counts where rules judge it. */
export function changesNothing({ kind, operation, object, old }: Subject): boolean {
  if (operation !== 'UPDATE' || old === undefined || !hasSameContent(object, old)) return false;
  return kinds[kind].hasJudgedStatus !== true || hasSameStatus(object, old);
}

/** Labels of an object; absent and null read as none. */
export function labelsOf(object: ObjectByKind[Kind]): Readonly<Record<string, string>> {
  return object.metadata?.labels ?? {};
}

/** Whether the platform or a built-in controller acts. Where nobody is named, a rule judges as if a tenant did. */
export function actsForPlatform({ kind }: Principal): boolean {
  return kind === 'platform' || kind === 'controller';
}
