import type { Kind } from '../policy/objects/kinds.ts';
import { checksOnly, type PolicySet } from '../policy/policy-set.ts';
import { operationsOn } from '../policy/rule.ts';

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
