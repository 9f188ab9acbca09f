import { Type } from '../../../algebra/schema.ts';
import { display } from '../../display.ts';
import { powersIn } from '../../objects/rbac-power.ts';
import type { ClusterRole, Role } from '../../objects/rbac.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { actsForPlatform, labelsOf } from '../../subject.ts';

export const noEscalatingRole = defineCheckRule({
  id: 'access/no-escalating-role',
  title: 'Roles of tenants give no way out of the tenant',
  severity: 'critical',
  rationale:
    'Some rights lead to others: to escalate, bind or impersonate, to make tokens, to change Namespaces or policies, to reach nodes. Kubernetes lets everybody grant what they have; a tenant with a RoleBinding to cluster-admin has all of these in its namespaces and could spread them. This rule adds what Kubernetes’ own escalation check leaves open: such rights are refused whether the author has them or not, wildcards that hold them are refused as well, and a ClusterRole of a tenant cannot join admin, edit or view by an aggregation label, which Kubernetes does not ask about.',
  remediation:
    'Name the resources and verbs that are needed, and leave out those the message names. What a tenant needs beyond that the platform grants.',
  kinds: ['Role', 'ClusterRole'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      aggregationLabels: Type.Array(Type.String({ minLength: 1 }), {
        default: ['rbac.authorization.k8s.io/aggregate-to-'],
        description: 'Beginnings of label keys by which ClusterRoles of the platform collect the rules of others.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks',
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping',
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { params }) {
    if (actsForPlatform(subject.principal)) return;
    const role = subject.kind;
    for (const [index, rule] of (subject.object.rules ?? []).entries()) {
      for (const { verbs, resources, reasons } of powersIn(rule, role)) {
        yield {
          field: `rules[${index}]`,
          message: `verbs ${display(verbs)} on ${display(resources)} lead out of the tenant: who holds them can ${reasons.join('; can ')}`,
          fix: 'Name only the verbs and resources that are needed, without these.',
          basis: rule,
        };
      }
      if (role === 'ClusterRole') yield* judgePaths(rule.nonResourceURLs ?? [], index, rule);
    }
    if (role === 'ClusterRole') yield* judgeAggregation(subject.object, params.aggregationLabels);
  },
});

function* judgePaths(paths: readonly string[], index: number, basis: unknown): Iterable<Violation> {
  const wide = paths.filter((path) => path === '*' || path === '/*');
  if (wide.length === 0) return;
  yield {
    field: `rules[${index}].nonResourceURLs`,
    message: `${display(wide)} is every path of the API server, its logs and profiles too`,
    fix: 'Name the paths that are needed, such as "/version".',
    basis,
  };
}

/** By its labels a ClusterRole adds to others, and by an aggregationRule it takes the rules of others. */
function* judgeAggregation(role: Role & ClusterRole, prefixes: readonly string[]): Iterable<Violation> {
  for (const key of Object.keys(labelsOf(role)).sort()) {
    if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
    yield {
      field: `metadata.labels[${JSON.stringify(key)}]`,
      message: 'adds these rules to a ClusterRole of the platform, for everybody who is bound to that one',
      fix: 'Remove the label.',
      basis: role.rules,
    };
  }
  if (role.aggregationRule === undefined || role.aggregationRule === null) return;
  yield {
    field: 'aggregationRule',
    message: `${display(role.aggregationRule)} takes the rules of every ClusterRole that it selects, now and later`,
    fix: 'Write the rules out.',
    basis: role.aggregationRule,
  };
}
