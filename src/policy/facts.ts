import type { ContainerPort } from '../algebra/port-set.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import type { FluxControllers } from './flux-controllers.ts';
import type { NetworkPolicy } from './objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from './objects/quota.ts';

/** A pod template as far as NetworkPolicies see the pods that are made from it. */
export interface PodTemplateFact {
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  /** The ports that its containers declare; absent: none. */
  readonly ports?: readonly ContainerPort[];
}

/** A pod as far as NetworkPolicies and endpoints see it. */
export interface PodFact extends PodTemplateFact {
  readonly name: string;
  /** The addresses it has been given; none before it runs. */
  readonly addresses?: readonly string[];
}

/** A fact that could not be had: what is judged without it stays undecided. */
export interface FactRequest {
  readonly fact: 'namespace' | 'networkPoliciesOf' | 'podsOf' | 'podTemplatesOf' | 'resourceQuotasOf' | 'limitRangesOf';
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
  /** The templates of all workloads stored in the namespace, whether pods of them run or not. */
  podTemplatesOf(namespace: string): readonly PodTemplateFact[] | undefined;
  /** All ResourceQuotas stored in the namespace. */
  resourceQuotasOf(namespace: string): readonly ResourceQuota[] | undefined;
  /** All LimitRanges stored in the namespace. */
  limitRangesOf(namespace: string): readonly LimitRange[] | undefined;
  /** What Flux's controllers refuse by themselves; absent: nobody looked, and rules say nothing of it. Never a gap. */
  readonly fluxControllers?: FluxControllers | undefined;
  /**
   * Every namespace there is, in the same array as long as none changes. Absent or undefined: some may not be known, and
   * rules say nothing of it. Never a gap.
   */
  namespaces?(): readonly NamespaceFact[] | undefined;
  /** Today, as an RFC 3339 full-date in UTC: exemptions end by it. */
  readonly today: string;
}

/** Facts that remember which answers were not to be had. */
export interface RecordedFacts extends Facts {
  readonly gaps: readonly FactRequest[];
  /** The gaps so far; from here on they are noted anew. */
  takeGaps(): readonly FactRequest[];
}

/** Wraps facts so that each undefined answer is noted once, in the order asked. */
export function recordFacts(facts: Facts): RecordedFacts {
  return new FactRecorder(facts);
}

const noGaps: readonly FactRequest[] = [];

/** Allocates nothing as long as every answer is at hand: that is so for almost every request. */
class FactRecorder implements RecordedFacts {
  readonly today: string;
  readonly fluxControllers: FluxControllers | undefined;
  readonly #facts: Facts;
  #gaps: Map<string, FactRequest> | undefined;

  constructor(facts: Facts) {
    this.today = facts.today;
    this.fluxControllers = facts.fluxControllers;
    this.#facts = facts;
  }

  get gaps(): readonly FactRequest[] {
    return this.#gaps === undefined ? noGaps : [...this.#gaps.values()];
  }

  takeGaps(): readonly FactRequest[] {
    const { gaps } = this;
    this.#gaps = undefined;
    return gaps;
  }

  namespace(name: string): NamespaceFact | 'missing' | undefined {
    return this.#noted('namespace', name, this.#facts.namespace(name));
  }

  networkPoliciesOf(namespace: string): readonly NetworkPolicy[] | undefined {
    return this.#noted('networkPoliciesOf', namespace, this.#facts.networkPoliciesOf(namespace));
  }

  podsOf(namespace: string): readonly PodFact[] | undefined {
    return this.#noted('podsOf', namespace, this.#facts.podsOf(namespace));
  }

  podTemplatesOf(namespace: string): readonly PodTemplateFact[] | undefined {
    return this.#noted('podTemplatesOf', namespace, this.#facts.podTemplatesOf(namespace));
  }

  namespaces(): readonly NamespaceFact[] | undefined {
    return this.#facts.namespaces?.();
  }

  resourceQuotasOf(namespace: string): readonly ResourceQuota[] | undefined {
    return this.#noted('resourceQuotasOf', namespace, this.#facts.resourceQuotasOf(namespace));
  }

  limitRangesOf(namespace: string): readonly LimitRange[] | undefined {
    return this.#noted('limitRangesOf', namespace, this.#facts.limitRangesOf(namespace));
  }

  #noted<T>(fact: FactRequest['fact'], namespace: string, answer: T | undefined): T | undefined {
    if (answer === undefined) {
      this.#gaps ??= new Map();
      const key = `${fact}/${namespace}`;
      if (!this.#gaps.has(key)) this.#gaps.set(key, { fact, namespace });
    }
    return answer;
  }
}
