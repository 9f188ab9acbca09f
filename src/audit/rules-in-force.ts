import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { isInScope } from '../policy/subject-owner.ts';
import type { Owner } from '../tenancy/owner.ts';

/** The rules of a set that a policy holds for a namespace, each with the kinds that it judges there. */
export function rulesInForce(set: PolicySet, namespace: string, owner: Owner): ReadonlyMap<string, ReadonlySet<Kind>> {
  const inForce = new Map<string, Set<Kind>>();
  for (const [kind, entries] of set.checks) {
    if (!kinds[kind].namespaced && kind !== 'Namespace') continue;
    const place = { kind, namespace: kind === 'Namespace' ? undefined : namespace, name: namespace };
    for (const entry of entries) {
      if (!isInScope(entry, { ...place, operation: 'CREATE' }, owner)) continue;
      const judged = inForce.get(entry.rule.id);
      if (judged === undefined) inForce.set(entry.rule.id, new Set([kind]));
      else judged.add(kind);
    }
  }
  return inForce;
}
