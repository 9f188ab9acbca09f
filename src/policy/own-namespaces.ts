import { constraintOn, matchesLabels, type LabelSpace } from '../algebra/label-space.ts';
import { isSameTenant, ownerOf, type NamespaceFact } from '../tenancy/owner.ts';
import { namespaceNameLabel } from '../tenancy/tenancy.ts';
import { namespacesOfTenant } from '../tenancy/tenant-namespaces.ts';
import type { PodPlace } from './known-pods.ts';

/** Names that are looked up for one selector. */
const mostNames = 8;

/** The namespaces that a selector is limited to and those that it selects, all of the policy's own tenant. */
export interface OwnNamespaces {
  readonly limit: readonly NamespaceFact[];
  readonly selected: readonly NamespaceFact[];
}

/**
 * The namespaces of the policy's own tenant that a selector selects, where it can select no others: it names them, or asks
 * for the tenant's label. Undefined where that is not known, and where somebody else's are among them: what is in those is
 * not for this tenant to learn.
 */
export function ownNamespaces(selector: LabelSpace, place: PodPlace): OwnNamespaces | undefined {
  const limit = namedNamespaces(selector, place) ?? tenantNamespaces(selector, place);
  if (limit === undefined || limit.length === 0 || limit.some((one) => !isOwn(one, place))) return undefined;
  return { limit, selected: limit.filter(({ labels }) => matchesLabels(selector, labels)) };
}

function isOwn(namespace: NamespaceFact, { namespace: home, owner, tenancy }: PodPlace): boolean {
  return namespace.name === home || isSameTenant(owner, ownerOf(tenancy, namespace));
}

/** Those that the selector names and that exist; none where one of them is not known. */
function namedNamespaces(selector: LabelSpace, { facts }: PodPlace): readonly NamespaceFact[] | undefined {
  const { values } = constraintOn(selector, namespaceNameLabel);
  if (values.isComplement) return undefined;
  if (values.listed.size > mostNames) return [];
  const found = [...values.listed].map((name) => facts.namespace(name));
  return found.includes(undefined) ? [] : found.filter((one) => one !== undefined && one !== 'missing');
}

/** All of the tenant, where the selector asks for its label. */
function tenantNamespaces(
  selector: LabelSpace,
  { facts, owner, tenancy }: PodPlace,
): readonly NamespaceFact[] | undefined {
  if (owner?.kind !== 'tenant') return undefined;
  const { values, absent } = constraintOn(selector, tenancy.tenantLabel);
  const isPinned = !absent && !values.isComplement && values.listed.size === 1 && values.listed.has(owner.tenant);
  const all = isPinned ? facts.namespaces?.() : undefined;
  return all && namespacesOfTenant(all, owner.tenant, tenancy);
}
