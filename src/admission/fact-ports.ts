import type { FluxControllers } from '../policy/flux-controllers.ts';
import type { PodFact, PodTemplateFact } from '../policy/facts.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';

/** Namespaces at hand, answered without waiting: a watched cache, or a file. */
export interface NamespaceIndex {
  /** `missing` only where the index is certain; a cache that may lag answers undefined. */
  get(name: string): NamespaceFact | 'missing' | undefined;
  /** Every namespace there is, in the same array as long as none changes; undefined where some may be missing. */
  all?(): readonly NamespaceFact[] | undefined;
  /** How many namespaces it holds. */
  readonly size: number;
  /** What Flux's controllers refuse by themselves, where somebody looked. */
  readonly fluxControllers?: FluxControllers | undefined;
}

/** Reads facts live, within the signal's deadline. Rejects when the source does not answer. */
export interface FactReader {
  readNamespace(name: string, signal: AbortSignal): Promise<NamespaceFact | 'missing'>;
  listNetworkPolicies(namespace: string, signal: AbortSignal): Promise<readonly NetworkPolicy[]>;
  listResourceQuotas(namespace: string, signal: AbortSignal): Promise<readonly ResourceQuota[]>;
  listLimitRanges(namespace: string, signal: AbortSignal): Promise<readonly LimitRange[]>;
  /** The templates of workloads: Deployments, StatefulSets, DaemonSets, Jobs and CronJobs. */
  listPodTemplates(namespace: string, signal: AbortSignal): Promise<readonly PodTemplateFact[]>;
  listPods(namespace: string, signal: AbortSignal): Promise<readonly PodFact[]>;
}
