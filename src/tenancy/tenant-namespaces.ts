import { ownerOf, type NamespaceFact } from './owner.ts';
import type { Tenancy } from './tenancy.ts';

type ByTenant = ReadonlyMap<string, readonly NamespaceFact[]>;

/** Sorted once for each list and tenancy: a cluster may have thousands, and each policy of a tenant may ask. */
const sorted = new WeakMap<readonly NamespaceFact[], WeakMap<Tenancy, ByTenant>>();

/** Those of a list that are the tenant's, in the order of the list. A list that was asked of must not be changed. */
export function namespacesOfTenant(
  all: readonly NamespaceFact[],
  tenant: string,
  tenancy: Tenancy,
): readonly NamespaceFact[] {
  const ofList = sorted.get(all) ?? new WeakMap<Tenancy, ByTenant>();
  const byTenant = ofList.get(tenancy) ?? sortByTenant(all, tenancy);
  ofList.set(tenancy, byTenant);
  sorted.set(all, ofList);
  return byTenant.get(tenant) ?? [];
}

function sortByTenant(all: readonly NamespaceFact[], tenancy: Tenancy): ByTenant {
  const found = new Map<string, NamespaceFact[]>();
  for (const namespace of all) {
    const owner = ownerOf(tenancy, namespace);
    if (owner.kind !== 'tenant') continue;
    const own = found.get(owner.tenant);
    if (own === undefined) found.set(owner.tenant, [namespace]);
    else own.push(namespace);
  }
  return found;
}
