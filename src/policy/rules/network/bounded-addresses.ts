import { Type } from '../../../algebra/schema.ts';
import { certainOfAddresses, judgeBlocks, type AddressBlock } from '../../address-bounds.ts';
import { subjectsOf } from '../../extent.ts';
import { addressesOfPolicies, blocksOf } from '../../network-policy-blocks.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

export const boundedAddresses = defineCheckRule({
  id: 'network/bounded-addresses',
  title: 'Address blocks of NetworkPolicies are small and stay away from the cluster',
  severity: 'critical',
  rationale:
    'An address block that overlaps pods, services, nodes or a metadata service crosses tenants by address, and large blocks, or many that add up, are the internet. Blocks are judged as exact sets: minus `except`, together within a policy, and together with the other policies of the namespace.',
  remediation:
    'Name the smallest blocks that the workload needs, select pods and namespaces by label instead of by address, or ask the platform for an approved flow.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['networkPoliciesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/4858-ip-cidr-validation',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    const oversize = tooLarge(subject.object);
    if (oversize === undefined) yield* certainOfAddresses(context, (tenant) => judgePolicy(subject, tenant, context));
    else yield oversize;
  },
});

function* judgePolicy(
  subject: Subject<'NetworkPolicy'>,
  tenant: string | undefined,
  { tenancy, facts }: RuleContext<object>,
): Generator<Violation, void, undefined> {
  const { object: policy } = subject;
  const blocks: AddressBlock[] = [];
  for (const block of blocksOf(policy, tenancy, tenant)) {
    if ('addresses' in block) blocks.push(block);
    else yield block;
  }
  const others = (direction: AddressBlock['rule']['direction']) => {
    const policies = facts.networkPoliciesOf(namespaceOf(subject)) ?? [];
    const rest = policies.filter((other) => other.metadata?.name !== subject.name);
    return addressesOfPolicies(rest, direction, tenancy, tenant);
  };
  yield* judgeBlocks(blocks, { subjects: subjectsOf(policy), basis: policy.spec, others }, tenancy);
}
