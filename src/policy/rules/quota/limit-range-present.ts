import { Type } from '../../../algebra/schema.ts';
import { quotedList } from '../../display.ts';
import { podKinds } from '../../objects/kinds.ts';
import { limitedResources } from '../../objects/quota-coverage.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const limitRangePresent = defineCheckRule({
  id: 'quota/limit-range-present',
  title: 'Workloads run in namespaces whose containers have limits',
  severity: 'medium',
  rationale:
    'A container without limits may take all that its node has, from the pods of other tenants beside it. A LimitRange gives containers a default limit, or a maximum, which is then the default too. As with quotas it is the first workload of a tenant that is told of, or denied, as the mode of the rule says.',
  remediation: 'Have the platform give the namespace a LimitRange with defaults or maxima for containers.',
  kinds: podKinds,
  operations: ['CREATE'],
  facts: ['limitRangesOf'],
  params: Type.Object(
    {
      resources: Type.Array(Type.String({ minLength: 1 }), {
        default: ['cpu', 'memory'],
        description: 'Resources for which containers have to have a default limit or a maximum.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/policy/limit-range/',
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/#quotas',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject, { facts, params }) {
    if (subject.principal.kind !== 'tenant') return;
    const namespace = namespaceOf(subject);
    const ranges = facts.limitRangesOf(namespace);
    if (ranges === undefined) return;
    const limited = limitedResources(ranges);
    const missing = params.resources.filter((resource) => !limited.has(resource));
    if (missing.length === 0) return;
    yield {
      field: 'metadata.namespace',
      message: `no LimitRange of namespace ${JSON.stringify(namespace)} limits ${quotedList(missing)} of containers, so one may take all that its node has`,
      fix: fixOf(namespace, missing),
    };
  },
});

function fixOf(namespace: string, missing: readonly string[]): string {
  const limits = [...missing].sort().map((resource) => `          ${resource}: <quantity>`);
  return `Have the platform limit containers:\n  apiVersion: v1\n  kind: LimitRange\n  metadata:\n    name: default\n    namespace: ${namespace}\n  spec:\n    limits:\n      - type: Container\n        default:\n${limits.join('\n')}`;
}
