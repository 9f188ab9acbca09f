import type { AuditResult } from '../../src/audit/audit-report.ts';

/** What rules say of an object in a namespace: as they do say it. */
export interface Fault extends Pick<AuditResult, 'rule' | 'severity' | 'field' | 'message' | 'fix'> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly mode?: AuditResult['mode'];
}

const flux = 'helm.toolkit.fluxcd.io/v2';

export const faults: readonly Fault[] = [
  {
    rule: 'network/confined-peers',
    severity: 'critical',
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name: 'allow-dns',
    field: 'spec.egress[0].ports',
    message:
      'every port to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on TCP 1',
    fix: 'Keep to the ports of flow "dns":\n  ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53',
  },
  {
    rule: 'network/bounded-addresses',
    severity: 'critical',
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name: 'allow-internet',
    field: 'spec.egress[0].to[0].ipBlock',
    message: '{cidr: "0.0.0.0/1"} holds a forbidden address; counterexample: 0.0.0.0',
    fix: 'Leave 0.0.0.0 and the other forbidden addresses out, with `except` or a smaller block.',
  },
  {
    rule: 'access/own-tenant-subjects',
    severity: 'critical',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    name: 'deployers',
    field: 'subjects[0].name',
    message: '"system:serviceaccounts" is every service account of the cluster, of all tenants',
    fix: 'Name a service account of the tenant’s own namespaces, or have the platform approve the subject.',
  },
  {
    rule: 'pods/pod-security',
    severity: 'critical',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'collector',
    field: 'spec.template.spec.volumes[0].hostPath',
    message: 'violates PodSecurity "baseline:latest": hostPathVolumes: hostPath volumes (volume "logs")',
    fix: 'Use a PersistentVolumeClaim, an emptyDir, or another volume that the node’s files are not in.',
  },
  {
    rule: 'flux/service-account-required',
    severity: 'critical',
    apiVersion: flux,
    kind: 'HelmRelease',
    name: 'web',
    field: 'spec.serviceAccountName',
    message: 'is missing, so Flux would apply with the identity of its controller instead of the tenant’s',
    fix: 'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>',
  },
  {
    rule: 'namespaces/pod-security-level',
    severity: 'high',
    apiVersion: 'v1',
    kind: 'Namespace',
    name: '',
    field: 'metadata.labels["pod-security.kubernetes.io/enforce"]',
    message: '"privileged" is below "baseline", the lowest level of a tenant’s namespace',
    fix: 'Set the label:\n  metadata:\n    labels:\n      pod-security.kubernetes.io/enforce: baseline',
  },
  {
    rule: 'pods/isolated-before-start',
    severity: 'high',
    mode: 'warn',
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: 'database',
    field: 'spec.template.metadata.labels',
    message:
      'a pod labelled app=database would start without ingress isolation: no NetworkPolicy of its namespace selects it for Ingress',
    fix: 'Apply a default-deny first:\n  apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata:\n    name: default-deny\n  spec:\n    podSelector: {}\n    policyTypes: [Ingress, Egress]',
  },
  {
    rule: 'quota/quota-present',
    severity: 'medium',
    mode: 'audit',
    apiVersion: 'v1',
    kind: 'Namespace',
    name: '',
    field: '',
    message: 'has no ResourceQuota: its pods may take all that the nodes have',
    fix: 'Create a ResourceQuota in the namespace.',
  },
  {
    rule: 'flux/helm-chart-name-clash',
    severity: 'low',
    mode: 'warn',
    apiVersion: flux,
    kind: 'HelmRelease',
    name: 'cache',
    field: 'spec.chart.spec.sourceRef.namespace',
    message:
      'makes HelmChart "acme-dev-cache" in namespace "flux-system"; HelmRelease "dev-cache" of namespace "acme" would make the same',
    fix: 'Put the source into the namespace of the HelmRelease and remove the field.',
  },
];
