import { parseLabelSelector } from '../../../algebra/label-selector.ts';
import {
  emptyLabelSpace,
  everyLabelSpace,
  labelsOutside,
  matchesLabels,
  type LabelSpace,
} from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import type { Direction } from '../../../tenancy/tenancy.ts';
import { displayLabels } from '../../display.ts';
import type { Facts, PodFact } from '../../facts.ts';
import { isolatedDirections } from '../../objects/network-policy-view.ts';
import type { NetworkPolicy } from '../../objects/network-policy.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

export const isolationKept = defineCheckRule({
  id: 'network/isolation-kept',
  title: 'Tenants do not take isolation away',
  severity: 'critical',
  rationale:
    'A pod is isolated in a direction while some policy of its namespace selects it. When the last default-deny is deleted, its selector narrows or a policy type vanishes, pods are open to everybody, though no policy allows it. What is selected before and after is compared exactly.',
  remediation:
    'Keep a NetworkPolicy that selects every pod of the namespace for both directions, and delete or narrow others only while it stands. The platform may always do it.',
  kinds: ['NetworkPolicy'],
  operations: ['UPDATE', 'DELETE'],
  facts: ['networkPoliciesOf', 'podsOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject, { facts }) {
    if (subject.principal.kind !== 'tenant' || subject.old === undefined) return;
    for (const direction of ['ingress', 'egress'] as const) {
      const violation = judgeDirection(direction, subject, subject.old, facts);
      if (violation !== undefined) yield violation;
    }
  },
});

/** Pieces that a proof may cut the pods into. */
const mostWork = 4096;

/** The pods that a policy isolates in a direction; what an unreadable selector stands for is up to the caller. */
function isolatedBy(policy: NetworkPolicy, direction: Direction, unreadable = emptyLabelSpace): LabelSpace {
  if (!isolatedDirections(policy).has(direction)) return emptyLabelSpace;
  const parsed = parseLabelSelector(policy.spec?.podSelector ?? {}, 'spec.podSelector');
  return parsed.ok ? parsed.value : unreadable;
}

function judgeDirection(
  direction: Direction,
  subject: Subject<'NetworkPolicy'>,
  old: NetworkPolicy,
  facts: Facts,
): Violation | undefined {
  // What cannot be read isolates nobody from now on, and may have isolated everybody before.
  const before = isolatedBy(old, direction, everyLabelSpace);
  const after = subject.operation === 'DELETE' ? emptyLabelSpace : isolatedBy(subject.object, direction);
  if (labelsOutside(before, [after]) === undefined) return undefined;
  const namespace = namespaceOf(subject);
  const policies = facts.networkPoliciesOf(namespace);
  // Without the other policies nothing is certain; the gap is noted.
  if (policies === undefined) return undefined;
  const others = policies
    .filter((policy) => policy.metadata?.name !== subject.name)
    .map((policy) => isolatedBy(policy, direction));
  const lost = labelsOutside(before, provable([after, ...others]));
  if (lost === undefined) return undefined;
  const verb = subject.operation === 'DELETE' ? 'deleting the policy' : 'the change';
  if (labelsOutside(everyLabelSpace, provable([before, ...others])) === undefined) {
    return lossOf(
      subject,
      direction,
      `${verb} ends the ${direction} default-deny of namespace ${JSON.stringify(namespace)}; counterexample: a pod with ${displayLabels(lost)} would be open to everybody`,
    );
  }
  const open = (facts.podsOf(namespace) ?? []).filter((pod) => isOpened(pod, before, [after, ...others]));
  const first = open.map((pod) => pod.name).sort()[0];
  return first === undefined
    ? undefined
    : lossOf(
        subject,
        direction,
        `${verb} leaves pod ${JSON.stringify(first)} without any ${direction} isolation: no other policy of namespace ${JSON.stringify(namespace)} selects it`,
      );
}

/**
 * Whether selectors together leave something out takes time that grows with the product of their keys, and they are the
 * tenant's own. The simplest are kept, as many as can be compared; to leave one out is strict.
 */
function provable(spaces: readonly LabelSpace[]): readonly LabelSpace[] {
  let work = 1;
  return [...spaces]
    .sort((a, b) => a.constraints.size - b.constraints.size)
    .filter((space) => {
      work *= Math.max(1, space.constraints.size);
      return work <= mostWork;
    });
}

/** NetworkPolicies do not govern pods on the host's network, so those cannot lose anything. */
function isOpened(pod: PodFact, before: LabelSpace, after: readonly LabelSpace[]): boolean {
  return (
    !pod.hostNetwork && matchesLabels(before, pod.labels) && !after.some((space) => matchesLabels(space, pod.labels))
  );
}

function lossOf(subject: Subject<'NetworkPolicy'>, direction: Direction, message: string): Violation {
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  return {
    field: subject.operation === 'DELETE' ? 'metadata.name' : 'spec',
    message,
    fix: `Apply a default-deny first, under another name:\n  spec:\n    podSelector: {}\n    policyTypes: [${type}]`,
  };
}
