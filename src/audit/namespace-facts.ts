import { append } from '../policy/entry-index.ts';
import type { FactRequest, PodFact, PodTemplateFact } from '../policy/facts.ts';
import { podTemplateFactOf } from '../policy/objects/container-ports.ts';
import type { JudgedObject, Kind } from '../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import { podFactOf, templateFactKinds } from '../policy/objects/pod-facts.ts';
import type { Pod } from '../policy/objects/pod.ts';
import { podViewOf } from '../policy/objects/pod-view.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';

/** Facts that are made from the objects of one namespace. */
export type ContentFact = Exclude<FactRequest['fact'], 'namespace'>;

/** The kinds that each fact is made from. */
export const kindsOfFact: Readonly<Record<ContentFact, readonly Kind[]>> = {
  networkPoliciesOf: ['NetworkPolicy'],
  resourceQuotasOf: ['ResourceQuota'],
  limitRangesOf: ['LimitRange'],
  podTemplatesOf: templateFactKinds,
  podsOf: ['Pod'],
};

/** Kinds that facts and posture are made from, whether a rule judges them or not. */
export const factKinds: readonly Kind[] = Object.values(kindsOfFact).flat();

const isTemplateKind = (kind: Kind): kind is (typeof templateFactKinds)[number] =>
  (templateFactKinds as readonly Kind[]).includes(kind);

/** What is known by the objects of one namespace. They come kind by kind; of a kind nothing is known before it is complete. */
export class NamespaceFacts {
  readonly #networkPolicies: NetworkPolicy[] = [];
  readonly #resourceQuotas: ResourceQuota[] = [];
  readonly #limitRanges: LimitRange[] = [];
  readonly #podTemplates = new Map<Kind, PodTemplateFact[]>();
  readonly #pods: PodFact[] = [];
  readonly #complete = new Set<Kind>();
  readonly #unknown = new Set<Kind>();

  /** Takes an object in. The reader has given it the shape of its kind. */
  add(kind: Kind, object: JudgedObject): void {
    if (kind === 'NetworkPolicy') this.#networkPolicies.push(object as NetworkPolicy);
    else if (kind === 'ResourceQuota') this.#resourceQuotas.push(object as ResourceQuota);
    else if (kind === 'LimitRange') this.#limitRanges.push(object as LimitRange);
    else if (kind === 'Pod') pushDefined(this.#pods, podFactOf(object as Pod));
    else if (isTemplateKind(kind)) {
      const pod = podViewOf(kind, object);
      if (pod !== undefined) append(this.#podTemplates, kind, podTemplateFactOf(pod));
    }
  }

  /** Takes a pod in of which all is known but what is its own. */
  addReplica(pod: Pod, common: PodTemplateFact): void {
    pushDefined(this.#pods, podFactOf(pod, common));
  }

  /** Nothing more of the kind will come. */
  complete(kind: Kind): void {
    this.#complete.add(kind);
  }

  /** Not all of the kind can be had, or one of them cannot be read: nothing certain can be said of it. */
  forget(kind: Kind): void {
    this.#unknown.add(kind);
  }

  /** Whether more is known later on. */
  isPending(fact: ContentFact): boolean {
    return kindsOfFact[fact].some((kind) => !this.#complete.has(kind) && !this.#unknown.has(kind));
  }

  get networkPolicies(): readonly NetworkPolicy[] | undefined {
    return this.#known('networkPoliciesOf', () => this.#networkPolicies);
  }

  get resourceQuotas(): readonly ResourceQuota[] | undefined {
    return this.#known('resourceQuotasOf', () => this.#resourceQuotas);
  }

  get limitRanges(): readonly LimitRange[] | undefined {
    return this.#known('limitRangesOf', () => this.#limitRanges);
  }

  get podTemplates(): readonly PodTemplateFact[] | undefined {
    // In the order in which admission reads them, so that both name the same one first.
    return this.#known('podTemplatesOf', () => templateFactKinds.flatMap((kind) => this.#podTemplates.get(kind) ?? []));
  }

  get pods(): readonly PodFact[] | undefined {
    return this.#known('podsOf', () => this.#pods);
  }

  #known<T>(fact: ContentFact, answer: () => T): T | undefined {
    const isKnown = kindsOfFact[fact].every((kind) => this.#complete.has(kind) && !this.#unknown.has(kind));
    return isKnown ? answer() : undefined;
  }
}

function pushDefined<T>(list: T[], value: T | undefined): void {
  if (value !== undefined) list.push(value);
}
