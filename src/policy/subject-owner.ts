import { ownerOf, type Owner } from '../tenancy/owner.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Facts } from './facts.ts';
import type { PolicyEntry } from './policy-set.ts';
import { labelsOf, type Subject } from './subject.ts';

/** Name of the namespace that the subject is in, or is. */
export function namespaceOf(subject: Pick<Subject, 'namespace' | 'name'>): string {
  return subject.namespace ?? subject.name;
}

/**
 * Whose the subject is. A Namespace is judged as the one it was before the operation; the platform's namespaces are known
 * by name, without a look-up.
 */
export function subjectOwner(subject: Subject, tenancy: Tenancy, facts: Facts): Owner | undefined {
  const name = namespaceOf(subject);
  if (tenancy.platformNamespaces.has(name)) return { kind: 'platform' };
  if (subject.kind === 'Namespace') return ownerOf(tenancy, { name, labels: labelsOf(subject.old ?? subject.object) });
  const namespace = facts.namespace(name);
  return namespace === undefined || namespace === 'missing' ? undefined : ownerOf(tenancy, namespace);
}

/** Whether rules are for this owner at all: not in the platform's namespaces, nor in unmanaged ones that are ignored. */
export function isJudged(subject: Subject, owner: Owner | undefined, tenancy: Tenancy): boolean {
  if (subject.kind === 'Namespace' || owner === undefined) return true;
  if (owner.kind === 'unmanaged') return tenancy.unmanagedNamespaces === 'isolate';
  return owner.kind === 'tenant';
}

/** Whether the entry holds for the subject. Where the owner is not known, a restriction to tenants is read strictly. */
export function isInScope(
  entry: PolicyEntry,
  subject: Pick<Subject, 'operation' | 'namespace' | 'name'>,
  owner: Owner | undefined,
): boolean {
  const { scope } = entry;
  const namespace = namespaceOf(subject);
  if (!entry.rule.operations.includes(subject.operation)) return false;
  if (scope.includedNamespaces !== undefined && !scope.includedNamespaces.has(namespace)) return false;
  if (scope.excludedNamespaces.has(namespace)) return false;
  if (scope.tenants === undefined || owner === undefined) return true;
  return owner.kind === 'tenant' && scope.tenants.has(owner.tenant);
}
