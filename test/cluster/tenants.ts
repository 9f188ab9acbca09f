import { type Cluster, type KubernetesObject } from './cluster.ts';
import { expectSuccess, type KubectlOptions } from './kubectl.ts';

/** Two tenants on the test cluster. Each test file has namespaces of its own, so that files cannot disturb each other. */
export interface Tenants {
  readonly acmeDev: string;
  readonly acmeProd: string;
  readonly globex: string;
  /** Acts as acme's service account, bound to cluster-admin by a RoleBinding in acme's namespaces, as Flux sets tenants up. */
  readonly asAcme: Required<Pick<KubectlOptions, 'as' | 'asGroups'>>;
}

/** A NetworkPolicy that isolates every pod of a namespace. */
function defaultDeny(namespace: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

/** Makes the namespaces as the platform, with default-deny and the tenant's service account. */
export async function createTenants(cluster: Cluster, prefix: string): Promise<Tenants> {
  const [acmeDev, acmeProd, globex] = [`${prefix}-acme-dev`, `${prefix}-acme-prod`, `${prefix}-globex`] as const;
  const namespaces = [namespaceOf(acmeDev, 'acme'), namespaceOf(acmeProd, 'acme'), namespaceOf(globex, 'globex')];
  expectSuccess(await cluster.apply(namespaces));
  const objects = [acmeDev, acmeProd].flatMap((namespace) => [
    defaultDeny(namespace),
    serviceAccount(namespace),
    roleBinding(namespace, acmeDev),
  ]);
  expectSuccess(await cluster.apply(objects));
  return {
    acmeDev,
    acmeProd,
    globex,
    asAcme: {
      as: `system:serviceaccount:${acmeDev}:deployer`,
      asGroups: ['system:serviceaccounts', `system:serviceaccounts:${acmeDev}`, 'system:authenticated'],
    },
  };
}

/**
 * A tenant's namespace, as open as Pod Security allows: the API server's own plugin answers before webhooks do, and would
 * hide their answer.
 */
export function namespaceOf(name: string, tenant: string): KubernetesObject {
  const level = 'privileged';
  const labels = {
    'tenantgate.dev/tenant': tenant,
    'pod-security.kubernetes.io/enforce': level,
    'pod-security.kubernetes.io/warn': level,
    'pod-security.kubernetes.io/audit': level,
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function serviceAccount(namespace: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } };
}

function roleBinding(namespace: string, home: string): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'deployer', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: home }],
  };
}
