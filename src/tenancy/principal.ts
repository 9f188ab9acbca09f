import type { Tenancy } from './tenancy.ts';

/** Who acts, as the API server authenticated them (authentication/v1 UserInfo). */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

/**
 * Who acts, as tenancy sees them. `controller`: a built-in controller that cleans up, or keeps what others have declared. `unknown`: nobody
 * was named, as when manifests are checked outside a cluster.
 */
export type Principal =
  | { readonly kind: 'platform' }
  | { readonly kind: 'controller' }
  | { readonly kind: 'tenant'; readonly username: string; readonly serviceAccountNamespace: string | undefined }
  | { readonly kind: 'unknown' };

/**
 * Controllers of kube-controller-manager that clean up: without them no namespace and no owned object can go; and those that
 * write what no tenant may: endpoints, status of quotas and load balancers, aggregated ClusterRoles. With
 * `--use-service-account-credentials` each has an account of its own in kube-system, else all share one user.
 */
const builtInControllers: ReadonlySet<string> = new Set([
  'system:kube-controller-manager',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:ttl-after-finished-controller',
  'system:serviceaccount:kube-system:pod-garbage-collector',
  'system:serviceaccount:kube-system:endpoint-controller',
  'system:serviceaccount:kube-system:endpointslice-controller',
  'system:serviceaccount:kube-system:endpointslicemirroring-controller',
  'system:serviceaccount:kube-system:resourcequota-controller',
  'system:serviceaccount:kube-system:clusterrole-aggregation-controller',
  'system:serviceaccount:kube-system:service-controller',
  'system:serviceaccount:kube-system:cloud-controller-manager',
  'system:cloud-controller-manager',
]);

/** The API server's own client, which makes the system namespaces. */
const apiServerUser = 'system:apiserver';

/** Classifies by full user name and by groups, never by a part of a name: `name` in another namespace is another. */
export function principalOf(tenancy: Tenancy, user: UserInfo): Principal {
  if (builtInControllers.has(user.username)) return { kind: 'controller' };
  if (
    user.username === apiServerUser ||
    tenancy.platformUsers.has(user.username) ||
    user.groups.some((group) => tenancy.platformGroups.has(group))
  ) {
    return { kind: 'platform' };
  }
  return { kind: 'tenant', username: user.username, serviceAccountNamespace: serviceAccountNamespace(user.username) };
}

/** Namespace of `system:serviceaccount:<namespace>:<name>`, or undefined for any other user. */
function serviceAccountNamespace(username: string): string | undefined {
  const parts = username.split(':');
  return parts.length === 4 && parts[0] === 'system' && parts[1] === 'serviceaccount' ? parts[2] : undefined;
}
