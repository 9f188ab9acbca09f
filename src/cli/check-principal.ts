import { principalOf, type Principal } from '../tenancy/principal.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';

const serviceAccountPrefix = 'system:serviceaccount:';

/**
 * Who applies the manifests: as the API server would authenticate `--as` and `--as-group`, with the groups that every
 * user and every service account has. Without `--as` nobody is named.
 */
export function principalFor(tenancy: Tenancy, username: string | undefined, groups: readonly string[]): Principal {
  if (username === undefined) return { kind: 'unknown' };
  return principalOf(tenancy, { username, groups: [...groups, 'system:authenticated', ...accountGroups(username)] });
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens */
function accountGroups(username: string): readonly string[] {
  if (!username.startsWith(serviceAccountPrefix)) return [];
  const [namespace = ''] = username.slice(serviceAccountPrefix.length).split(':');
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
