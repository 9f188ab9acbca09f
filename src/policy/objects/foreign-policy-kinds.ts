import type { Static } from 'typebox';

import { identity, openObject } from './shape.ts';

/**
 * Policies of network plugins, which open or close what NetworkPolicies say. Rules read their metadata by this shape, and the
 * rest as it is written. A kind whose name others use as well carries its group, as in `NetworkPolicy.projectcalico.org`.
 */
export const foreignPolicySchema = openObject({ ...identity });

export type ForeignPolicy = Static<typeof foreignPolicySchema>;

const cilium = 'cilium.io';
const common = 'policy.networking.k8s.io';
const aws = 'networking.k8s.aws';
const antrea = 'crd.antrea.io';
/** The aggregated API, or native CRDs; and the CRDs that stand behind the aggregated API. */
const calico = 'projectcalico.org';
const storedCalico = 'crd.projectcalico.org';

function policyKind(group: string, kind: string, resource: string, scope: 'Namespaced' | 'Cluster') {
  return {
    group,
    kind,
    resource,
    namespaced: scope === 'Namespaced',
    subresources: [],
    schema: foreignPolicySchema,
  } as const;
}

/** What `kinds` says of each kind. */
export const foreignPolicyKinds = {
  AdminNetworkPolicy: policyKind(common, 'AdminNetworkPolicy', 'adminnetworkpolicies', 'Cluster'),
  BaselineAdminNetworkPolicy: policyKind(
    common,
    'BaselineAdminNetworkPolicy',
    'baselineadminnetworkpolicies',
    'Cluster',
  ),
  'ClusterNetworkPolicy.policy.networking.k8s.io': policyKind(
    common,
    'ClusterNetworkPolicy',
    'clusternetworkpolicies',
    'Cluster',
  ),
  CiliumNetworkPolicy: policyKind(cilium, 'CiliumNetworkPolicy', 'ciliumnetworkpolicies', 'Namespaced'),
  CiliumClusterwideNetworkPolicy: policyKind(
    cilium,
    'CiliumClusterwideNetworkPolicy',
    'ciliumclusterwidenetworkpolicies',
    'Cluster',
  ),
  CiliumCIDRGroup: policyKind(cilium, 'CiliumCIDRGroup', 'ciliumcidrgroups', 'Cluster'),
  CiliumEgressGatewayPolicy: policyKind(cilium, 'CiliumEgressGatewayPolicy', 'ciliumegressgatewaypolicies', 'Cluster'),
  CiliumLocalRedirectPolicy: policyKind(
    cilium,
    'CiliumLocalRedirectPolicy',
    'ciliumlocalredirectpolicies',
    'Namespaced',
  ),
  CiliumEnvoyConfig: policyKind(cilium, 'CiliumEnvoyConfig', 'ciliumenvoyconfigs', 'Namespaced'),
  CiliumClusterwideEnvoyConfig: policyKind(
    cilium,
    'CiliumClusterwideEnvoyConfig',
    'ciliumclusterwideenvoyconfigs',
    'Cluster',
  ),
  'NetworkPolicy.projectcalico.org': policyKind(calico, 'NetworkPolicy', 'networkpolicies', 'Namespaced'),
  'GlobalNetworkPolicy.projectcalico.org': policyKind(
    calico,
    'GlobalNetworkPolicy',
    'globalnetworkpolicies',
    'Cluster',
  ),
  'NetworkSet.projectcalico.org': policyKind(calico, 'NetworkSet', 'networksets', 'Namespaced'),
  'GlobalNetworkSet.projectcalico.org': policyKind(calico, 'GlobalNetworkSet', 'globalnetworksets', 'Cluster'),
  'Tier.projectcalico.org': policyKind(calico, 'Tier', 'tiers', 'Cluster'),
  'NetworkPolicy.crd.projectcalico.org': policyKind(storedCalico, 'NetworkPolicy', 'networkpolicies', 'Namespaced'),
  'GlobalNetworkPolicy.crd.projectcalico.org': policyKind(
    storedCalico,
    'GlobalNetworkPolicy',
    'globalnetworkpolicies',
    'Cluster',
  ),
  'NetworkSet.crd.projectcalico.org': policyKind(storedCalico, 'NetworkSet', 'networksets', 'Namespaced'),
  'GlobalNetworkSet.crd.projectcalico.org': policyKind(
    storedCalico,
    'GlobalNetworkSet',
    'globalnetworksets',
    'Cluster',
  ),
  'Tier.crd.projectcalico.org': policyKind(storedCalico, 'Tier', 'tiers', 'Cluster'),
  'NetworkPolicy.crd.antrea.io': policyKind(antrea, 'NetworkPolicy', 'networkpolicies', 'Namespaced'),
  'ClusterNetworkPolicy.crd.antrea.io': policyKind(antrea, 'ClusterNetworkPolicy', 'clusternetworkpolicies', 'Cluster'),
  'Tier.crd.antrea.io': policyKind(antrea, 'Tier', 'tiers', 'Cluster'),
  PolicyEndpoint: policyKind(aws, 'PolicyEndpoint', 'policyendpoints', 'Namespaced'),
  ApplicationNetworkPolicy: policyKind(aws, 'ApplicationNetworkPolicy', 'applicationnetworkpolicies', 'Namespaced'),
  'ClusterNetworkPolicy.networking.k8s.aws': policyKind(
    aws,
    'ClusterNetworkPolicy',
    'clusternetworkpolicies',
    'Cluster',
  ),
} as const;

export type ForeignPolicyKind = keyof typeof foreignPolicyKinds;

/** The objects of network plugins, by kind. */
export type ForeignPolicyByKind = Readonly<Record<ForeignPolicyKind, ForeignPolicy>>;
