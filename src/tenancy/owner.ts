import type { Tenancy } from './tenancy.ts';

/** Whose a namespace is. */
export type Owner =
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'platform' }
  /** Neither listed as the platform's nor labelled with a tenant. */
  | { readonly kind: 'unmanaged' };

/** What tenancy needs to know of a namespace. */
export interface NamespaceFact {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whose the namespace is: the platform's list wins over a label, so no label can claim a platform namespace. */
export function ownerOf(tenancy: Tenancy, namespace: NamespaceFact): Owner {
  if (tenancy.platformNamespaces.has(namespace.name)) return { kind: 'platform' };
  const tenant = tenantLabelOf(tenancy, namespace.labels);
  return tenant === undefined ? { kind: 'unmanaged' } : { kind: 'tenant', tenant };
}

/** The tenant that a label map names, or undefined. An empty value names nobody. */
export function tenantLabelOf(tenancy: Tenancy, labels: Readonly<Record<string, string>>): string | undefined {
  if (!Object.hasOwn(labels, tenancy.tenantLabel)) return undefined;
  const value = labels[tenancy.tenantLabel];
  return value === '' ? undefined : value;
}

/** Whether both are the same tenant; nobody's namespace is the same as no other. */
export function isSameTenant(a: Owner | undefined, b: Owner): boolean {
  return a?.kind === 'tenant' && b.kind === 'tenant' && a.tenant === b.tenant;
}
