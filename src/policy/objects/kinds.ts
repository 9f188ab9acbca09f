import type { TSchema } from 'typebox';

import { fluxKinds, type FluxObjectByKind } from './flux-kinds.ts';
import { foreignPolicyKinds, type ForeignPolicyByKind } from './foreign-policy-kinds.ts';
import { namespaceSchema, type Namespace } from './namespace.ts';
import { networkPolicySchema, type NetworkPolicy } from './network-policy.ts';
import {
  cronJobSchema,
  podSchema,
  podTemplateSchema,
  workloadSchema,
  type CronJob,
  type Pod,
  type PodTemplate,
  type Workload,
} from './pod.ts';
import { limitRangeSchema, resourceQuotaSchema, type LimitRange, type ResourceQuota } from './quota.ts';
import {
  clusterRoleSchema,
  rbacGroup,
  roleBindingSchema,
  roleSchema,
  type ClusterRole,
  type Role,
  type RoleBinding,
} from './rbac.ts';
import {
  gatewayGroup,
  ingressSchema,
  referenceGrantSchema,
  routeSchema,
  type Ingress,
  type ReferenceGrant,
  type Route,
} from './route.ts';
import {
  endpointSliceSchema,
  endpointsSchema,
  serviceSchema,
  type EndpointSlice,
  type Endpoints,
  type Service,
} from './service.ts';

/** The objects that rules judge, by kind. The names are unique here; API group and kind are in {@link kinds}. */
export interface ObjectByKind extends FluxObjectByKind, ForeignPolicyByKind {
  Pod: Pod;
  PodTemplate: PodTemplate;
  ReplicationController: Workload;
  ReplicaSet: Workload;
  Deployment: Workload;
  StatefulSet: Workload;
  DaemonSet: Workload;
  Job: Workload;
  CronJob: CronJob;
  Namespace: Namespace;
  NetworkPolicy: NetworkPolicy;
  Role: Role;
  ClusterRole: ClusterRole;
  RoleBinding: RoleBinding;
  ClusterRoleBinding: RoleBinding;
  ResourceQuota: ResourceQuota;
  LimitRange: LimitRange;
  Service: Service;
  Endpoints: Endpoints;
  EndpointSlice: EndpointSlice;
  Ingress: Ingress;
  HTTPRoute: Route;
  GRPCRoute: Route;
  TLSRoute: Route;
  TCPRoute: Route;
  UDPRoute: Route;
  ReferenceGrant: ReferenceGrant;
}

export type Kind = keyof ObjectByKind;

/** Any object that a rule may judge. */
export type JudgedObject = ObjectByKind[Kind];

export interface KindEntry {
  /** API group; empty for the core group. */
  readonly group: string;
  /** The kind, where others of that name are judged as well; absent: the name here. */
  readonly kind?: string;
  /** Plural resource name, as in the API server's discovery. */
  readonly resource: string;
  readonly namespaced: boolean;
  /**
   * Subresources whose request body is the object itself and can change what rules judge. They need webhook rules of
   * their own: `pods` does not cover `pods/ephemeralcontainers`.
   */
  readonly subresources: readonly string[];
  /** Whether rules judge the status: an UPDATE of nothing else is content then. */
  readonly hasJudgedStatus?: true;
  readonly schema: TSchema;
}

const namespaced = true;

export const kinds: Readonly<Record<Kind, KindEntry>> = {
  Pod: {
    group: '',
    resource: 'pods',
    namespaced,
    // Labels can be changed through the status, and nothing else that is judged.
    subresources: ['ephemeralcontainers', 'resize', 'status'],
    schema: podSchema,
  },
  PodTemplate: { group: '', resource: 'podtemplates', namespaced, subresources: [], schema: podTemplateSchema },
  ReplicationController: {
    group: '',
    resource: 'replicationcontrollers',
    namespaced,
    subresources: [],
    schema: workloadSchema,
  },
  ReplicaSet: { group: 'apps', resource: 'replicasets', namespaced, subresources: [], schema: workloadSchema },
  Deployment: { group: 'apps', resource: 'deployments', namespaced, subresources: [], schema: workloadSchema },
  StatefulSet: { group: 'apps', resource: 'statefulsets', namespaced, subresources: [], schema: workloadSchema },
  DaemonSet: { group: 'apps', resource: 'daemonsets', namespaced, subresources: [], schema: workloadSchema },
  Job: { group: 'batch', resource: 'jobs', namespaced, subresources: [], schema: workloadSchema },
  CronJob: { group: 'batch', resource: 'cronjobs', namespaced, subresources: [], schema: cronJobSchema },
  Namespace: {
    group: '',
    resource: 'namespaces',
    namespaced: false,
    subresources: ['status', 'finalize'],
    schema: namespaceSchema,
  },
  NetworkPolicy: {
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    namespaced,
    subresources: [],
    schema: networkPolicySchema,
  },
  Role: { group: rbacGroup, resource: 'roles', namespaced, subresources: [], schema: roleSchema },
  ClusterRole: {
    group: rbacGroup,
    resource: 'clusterroles',
    namespaced: false,
    subresources: [],
    schema: clusterRoleSchema,
  },
  RoleBinding: { group: rbacGroup, resource: 'rolebindings', namespaced, subresources: [], schema: roleBindingSchema },
  ClusterRoleBinding: {
    group: rbacGroup,
    resource: 'clusterrolebindings',
    namespaced: false,
    subresources: [],
    schema: roleBindingSchema,
  },
  ResourceQuota: {
    group: '',
    resource: 'resourcequotas',
    namespaced,
    subresources: ['status'],
    hasJudgedStatus: true,
    schema: resourceQuotaSchema,
  },
  LimitRange: { group: '', resource: 'limitranges', namespaced, subresources: [], schema: limitRangeSchema },
  Service: {
    group: '',
    resource: 'services',
    namespaced,
    subresources: ['status'],
    hasJudgedStatus: true,
    schema: serviceSchema,
  },
  Endpoints: { group: '', resource: 'endpoints', namespaced, subresources: [], schema: endpointsSchema },
  EndpointSlice: {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    namespaced,
    subresources: [],
    schema: endpointSliceSchema,
  },
  Ingress: { group: 'networking.k8s.io', resource: 'ingresses', namespaced, subresources: [], schema: ingressSchema },
  HTTPRoute: { group: gatewayGroup, resource: 'httproutes', namespaced, subresources: [], schema: routeSchema },
  GRPCRoute: { group: gatewayGroup, resource: 'grpcroutes', namespaced, subresources: [], schema: routeSchema },
  TLSRoute: { group: gatewayGroup, resource: 'tlsroutes', namespaced, subresources: [], schema: routeSchema },
  TCPRoute: { group: gatewayGroup, resource: 'tcproutes', namespaced, subresources: [], schema: routeSchema },
  UDPRoute: { group: gatewayGroup, resource: 'udproutes', namespaced, subresources: [], schema: routeSchema },
  ReferenceGrant: {
    group: gatewayGroup,
    resource: 'referencegrants',
    namespaced,
    subresources: [],
    schema: referenceGrantSchema,
  },
  ...fluxKinds,
  ...foreignPolicyKinds,
};

/** Kinds whose objects are a Pod or hold a pod template. */
export const podKinds = [
  'Pod',
  'PodTemplate',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
] as const satisfies readonly Kind[];

export type PodKind = (typeof podKinds)[number];

const kindByGroup = new Map(
  Object.entries(kinds).map(([name, entry]) => [`${entry.group}/${entry.kind ?? name}`, name as Kind]),
);

/** The judged kind of an API group and kind, or undefined: `kustomize.config.k8s.io` is not Flux. */
export function kindOf(group: string, kind: string): Kind | undefined {
  return kindByGroup.get(`${group}/${kind}`);
}

/** Namespaced kinds that carry their namespace's tenant label. */
export const tenantLabelledKinds = [
  ...podKinds,
  'NetworkPolicy',
  'Kustomization',
  'HelmRelease',
] as const satisfies readonly Kind[];

/** The API group of `group/version`; the core group is empty. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.lastIndexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
