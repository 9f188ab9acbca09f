import { fluxKinds } from '../../policy/objects/flux-kinds.ts';
import { foreignPolicyKinds } from '../../policy/objects/foreign-policy-kinds.ts';
import { podKinds, tenantLabelledKinds, type Kind } from '../../policy/objects/kinds.ts';
import type { NamespaceLayer } from '../audit-report.ts';

/** Which rules speak of a layer, and what has to be looked at before it can be said to be in place. */
export interface LayerRules {
  /** Rules whose results are the layer's. */
  readonly rules: readonly string[];
  /** Kinds that have to be read and judged. */
  readonly kinds: readonly Kind[];
  /** Rules without which nobody looks, each with the kinds that it has to judge where there are any. */
  readonly needed: Readonly<Record<string, readonly Kind[]>>;
}

const bindings = ['RoleBinding'] as const satisfies readonly Kind[];
const routes = ['Ingress', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute', 'ReferenceGrant'] as const;
const fluxNames = Object.keys(fluxKinds) as readonly Kind[];
/** Those of the whole cluster stand in no namespace. */
const foreignNames = Object.entries(foreignPolicyKinds).flatMap(([name, { namespaced }]) =>
  namespaced ? [name as Kind] : [],
);
/** What names no namespace but its own refers to nobody. */
const referring = fluxNames.filter(
  (name) => name !== 'Provider' && name !== 'OCIRepository' && name !== 'FluxInstance',
);
const appliers = ['Kustomization', 'HelmRelease'] as const satisfies readonly Kind[];

/** Each rule belongs to one layer. Those that only advise belong to none, and no more do those that a layer judges itself. */
export const layerRules: Readonly<Record<NamespaceLayer, LayerRules>> = {
  labels: {
    rules: [
      'namespaces/owner-references-fixed',
      'namespaces/platform-namespaces-guarded',
      'namespaces/reserved-labels',
      'namespaces/tenant-label-fixed',
      'namespaces/tenant-label-required',
      'pods/tenant-label-matches',
    ],
    kinds: ['Namespace', ...tenantLabelledKinds],
    needed: { 'pods/tenant-label-matches': tenantLabelledKinds },
  },
  access: {
    rules: ['access/no-cluster-admin-binding', 'access/no-escalating-role', 'access/own-tenant-subjects'],
    kinds: ['Role', ...bindings],
    needed: {
      'access/no-cluster-admin-binding': bindings,
      'access/no-escalating-role': ['Role'],
      'access/own-tenant-subjects': bindings,
    },
  },
  'pod-security': {
    rules: [
      'namespaces/pod-security-level',
      'pods/host-namespaces',
      'pods/host-network',
      'pods/host-ports',
      'pods/no-foreign-service-account-token',
      'pods/no-node-pinning',
      'pods/no-system-priority',
      'pods/pod-security',
    ],
    kinds: ['Namespace', ...podKinds],
    needed: { 'pods/pod-security': podKinds },
  },
  quota: {
    rules: ['quota/limit-range-present', 'quota/quota-kept', 'quota/quota-present'],
    kinds: ['ResourceQuota', 'LimitRange'],
    needed: {},
  },
  'network-isolation': {
    rules: ['network/egress-without-dns', 'network/isolation-kept', 'pods/isolated-before-start'],
    kinds: ['NetworkPolicy'],
    needed: { 'network/egress-without-dns': ['NetworkPolicy'] },
  },
  'network-flows': {
    rules: [
      'network/bounded-addresses',
      'network/confined-peers',
      'network/no-foreign-network-policy',
      'services/load-balancer-source-ranges',
      'services/no-external-ips',
      'services/no-foreign-endpoints',
      'services/no-foreign-external-name',
      'services/route-within-tenant',
    ],
    kinds: ['NetworkPolicy', 'Service', 'Endpoints', 'EndpointSlice', ...routes, ...foreignNames],
    needed: {
      'network/bounded-addresses': ['NetworkPolicy'],
      'network/confined-peers': ['NetworkPolicy'],
      'network/no-foreign-network-policy': foreignNames,
      'services/no-external-ips': ['Service'],
      'services/no-foreign-endpoints': ['Endpoints', 'EndpointSlice'],
      'services/no-foreign-external-name': ['Service'],
      'services/route-within-tenant': routes,
    },
  },
  flux: {
    rules: [
      'flux/allowed-source-urls',
      'flux/flux-status-guarded',
      'flux/helm-chart-name-clash',
      'flux/no-controller-cloud-identity',
      'flux/no-flux-instance',
      'flux/no-kube-config',
      'flux/no-privileged-service-account',
      'flux/no-remote-decryption',
      'flux/own-tenant-references',
      'flux/own-tenant-targets',
      'flux/service-account-required',
    ],
    kinds: fluxNames,
    needed: {
      'flux/no-flux-instance': ['FluxInstance'],
      'flux/no-kube-config': appliers,
      'flux/own-tenant-references': referring,
      'flux/own-tenant-targets': [...appliers, 'ResourceSet'],
      'flux/service-account-required': [...appliers, 'ResourceSet', 'ResourceSetInputProvider'],
    },
  },
};
