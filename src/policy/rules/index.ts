import type { Rule } from '../rule.ts';
import { noClusterAdminBinding } from './access/no-cluster-admin-binding.ts';
import { noEscalatingRole } from './access/no-escalating-role.ts';
import { ownTenantSubjects } from './access/own-tenant-subjects.ts';
import { allowedSourceUrls } from './flux/allowed-source-urls.ts';
import { fluxStatusGuarded } from './flux/flux-status-guarded.ts';
import { helmChartNameClash } from './flux/helm-chart-name-clash.ts';
import { noControllerCloudIdentity } from './flux/no-controller-cloud-identity.ts';
import { noFluxInstance } from './flux/no-flux-instance.ts';
import { noKubeConfig } from './flux/no-kube-config.ts';
import { noPrivilegedServiceAccount } from './flux/no-privileged-service-account.ts';
import { noRemoteDecryption } from './flux/no-remote-decryption.ts';
import { ownTenantReferences } from './flux/own-tenant-references.ts';
import { ownTenantTargets } from './flux/own-tenant-targets.ts';
import { serviceAccountRequired } from './flux/service-account-required.ts';
import { baselineBeforeUse } from './namespaces/baseline-before-use.ts';
import { ownerReferencesFixed } from './namespaces/owner-references-fixed.ts';
import { platformNamespacesGuarded } from './namespaces/platform-namespaces-guarded.ts';
import { podSecurityDefault } from './namespaces/pod-security-default.ts';
import { podSecurityLevel } from './namespaces/pod-security-level.ts';
import { reservedLabels } from './namespaces/reserved-labels.ts';
import { tenantLabelFixed } from './namespaces/tenant-label-fixed.ts';
import { tenantLabelRequired } from './namespaces/tenant-label-required.ts';
import { boundedAddresses } from './network/bounded-addresses.ts';
import { confinedPeers } from './network/confined-peers.ts';
import { egressWithoutDns } from './network/egress-without-dns.ts';
import { hostNetworkNotGoverned } from './network/host-network-not-governed.ts';
import { isolationKept } from './network/isolation-kept.ts';
import { namedPortUnknown } from './network/named-port-unknown.ts';
import { orInsteadOfAnd } from './network/or-instead-of-and.ts';
import { peerMatchesNothing } from './network/peer-matches-nothing.ts';
import { policyTypesMissing } from './network/policy-types-missing.ts';
import { ruleWithoutEffect } from './network/rule-without-effect.ts';
import { selectsNothing } from './network/selects-nothing.ts';
import { noForeignNetworkPolicy } from './network/no-foreign-network-policy.ts';
import { hostNamespaces } from './pods/host-namespaces.ts';
import { hostNetwork } from './pods/host-network.ts';
import { hostPorts } from './pods/host-ports.ts';
import { isolatedBeforeStart } from './pods/isolated-before-start.ts';
import { noForeignServiceAccountToken } from './pods/no-foreign-service-account-token.ts';
import { noNodePinning } from './pods/no-node-pinning.ts';
import { noSystemPriority } from './pods/no-system-priority.ts';
import { podSecurity } from './pods/pod-security.ts';
import { tenantLabelDefault } from './pods/tenant-label-default.ts';
import { tenantLabelMatches } from './pods/tenant-label-matches.ts';
import { limitRangePresent } from './quota/limit-range-present.ts';
import { quotaKept } from './quota/quota-kept.ts';
import { quotaPresent } from './quota/quota-present.ts';
import { loadBalancerSourceRanges } from './services/load-balancer-source-ranges.ts';
import { noExternalIps } from './services/no-external-ips.ts';
import { noForeignEndpoints } from './services/no-foreign-endpoints.ts';
import { noForeignExternalName } from './services/no-foreign-external-name.ts';
import { routeWithinTenant } from './services/route-within-tenant.ts';

/** Every rule that ships, by id. */
export const rules: readonly Rule[] = [
  noClusterAdminBinding,
  noEscalatingRole,
  ownTenantSubjects,
  allowedSourceUrls,
  fluxStatusGuarded,
  helmChartNameClash,
  noControllerCloudIdentity,
  noFluxInstance,
  noKubeConfig,
  noPrivilegedServiceAccount,
  noRemoteDecryption,
  ownTenantReferences,
  ownTenantTargets,
  serviceAccountRequired,
  baselineBeforeUse,
  ownerReferencesFixed,
  platformNamespacesGuarded,
  podSecurityDefault,
  podSecurityLevel,
  reservedLabels,
  tenantLabelFixed,
  tenantLabelRequired,
  boundedAddresses,
  confinedPeers,
  egressWithoutDns,
  hostNetworkNotGoverned,
  isolationKept,
  namedPortUnknown,
  orInsteadOfAnd,
  peerMatchesNothing,
  policyTypesMissing,
  ruleWithoutEffect,
  selectsNothing,
  noForeignNetworkPolicy,
  hostNamespaces,
  hostNetwork,
  hostPorts,
  isolatedBeforeStart,
  noForeignServiceAccountToken,
  noNodePinning,
  noSystemPriority,
  podSecurity,
  tenantLabelDefault,
  tenantLabelMatches,
  limitRangePresent,
  quotaKept,
  quotaPresent,
  loadBalancerSourceRanges,
  noExternalIps,
  noForeignEndpoints,
  noForeignExternalName,
  routeWithinTenant,
];
