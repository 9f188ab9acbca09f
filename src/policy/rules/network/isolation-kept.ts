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

/**
 * Whether the policy stays until a request that is judged here removes it. One that is terminating goes when its last
 * finalizer does, and one with an owner goes with the owner, by the garbage collector (CVE-2025-5187).
 */
function isLasting({ metadata }: NetworkPolicy): boolean {
  const { deletionTimestamp, ownerReferences } = metadata ?? {};
  return (deletionTimestamp ?? '') === '' && (ownerReferences ?? []).length === 0;
}

/** What the changed policy isolates from now on. Nothing, where the change hands it to the garbage collector. */
function isolatedAfter(subject: Subject<'NetworkPolicy'>, old: NetworkPolicy, direction: Direction): LabelSpace {
  const isGivenAway = isLasting(old) && !isLasting(subject.object);
  return subject.operation === 'DELETE' || isGivenAway ? emptyLabelSpace : isolatedBy(subject.object, direction);
}

function judgeDirection(
  direction: Direction,
  subject: Subject<'NetworkPolicy'>,
  old: NetworkPolicy,
  facts: Facts,
): Violation | undefined {
  // What cannot be read isolates nobody from now on, and may have isolated everybody before.
  const before = isolatedBy(old, direction, everyLabelSpace);
  const after = isolatedAfter(subject, old, direction);
  if (labelsOutside(before, [after]) === undefined) return undefined;
  const policies = facts.networkPoliciesOf(namespaceOf(subject));
  // Without the other policies nothing is certain; the gap is noted.
  if (policies === undefined) return undefined;
  const others = policies.filter((policy) => policy.metadata?.name !== subject.name);
  const kept = [after, ...others.filter(isLasting).map((policy) => isolatedBy(policy, direction))];
  const lost = labelsOutside(before, provable(kept));
  if (lost === undefined) return undefined;
  if (mayCoverAll([before, ...others.map((policy) => isolatedBy(policy, direction))])) {
    return lossOf(
      subject,
      direction,
      `ends the ${direction} default-deny of namespace ${JSON.stringify(namespaceOf(subject))}; counterexample: a pod with ${displayLabels(lost)} would be open to everybody`,
    );
  }
  const opened = (facts.podsOf(namespaceOf(subject)) ?? [])
    .filter((pod) => isOpened(pod, before, kept))
    .map((pod) => displayLabels(pod.labels));
  const first = opened.sort()[0];
  return first === undefined
    ? undefined
    : lossOf(
        subject,
        direction,
        `leaves a pod with ${first} without any ${direction} isolation: no other policy of namespace ${JSON.stringify(namespaceOf(subject))} that lasts selects it`,
      );
}

/** Whether the spaces together hold every pod, or so many selectors say so that it cannot be ruled out. */
function mayCoverAll(spaces: readonly LabelSpace[]): boolean {
  const compared = provable(spaces);
  return compared.length < spaces.length || labelsOutside(everyLabelSpace, compared) === undefined;
}

/**
 * Whether selectors together leave something out takes time that grows with the product of their keys, and they are the
 * tenant's own. The simplest are kept, as many as can be compared.
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
    message: `${subject.operation === 'DELETE' ? 'deleting the policy' : 'the change'} ${message}`,
    fix: `Apply a default-deny first, under another name:\n  spec:\n    podSelector: {}\n    policyTypes: [${type}]`,
  };
}
