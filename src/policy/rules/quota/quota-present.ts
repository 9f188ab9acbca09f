import { Type } from '../../../algebra/schema.ts';
import { quotedList } from '../../display.ts';
import { podKinds } from '../../objects/kinds.ts';
import { boundResources } from '../../objects/quota-coverage.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const quotaPresent = defineCheckRule({
  id: 'quota/quota-present',
  title: 'Workloads run in namespaces that have a quota',
  severity: 'medium',
  rationale:
    'Without a ResourceQuota the pods of one namespace may take all that the cluster has. Nothing is wrong with an empty namespace, so it is the first workload that a tenant makes there that is told of, or denied, as the mode of the rule says. A quota with scopes counts only some pods, so it does not count here. Pods that controllers make are not judged again.',
  remediation: 'Have the platform give the namespace a ResourceQuota without scopes.',
  kinds: podKinds,
  operations: ['CREATE'],
  facts: ['resourceQuotasOf'],
  params: Type.Object(
    {
      resources: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          'Resources that quotas of the namespace have to bound, each in one of them, such as `requests.cpu`; empty: any will do.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/#quotas',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject, { facts, params }) {
    if (subject.principal.kind !== 'tenant') return;
    const namespace = namespaceOf(subject);
    const quotas = facts.resourceQuotasOf(namespace);
    if (quotas === undefined) return;
    const bounded = boundResources(quotas);
    const missing = params.resources.filter((resource) => !bounded.has(resource));
    if (missing.length === 0 && bounded.size > 0) return;
    const name = JSON.stringify(namespace);
    yield {
      field: 'metadata.namespace',
      message:
        bounded.size === 0
          ? `namespace ${name} has no ResourceQuota, so its pods may take all that the cluster has`
          : `no ResourceQuota of namespace ${name} bounds ${quotedList(missing)}`,
      fix: fixOf(namespace, missing),
    };
  },
});

function fixOf(namespace: string, missing: readonly string[]): string {
  const resources = missing.length === 0 ? ['requests.cpu', 'requests.memory'] : [...missing].sort();
  const hard = resources.map((resource) => `      ${resource}: <quantity>`).join('\n');
  return `Have the platform bound the namespace:\n  apiVersion: v1\n  kind: ResourceQuota\n  metadata:\n    name: default\n    namespace: ${namespace}\n  spec:\n    hard:\n${hard}`;
}
