import type { JsonObject } from '../../algebra/json-object.ts';
import type { PodFact, PodTemplateFact } from '../../policy/facts.ts';
import type { FluxControllers } from '../../policy/flux-controllers.ts';
import type { Kind } from '../../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../../policy/objects/quota.ts';
import type { NamespaceFact } from '../../tenancy/owner.ts';
import type { Tenancy } from '../../tenancy/tenancy.ts';
import type { AuditResult } from '../audit-report.ts';

/** What one namespace of a tenant shows. What is undefined could not be read, and is never taken for "none". */
export interface NamespaceEvidence {
  readonly tenancy: Tenancy;
  readonly tenant: string;
  readonly namespace: NamespaceFact;
  readonly networkPolicies: readonly NetworkPolicy[] | undefined;
  /** Pods that are not finished. */
  readonly pods: readonly PodFact[] | undefined;
  readonly podTemplates: readonly PodTemplateFact[] | undefined;
  readonly resourceQuotas: readonly ResourceQuota[] | undefined;
  readonly limitRanges: readonly LimitRange[] | undefined;
  /** What the rules found in the namespace and its Namespace object, exempt results included. */
  readonly results: readonly AuditResult[];
  /** Kinds whose objects here could not all be read or judged. */
  readonly unread: ReadonlySet<Kind>;
  /** Kinds with at least one object here. */
  readonly present: ReadonlySet<Kind>;
}

/** What the cluster as a whole shows; undefined: it could not be read. */
export interface ClusterEvidence {
  readonly fluxControllers: FluxControllers | undefined;
  /** Deployments of the platform's namespaces that run Flux's controllers. */
  readonly fluxDeployments: readonly JsonObject[] | undefined;
  /** DaemonSets of the platform's namespaces. */
  readonly daemonSets: readonly JsonObject[] | undefined;
  readonly nodes: readonly JsonObject[] | undefined;
  /** kube-system/cilium-config, kube-system/amazon-vpc-cni and their like; `missing` where there is none. */
  readonly configMaps: ReadonlyMap<string, JsonObject | 'missing'> | undefined;
}
