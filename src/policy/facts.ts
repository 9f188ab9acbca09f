import type { NamespaceFact } from '../tenancy/owner.ts';
import type { NetworkPolicy } from './objects/network-policy.ts';

/** A pod as far as NetworkPolicies see it. */
export interface PodFact {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
}

/** A fact that could not be had: what is judged without it stays undecided. */
export interface FactRequest {
  readonly fact: 'namespace' | 'networkPoliciesOf' | 'podsOf';
  readonly namespace: string;
}

/**
 * What rules may know beyond the object. Every answer is synchronous and may be undefined: "not known". A rule that
 * meets undefined goes on with what it knows; {@link recordFacts} notes the gap, and the decision is undecided unless
 * something was violated for certain. So a failed look-up can never read as "no match".
 */
export interface Facts {
  /** The namespace, or `missing` when it is certain that there is none of that name. */
  namespace(name: string): NamespaceFact | 'missing' | undefined;
  /** All NetworkPolicies stored in the namespace. */
  networkPoliciesOf(namespace: string): readonly NetworkPolicy[] | undefined;
  /** All pods stored in the namespace that are not finished. */
  podsOf(namespace: string): readonly PodFact[] | undefined;
  /** Today, as an RFC 3339 full-date in UTC: exemptions end by it. */
  readonly today: string;
}

/** Facts that remember which answers were not to be had. */
export interface RecordedFacts extends Facts {
  readonly gaps: readonly FactRequest[];
}

/** Wraps facts so that each undefined answer is noted once, in the order asked. */
export function recordFacts(facts: Facts): RecordedFacts {
  const gaps: FactRequest[] = [];
  const noted = new Set<string>();
  function note<T>(fact: FactRequest['fact'], namespace: string, answer: T | undefined): T | undefined {
    const key = `${fact}/${namespace}`;
    if (answer === undefined && !noted.has(key)) {
      noted.add(key);
      gaps.push({ fact, namespace });
    }
    return answer;
  }
  return {
    gaps,
    today: facts.today,
    namespace: (name) => note('namespace', name, facts.namespace(name)),
    networkPoliciesOf: (namespace) => note('networkPoliciesOf', namespace, facts.networkPoliciesOf(namespace)),
    podsOf: (namespace) => note('podsOf', namespace, facts.podsOf(namespace)),
  };
}
