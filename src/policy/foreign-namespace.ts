import { ownerOf, type Owner } from '../tenancy/owner.ts';
import type { RuleContext, Violation } from './rule.ts';

/** What a rule needs to know whose a namespace is. */
export type NamespaceContext = Pick<
  RuleContext<{ readonly allowedNamespaces: readonly string[] }>,
  'params' | 'tenancy' | 'facts' | 'owner' | 'ownerNeeded'
>;

/** How a namespace is used, in words that stand after its name. */
export interface NamespaceUse {
  /** Namespace of the object itself: always its own. */
  readonly own: string;
  /** What would become of a namespace that does not exist yet, such as `would be referred to`. */
  readonly whenMissing: string;
}

/**
 * Why an object of a tenant may not have to do with a namespace, undefined where it may: it is the object's own, one of the
 * same tenant, or one that the policy allows.
 */
export function whyForeign(target: string, use: NamespaceUse, context: NamespaceContext): string | undefined {
  if (target === use.own || context.params.allowedNamespaces.includes(target)) return undefined;
  const { facts, owner, tenancy } = context;
  const found = facts.namespace(target);
  if (found === undefined) return undefined;
  const name = JSON.stringify(target);
  if (found === 'missing') return `${name} does not exist; whoever creates that namespace ${use.whenMissing}`;
  const other = ownerOf(tenancy, found);
  if (owner === undefined && other.kind === 'tenant') {
    context.ownerNeeded();
    return undefined;
  }
  return isSameTenant(owner, other) ? undefined : `${name} ${whose(other)}`;
}

/** The violation of a field that names a foreign namespace, undefined where it is not foreign. */
export function foreignNamespace(
  field: string,
  target: string,
  use: NamespaceUse & { readonly fix: string },
  context: NamespaceContext,
): Violation | undefined {
  const message = whyForeign(target, use, context);
  return message === undefined ? undefined : { field, message, fix: use.fix };
}

function isSameTenant(a: Owner | undefined, b: Owner): boolean {
  return a?.kind === 'tenant' && b.kind === 'tenant' && a.tenant === b.tenant;
}

/** Whose a namespace is, in words. */
function whose(owner: Owner): string {
  switch (owner.kind) {
    case 'tenant':
      return `belongs to tenant ${JSON.stringify(owner.tenant)}`;
    case 'platform':
      return 'belongs to the platform';
    case 'unmanaged':
      return 'belongs to no tenant';
  }
}
