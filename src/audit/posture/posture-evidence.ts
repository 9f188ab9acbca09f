import type { JsonObject } from '../../algebra/json-object.ts';
import type { PodFact, PodTemplateFact } from '../../policy/facts.ts';
import type { Kind } from '../../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../../policy/objects/quota.ts';
import type { NamespaceFact } from '../../tenancy/owner.ts';
import type { Tenancy } from '../../tenancy/tenancy.ts';
import type { AuditedObject, AuditResult } from '../audit-report.ts';

/** A pod template, and the object that holds it: an exemption is the object's, not the template's. */
export interface PodTemplateEvidence extends PodTemplateFact {
  readonly object?: AuditedObject;
}

/** What one namespace of a tenant shows. What is undefined could not be read, and is never taken for "none". */
export interface NamespaceEvidence {
  readonly tenancy: Tenancy;
  readonly tenant: string;
  readonly namespace: NamespaceFact;
  /** When the Namespace object was last written; see {@link lastWriteOf}. */
  readonly namespaceWrittenAt?: string | undefined;
  readonly networkPolicies: readonly NetworkPolicy[] | undefined;
  /** Pods that are not finished. */
  readonly pods: readonly PodFact[] | undefined;
  readonly podTemplates: readonly PodTemplateEvidence[] | undefined;
  readonly resourceQuotas: readonly ResourceQuota[] | undefined;
  readonly limitRanges: readonly LimitRange[] | undefined;
  /** The rules that a policy in force holds for the namespace, each with the kinds that it judges there. */
  readonly inForce: ReadonlyMap<string, ReadonlySet<Kind>>;
  /** What the rules found in the namespace and its Namespace object, exempt results included. */
  readonly results: readonly AuditResult[];
  /** Kinds whose objects here could not all be read or judged. */
  readonly unread: ReadonlySet<Kind>;
  /** Kinds with at least one object here. */
  readonly present: ReadonlySet<Kind>;
}

/** What the cluster as a whole shows; undefined: it could not be read. */
export interface ClusterEvidence {
  /** Whether the API server serves any kind of Flux or of its operator. */
  readonly servesFlux: boolean | undefined;
  /** Deployments of the platform's namespaces that run Flux's controllers. */
  readonly fluxDeployments: readonly JsonObject[] | undefined;
  /** FluxInstances of the platform's namespaces: who owns the controllers, and so where they are to be mended. */
  readonly fluxInstances: readonly JsonObject[] | undefined;
  /** DaemonSets of the platform's namespaces. */
  readonly daemonSets: readonly JsonObject[] | undefined;
  readonly nodes: readonly JsonObject[] | undefined;
  /** By `<namespace>/<name>`: those that {@link enforcementConfigMaps} asks for. What is not in the map was not read. */
  readonly configMaps: ReadonlyMap<string, JsonObject | 'missing'> | undefined;
}

/** Of a cluster that nobody has looked at. */
export const nothingSeen: ClusterEvidence = {
  servesFlux: undefined,
  fluxDeployments: undefined,
  fluxInstances: undefined,
  daemonSets: undefined,
  nodes: undefined,
  configMaps: undefined,
};
