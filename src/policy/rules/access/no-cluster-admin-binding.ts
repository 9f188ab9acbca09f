import { Type } from '../../../algebra/schema.ts';
import { quotedList } from '../../display.ts';
import type { RbacSubject, RoleBinding } from '../../objects/rbac.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { isSame } from '../../same-content.ts';
import { actsForPlatform } from '../../subject.ts';

const roleNames = (preset: readonly string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: [...preset], description });

interface Params {
  readonly allowedClusterRoles: readonly string[];
  readonly allowedClusterWideRoles: readonly string[];
}

export const noClusterAdminBinding = defineCheckRule({
  id: 'access/no-cluster-admin-binding',
  title: 'Tenants bind neither cluster-admin nor across the cluster',
  severity: 'critical',
  rationale:
    'A RoleBinding to cluster-admin gives every right in the namespace, over the Namespace object and its labels too; a ClusterRoleBinding, even to view, reaches into the namespaces of all tenants. Kubernetes lets everybody bind what they hold themselves, and the service account that Flux sets up for a tenant holds cluster-admin in its namespaces. This rule adds that tenants bind only the ClusterRoles which the platform has approved, and nothing across the cluster. Bindings that the platform makes are its own affair, and stay.',
  remediation:
    'Bind one of the approved ClusterRoles, or a Role of the namespace that names what is needed, with a RoleBinding.',
  kinds: ['RoleBinding', 'ClusterRoleBinding'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowedClusterRoles: roleNames(
        ['admin', 'edit', 'view'],
        'ClusterRoles that tenants may bind within a namespace, by RoleBinding.',
      ),
      allowedClusterWideRoles: roleNames([], 'ClusterRoles that tenants may bind everywhere, by ClusterRoleBinding.'),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update',
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles',
    'https://fluxcd.io/flux/cmd/flux_create_tenant/',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params }) {
    const { kind: role, name } = subject.object.roleRef ?? {};
    // A Role is the namespace's own, and judged when it is written.
    if (actsForPlatform(subject.principal) || role !== 'ClusterRole') return;
    const violation = judge(subject.kind, name ?? '', params);
    if (violation !== undefined) yield violation;
  },
});

function judge(kind: 'RoleBinding' | 'ClusterRoleBinding', name: string, params: Params): Violation | undefined {
  const isClusterWide = kind === 'ClusterRoleBinding';
  const allowed = isClusterWide ? params.allowedClusterWideRoles : params.allowedClusterRoles;
  if (allowed.includes(name)) return undefined;
  const list = allowed.length === 0 ? 'none' : quotedList(allowed);
  const reach = isClusterWide
    ? 'is bound in the namespaces of all tenants'
    : 'is not among the ClusterRoles that tenants may bind';
  const allowance = isClusterWide ? `; allowed across the cluster: ${list}` : `: ${list}`;
  const what =
    name === 'cluster-admin' && !isClusterWide ? ' and gives every right, over the Namespace itself too' : '';
  return {
    field: 'roleRef.name',
    message: `${JSON.stringify(name)} ${reach}${allowance}${what}`,
    fix: isClusterWide
      ? 'Use a RoleBinding in each namespace of the tenant.'
      : 'Bind one of these ClusterRoles, or a Role of the namespace.',
  };
}

/** Fewer subjects of the same role do no more; the order and the repetition of subjects do not matter. */
function doesNoMore(now: RoleBinding, before: RoleBinding): boolean {
  const earlier = new Set((before.subjects ?? []).map(keyOf));
  return isSame(now.roleRef, before.roleRef) && (now.subjects ?? []).every((one) => earlier.has(keyOf(one)));
}

function keyOf({ kind, name, namespace }: RbacSubject): string {
  return JSON.stringify([kind, name, namespace]);
}
