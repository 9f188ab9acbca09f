import { kinds, type Kind } from '../policy/objects/kinds.ts';
import { checksOnly, type PolicySet } from '../policy/policy-set.ts';
import { operationsOn } from '../policy/rule.ts';
import { isInScope } from '../policy/subject-owner.ts';
import type { Owner } from '../tenancy/owner.ts';

/**
 * The part of a set that judges what is stored. A stored object is a state: rules that judge a change, and those that judge
 * only what comes through a subresource, have nothing to say of it.
 */
export function stateRulesOf(set: PolicySet): PolicySet {
  return checksOnly(set, ({ judges }) => judges === 'state');
}

/** Whether a rule judges objects of the kind as they are made. */
export function isKindJudged(set: PolicySet, kind: Kind): boolean {
  return (set.checks.get(kind) ?? []).some(({ rule }) => operationsOn(rule, kind).includes('CREATE'));
}

/** The rules that judge what is made in a namespace, or the namespace itself, each with the kinds that it judges there. */
export function rulesInForce(set: PolicySet, namespace: string, owner: Owner): ReadonlyMap<string, ReadonlySet<Kind>> {
  const inForce = new Map<string, Set<Kind>>();
  for (const [kind, entries] of set.checks) {
    const { namespaced } = kinds[kind];
    if (!namespaced && kind !== 'Namespace') continue;
    const subject = {
      kind,
      operation: 'CREATE',
      namespace: namespaced ? namespace : undefined,
      name: namespace,
    } as const;
    for (const entry of entries) {
      if (!isInScope(entry, subject, owner)) continue;
      const judged = inForce.get(entry.rule.id) ?? new Set();
      inForce.set(entry.rule.id, judged.add(kind));
    }
  }
  return inForce;
}
