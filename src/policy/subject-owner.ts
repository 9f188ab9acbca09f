import { ownerOf, type Owner } from '../tenancy/owner.ts';
import type { Principal } from '../tenancy/principal.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Scope } from './entry-index.ts';
import type { FactRequest, Facts } from './facts.ts';
import type { PolicyEntry } from './policy-set.ts';
import { operationsOn } from './rule.ts';
import { labelsOf, type Subject } from './subject.ts';

type Place = Pick<Subject, 'kind' | 'namespace' | 'name'>;

/** Name of the namespace that the subject is in, or is; empty for any other object of the whole cluster. */
export function namespaceOf({ kind, namespace, name }: Place): string {
  return namespace ?? (kind === 'Namespace' ? name : '');
}

/**
 * Whose the subject is. A Namespace is judged as the one it was before the operation; the platform's namespaces are known
 * by name, without a look-up. An object of the whole cluster is its author's.
 */
export function subjectOwner(subject: Subject, tenancy: Tenancy, facts: Facts): Owner | undefined {
  if (isClusterWide(subject)) return authorOf(subject.principal, tenancy, facts);
  const name = namespaceOf(subject);
  if (tenancy.platformNamespaces.has(name)) return { kind: 'platform' };
  if (subject.kind === 'Namespace') return ownerOf(tenancy, { name, labels: labelsOf(subject.old ?? subject.object) });
  const namespace = facts.namespace(name);
  return namespace === undefined || namespace === 'missing' ? undefined : ownerOf(tenancy, namespace);
}

/** Whether the object is in no namespace and is none, such as a ClusterRole. */
function isClusterWide({ kind, namespace }: Place): boolean {
  return namespace === undefined && kind !== 'Namespace';
}

/**
 * Whose principal it is. A person is never proved to be a tenant's, and so is nobody's. Where nobody is named, as in a check
 * of manifests, objects of the whole cluster are taken to be the platform's, who makes nearly all of them.
 */
function authorOf(principal: Principal, tenancy: Tenancy, facts: Facts): Owner | undefined {
  if (principal.kind !== 'tenant') return { kind: 'platform' };
  if (principal.serviceAccountNamespace === undefined) return { kind: 'unmanaged' };
  const home = facts.namespace(principal.serviceAccountNamespace);
  if (home === undefined) return undefined;
  return home === 'missing' ? { kind: 'unmanaged' } : ownerOf(tenancy, home);
}

/** The fact by which the subject's owner is known. */
export function ownerFact(subject: Subject): FactRequest {
  const { principal } = subject;
  const home = principal.kind === 'tenant' ? principal.serviceAccountNamespace : undefined;
  return { fact: 'namespace', namespace: isClusterWide(subject) ? (home ?? '') : namespaceOf(subject) };
}

/** Whether rules are for this owner at all: not in the platform's namespaces, nor in unmanaged ones that are ignored. */
export function isJudged(subject: Subject, owner: Owner | undefined, tenancy: Tenancy): boolean {
  if (subject.kind === 'Namespace' || owner === undefined) return true;
  if (owner.kind === 'unmanaged') return isClusterWide(subject) || tenancy.unmanagedNamespaces === 'isolate';
  return owner.kind === 'tenant';
}

/** Whether the entry holds for the subject. Where the owner is not known, a restriction to tenants is read strictly. */
export function isInScope(
  entry: PolicyEntry,
  subject: Place & Pick<Subject, 'operation'>,
  owner: Owner | undefined,
): boolean {
  if (!operationsOn(entry.rule, subject.kind).includes(subject.operation)) return false;
  return isPlaceInScope(entry.scope, namespaceOf(subject), owner);
}

/** As {@link isInScope}, whatever is there. */
export function isPlaceInScope(scope: Scope, namespace: string, owner: Owner | undefined): boolean {
  if (scope.includedNamespaces !== undefined && !scope.includedNamespaces.has(namespace)) return false;
  if (scope.excludedNamespaces.has(namespace)) return false;
  if (scope.tenants === undefined || owner === undefined) return true;
  return owner.kind === 'tenant' && scope.tenants.has(owner.tenant);
}
