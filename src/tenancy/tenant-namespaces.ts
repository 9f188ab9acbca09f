import { ownerOf, type NamespaceFact } from './owner.ts';
import type { Tenancy } from './tenancy.ts';

/** Without a tenant: the platform's and nobody's. */
type ByTenant = ReadonlyMap<string | undefined, readonly NamespaceFact[]>;

/** Sorted once for each list and tenancy: a cluster may have thousands, and each policy of a tenant may ask. */
const sorted = new WeakMap<readonly NamespaceFact[], { readonly tenancy: Tenancy; readonly byTenant: ByTenant }>();

/** Those of a list that are the tenant's, in the order of the list. A list that was asked of must not be changed. */
export function namespacesOfTenant(
  all: readonly NamespaceFact[],
  tenant: string,
  tenancy: Tenancy,
): readonly NamespaceFact[] {
  let known = sorted.get(all);
  if (known?.tenancy !== tenancy) {
    known = { tenancy, byTenant: Map.groupBy(all, (one) => tenantOf(one, tenancy)) };
    sorted.set(all, known);
  }
  return known.byTenant.get(tenant) ?? [];
}

function tenantOf(namespace: NamespaceFact, tenancy: Tenancy): string | undefined {
  const owner = ownerOf(tenancy, namespace);
  return owner.kind === 'tenant' ? owner.tenant : undefined;
}
