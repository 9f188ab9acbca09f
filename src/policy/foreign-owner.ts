import { isSameTenant, ownerOf, type Owner } from '../tenancy/owner.ts';
import type { RuleContext } from './rule.ts';

/**
 * Whose a namespace is that a subject in namespace `home` names, where that is somebody else: `missing` where nobody has it
 * yet, so that whoever creates it would be meant. Undefined for the subject's own tenant, and where it cannot be told; the
 * gap is noted then.
 */
export function foreignOwner(
  namespace: string,
  home: string,
  { facts, owner, tenancy, ownerNeeded }: RuleContext<object>,
): Owner | 'missing' | undefined {
  if (namespace === home) return undefined;
  if (tenancy.platformNamespaces.has(namespace)) return { kind: 'platform' };
  const found = facts.namespace(namespace);
  if (found === undefined || found === 'missing') return found;
  const other = ownerOf(tenancy, found);
  if (owner === undefined && other.kind === 'tenant') {
    ownerNeeded();
    return undefined;
  }
  return isSameTenant(owner, other) ? undefined : other;
}
