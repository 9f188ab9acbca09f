import { namespaceNameLabel } from '../tenancy/tenancy.ts';
import { displayLabels } from './display.ts';
import { whyForeign, type NamespaceContext } from './foreign-namespace.ts';
import { fieldsAt } from './objects/object-fields.ts';
import type { Violation } from './rule.ts';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
}

/**
 * Violations of `spec.accessFrom`, by which an object lets other namespaces use it. A selector is inside when it asks for
 * the tenant's own label or names a namespace of the tenant; any other label proves nothing, since others can set it.
 */
export function* foreignAccess(
  object: object,
  own: string,
  context: NamespaceContext,
): Generator<Violation, void, undefined> {
  for (const { field, value } of fieldsAt(object, 'spec.accessFrom.namespaceSelectors[]')) {
    const message = whyOpen((value as Selector).matchLabels ?? {}, own, context);
    if (message !== undefined)
      yield { field: `${field}.matchLabels`, message, fix: fixFor(own, context), basis: value };
  }
}

function whyOpen(labels: Readonly<Record<string, string>>, own: string, context: NamespaceContext): string | undefined {
  const { owner, tenancy } = context;
  const name = valueOf(labels, namespaceNameLabel);
  if (name !== undefined) return whyForeign(name, { own, whenMissing: 'would get in' }, context);
  const tenant = valueOf(labels, tenancy.tenantLabel);
  if (tenant === undefined) {
    return Object.keys(labels).length === 0
      ? '{} lets in every namespace'
      : `lets in any namespace labelled ${displayLabels(labels)}, whoever’s it is`;
  }
  if (owner === undefined) context.ownerNeeded();
  else if (owner.kind !== 'tenant' || owner.tenant !== tenant) return `lets in tenant ${JSON.stringify(tenant)}`;
  return undefined;
}

function valueOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function fixFor(own: string, { owner, tenancy }: NamespaceContext): string {
  const label = owner?.kind === 'tenant' ? `${tenancy.tenantLabel}: ${owner.tenant}` : `${namespaceNameLabel}: ${own}`;
  return `Let in the own tenant only:\n  namespaceSelectors:\n    - matchLabels:\n        ${label}`;
}
