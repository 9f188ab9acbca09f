import { Type } from '../../../algebra/schema.ts';
import { ownerOf } from '../../../tenancy/owner.ts';
import type { Facts } from '../../facts.ts';
import { isolatesEveryPod } from '../../objects/isolates.ts';
import { isStored } from '../../objects/namespace.ts';
import { boundResources, limitedResources } from '../../objects/quota-coverage.ts';
import { defineCheckRule } from '../../rule.ts';
import { labelsOf, type Subject } from '../../subject.ts';

const parts = ['LimitRange', 'NetworkPolicy', 'ResourceQuota'] as const;
type Part = (typeof parts)[number];

export const baselineBeforeUse = defineCheckRule({
  id: 'namespaces/baseline-before-use',
  title: 'Tenant namespaces have what keeps them apart',
  severity: 'medium',
  rationale:
    'A namespace is a boundary only with what stands in it: a NetworkPolicy that isolates every pod, a ResourceQuota and a LimitRange. The rules that ask for each of them speak when a workload comes, to whoever brings it. This one speaks of the namespace: all that it lacks in one message, when the Namespace is changed and when stored ones are judged. A namespace that is only now made cannot have any of it yet, and one that lacks it still can be changed, so it reports and denies nothing that was so before.',
  remediation: 'Have the platform add what is missing, best with whatever makes the namespace.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['networkPoliciesOf', 'resourceQuotasOf', 'limitRangesOf'],
  params: Type.Object(
    {
      parts: Type.Array(Type.Enum([...parts]), {
        default: [...parts],
        description: 'What a tenant’s namespace has to have.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
    'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { params, facts, tenancy }) {
    const { name, object } = subject;
    if (!mayHaveContent(subject) || ownerOf(tenancy, { name, labels: labelsOf(object) }).kind !== 'tenant') return;
    const missing = parts.filter((part) => params.parts.includes(part)).flatMap((part) => lacks[part](facts, name));
    if (missing.length === 0) return;
    yield {
      field: 'metadata.name',
      message: `namespace ${JSON.stringify(name)} has ${missing.join('; ')}`,
      fix: `Have the platform add to namespace ${name} what is missing.`,
    };
  },
});

/**
 * Whether something may stand in the namespace already. While it is made nothing does, and manifests do not tell what else is
 * in a cluster. The namespace controller only cleans up.
 */
function mayHaveContent({ principal, object, old }: Subject<'Namespace'>): boolean {
  return principal.kind !== 'controller' && isStored(old ?? object);
}

/** What is certain to be missing of each part, in words; nothing where it is not known. */
const lacks: Readonly<Record<Part, (facts: Facts, namespace: string) => readonly string[]>> = {
  LimitRange: (facts, namespace) => {
    const ranges = facts.limitRangesOf(namespace);
    return ranges === undefined || limitedResources(ranges).size > 0 ? [] : ['no LimitRange for containers'];
  },
  NetworkPolicy: (facts, namespace) => {
    const policies = facts.networkPoliciesOf(namespace);
    if (policies === undefined) return [];
    return (['egress', 'ingress'] as const)
      .filter((direction) => !policies.some((policy) => isolatesEveryPod(policy, direction)))
      .map((direction) => `no NetworkPolicy that isolates every pod for ${direction}`);
  },
  ResourceQuota: (facts, namespace) => {
    const quotas = facts.resourceQuotasOf(namespace);
    return quotas === undefined || boundResources(quotas).size > 0 ? [] : ['no ResourceQuota that counts every pod'];
  },
};
