import type { FactRequest } from '../policy/facts.ts';
import type { Rule } from '../policy/rule.ts';

/** One rule of a ClusterRole: PolicyRule, rbac.authorization.k8s.io/v1. */
export interface Permission {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What must be readable for each fact; namespaces are followed, the others are listed when a rule asks. */
const permissionOfFact: Readonly<Record<FactRequest['fact'], Permission>> = {
  namespace: { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
  networkPoliciesOf: { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list'] },
  podsOf: { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  podTemplatesOf: {
    apiGroups: ['apps', 'batch'],
    resources: ['cronjobs', 'daemonsets', 'deployments', 'jobs', 'statefulsets'],
    verbs: ['list'],
  },
  resourceQuotasOf: { apiGroups: [''], resources: ['resourcequotas'], verbs: ['list'] },
  limitRangesOf: { apiGroups: [''], resources: ['limitranges'], verbs: ['list'] },
};

/** The least rights with which the server gathers the facts that these rules ask for. Namespaces are always needed. */
export function permissionsFor(rules: readonly Rule[]): readonly Permission[] {
  const facts = new Set<FactRequest['fact']>(['namespace', ...rules.flatMap((rule) => rule.facts)]);
  return Object.entries(permissionOfFact)
    .filter(([fact]) => facts.has(fact as FactRequest['fact']))
    .map(([, permission]) => permission);
}
