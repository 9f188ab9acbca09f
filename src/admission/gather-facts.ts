import type { Decision } from '../policy/decision.ts';
import type { FluxControllers } from '../policy/flux-controllers.ts';
import type { FactRequest, Facts, PodFact, PodTemplateFact } from '../policy/facts.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import type { FactReader, NamespaceIndex } from './fact-ports.ts';

/** Live reads that one request may cause: an object that names thousands of namespaces must not flood the API server. */
const mostReads = 32;

/** Rounds of judging and fetching: a rule may ask for a second fact only once it has the first. */
const mostRounds = 3;

/** Facts of one request: the index, and what was read live on top of it. */
export class RequestFacts implements Facts {
  readonly today: string;
  readonly #index: NamespaceIndex;
  readonly #namespaces = new Map<string, NamespaceFact | 'missing'>();
  readonly #networkPolicies = new Map<string, readonly NetworkPolicy[]>();
  readonly #pods = new Map<string, readonly PodFact[]>();
  readonly #podTemplates = new Map<string, readonly PodTemplateFact[]>();
  readonly #resourceQuotas = new Map<string, readonly ResourceQuota[]>();
  readonly #limitRanges = new Map<string, readonly LimitRange[]>();

  constructor(index: NamespaceIndex, today: string) {
    this.#index = index;
    this.today = today;
  }

  namespace(name: string): NamespaceFact | 'missing' | undefined {
    return this.#namespaces.get(name) ?? this.#index.get(name);
  }

  namespaces(): readonly NamespaceFact[] | undefined {
    return this.#index.all?.();
  }

  networkPoliciesOf(namespace: string): readonly NetworkPolicy[] | undefined {
    return this.#networkPolicies.get(namespace);
  }

  get fluxControllers(): FluxControllers | undefined {
    return this.#index.fluxControllers;
  }

  podsOf(namespace: string): readonly PodFact[] | undefined {
    return this.#pods.get(namespace);
  }

  podTemplatesOf(namespace: string): readonly PodTemplateFact[] | undefined {
    return this.#podTemplates.get(namespace);
  }

  resourceQuotasOf(namespace: string): readonly ResourceQuota[] | undefined {
    return this.#resourceQuotas.get(namespace);
  }

  limitRangesOf(namespace: string): readonly LimitRange[] | undefined {
    return this.#limitRanges.get(namespace);
  }

  /** Reads one fact live. Rejects when it cannot be had. */
  async fetch(request: FactRequest, reader: FactReader, signal: AbortSignal): Promise<void> {
    const { fact, namespace } = request;
    switch (fact) {
      case 'namespace':
        this.#namespaces.set(namespace, await reader.readNamespace(namespace, signal));
        break;
      case 'networkPoliciesOf':
        this.#networkPolicies.set(namespace, await reader.listNetworkPolicies(namespace, signal));
        break;
      case 'resourceQuotasOf':
        this.#resourceQuotas.set(namespace, await reader.listResourceQuotas(namespace, signal));
        break;
      case 'limitRangesOf':
        this.#limitRanges.set(namespace, await reader.listLimitRanges(namespace, signal));
        break;
      case 'podsOf':
        this.#pods.set(namespace, await reader.listPods(namespace, signal));
        break;
      case 'podTemplatesOf':
        this.#podTemplates.set(namespace, await reader.listPodTemplates(namespace, signal));
        break;
    }
  }
}

/** Something judged with the facts it lacked. */
interface WithGaps {
  readonly decision: Pick<Decision, 'missingFacts' | 'adviceFacts'>;
}

/** How long reads for advice alone may hold an answer up, in all. */
const adviceMs = 500;

/** Reads one fact. Rejects when it cannot be had. */
type Fetch = (request: FactRequest, signal: AbortSignal) => Promise<void>;

/**
 * Judges again with facts read live, until nothing is missing that can be had. What stays missing stays undecided: a
 * failed look-up is never "no match". What only advice is waiting for is read last, and not for long. `onFailure` hears why
 * a read failed.
 */
export async function judgeWithLiveFacts<T extends WithGaps>(
  first: T,
  judge: () => T,
  fetch: Fetch,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<T> {
  let adviceSignal: AbortSignal | undefined;
  const adviceBounds = (): AbortSignal => (adviceSignal ??= AbortSignal.any([signal, AbortSignal.timeout(adviceMs)]));
  const tried = new Set<string>();
  const untried = (gaps: readonly FactRequest[]): readonly FactRequest[] =>
    gaps.filter((gap) => {
      if (tried.size === mostReads || tried.has(keyOf(gap))) return false;
      tried.add(keyOf(gap));
      return true;
    });
  let judged = first;
  for (let round = 0; round < mostRounds; round += 1) {
    const needed = untried(judged.decision.missingFacts).map((gap) => fetch(gap, signal));
    const useful = untried(judged.decision.adviceFacts).map((gap) => fetch(gap, adviceBounds()));
    if (needed.length + useful.length === 0) return judged;
    const results = await Promise.allSettled([...needed, ...useful]);
    for (const result of results) if (result.status === 'rejected') onFailure(result.reason);
    judged = judge();
  }
  return judged;
}

function keyOf({ fact, namespace }: FactRequest): string {
  return `${fact}/${namespace}`;
}
