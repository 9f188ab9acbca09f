import {
  everyLabelSpace,
  emptyLabelSpace,
  labelsOutside,
  matchesLabels,
  type LabelSpace,
} from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import type { Direction } from '../../../tenancy/tenancy.ts';
import { displayLabels, quotedList } from '../../display.ts';
import type { Facts, PodFact } from '../../facts.ts';
import { labelsAtStart, lostIsolation } from '../../isolation-loss.ts';
import { isLasting, isolatedBy } from '../../objects/isolates.ts';
import { podKinds, type PodKind } from '../../objects/kinds.ts';
import type { NetworkPolicy } from '../../objects/network-policy.ts';
import { joinField, podViewOf, type PodView } from '../../objects/pod-view.ts';
import { provableSpaces } from '../../provable-spaces.ts';
import { isSame } from '../../same-content.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Operation, Subject } from '../../subject.ts';

/** A pod that goes loses nothing. */
const changesOnly: readonly Operation[] = ['UPDATE'];

export const isolationKept = defineCheckRule({
  id: 'network/isolation-kept',
  title: 'Tenants do not take isolation away',
  severity: 'critical',
  rationale:
    'A pod is isolated in a direction while some policy of its namespace selects it. When the last default-deny is deleted, its selector narrows, a policy type vanishes, or a pod or the template of its workload changes its labels, pods are open to everybody, though no policy allows it. What is selected before and after is compared exactly.',
  remediation:
    'Keep a NetworkPolicy that selects every pod of the namespace for both directions, and delete or narrow others, or relabel pods, only while it stands. The platform may always do it.',
  kinds: ['NetworkPolicy', ...podKinds],
  operations: ['UPDATE', 'DELETE'],
  operationsByKind: Object.fromEntries(podKinds.map((kind) => [kind, changesOnly])),
  facts: ['networkPoliciesOf', 'podsOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject, context) {
    if (subject.principal.kind !== 'tenant') return;
    if (isOfPolicy(subject)) yield* judgePolicy(subject, context.facts);
    if (isOfPod(subject)) yield* judgeRelabelling(subject, context);
  },
});

type Judged = Subject<'NetworkPolicy' | PodKind>;

function isOfPolicy(subject: Judged): subject is Subject<'NetworkPolicy'> {
  return subject.kind === 'NetworkPolicy';
}

function isOfPod(subject: Judged): subject is Subject<PodKind> {
  return subject.kind !== 'NetworkPolicy';
}

const directions: readonly Direction[] = ['ingress', 'egress'];

/** The pod before and after a change of its labels, where it is one that can be isolated. */
function relabelled({ kind, old, object }: Subject<PodKind>): readonly [before: PodView, after: PodView] | undefined {
  const before = old && podViewOf(kind, old);
  const after = podViewOf(kind, object);
  if (before === undefined || after === undefined || isSame(before.labels, after.labels)) return undefined;
  // No NetworkPolicy governs the host’s network: pods on it never were isolated, and pods/host-network keeps others off it.
  return before.spec.hostNetwork === true || after.spec.hostNetwork === true ? undefined : [before, after];
}

/** Pods change often and their labels seldom: nothing is read before labels differ. */
function* judgeRelabelling(
  subject: Subject<PodKind>,
  { facts, owner, ownerNeeded, tenancy }: RuleContext<object>,
): Iterable<Violation> {
  const pods = relabelled(subject);
  if (pods === undefined) return;
  if (owner === undefined) ownerNeeded();
  const policies = facts.networkPoliciesOf(namespaceOf(subject));
  if (policies === undefined) return;
  const [before, after] = pods;
  const atStart = (pod: PodView): PodView['labels'] =>
    subject.kind === 'Pod' ? pod.labels : labelsAtStart(pod, owner, tenancy);
  const field = joinField(after.field, 'metadata.labels');
  for (const direction of directions) {
    const lost = lostIsolation(policies, direction, atStart(before), atStart(after));
    if (lost === undefined) continue;
    const message = `the change takes ${podsOf(subject)} out of ${direction} isolation: NetworkPolicy ${namesOf(lost)} isolates what has ${displayLabels(before.labels)}, and no policy of namespace ${JSON.stringify(namespaceOf(subject))} that lasts isolates what has ${displayLabels(after.labels)}`;
    yield { field, message, fix: `Keep the labels, or apply a default-deny first:\n${defaultDeny(direction)}` };
  }
}

function podsOf({ kind, name }: Subject<PodKind>): string {
  return kind === 'Pod' ? `pod ${JSON.stringify(name)}` : `the next pods of ${kind} ${JSON.stringify(name)}`;
}

function namesOf(policies: readonly NetworkPolicy[]): string {
  return quotedList(policies.map(({ metadata }) => metadata?.name ?? ''));
}

/**
 * What the changed policy isolates from now on. Nothing, where the change hands it to the garbage collector; whatever it did
 * before, where its selector cannot be read and is the same.
 */
function isolatedAfter(subject: Subject<'NetworkPolicy'>, old: NetworkPolicy, direction: Direction): LabelSpace {
  const { object, operation } = subject;
  const isGivenAway = isLasting(old) && !isLasting(object);
  if (operation === 'DELETE' || isGivenAway) return emptyLabelSpace;
  const isSameSelector = isSame(object.spec?.podSelector, old.spec?.podSelector);
  return isolatedBy(object, direction, isSameSelector ? everyLabelSpace : emptyLabelSpace);
}

function* judgePolicy(subject: Subject<'NetworkPolicy'>, facts: Facts): Iterable<Violation> {
  const { old } = subject;
  for (const direction of directions) {
    const violation = old && judgeDirection(direction, subject, old, facts);
    if (violation !== undefined) yield violation;
  }
}

function judgeDirection(
  direction: Direction,
  subject: Subject<'NetworkPolicy'>,
  old: NetworkPolicy,
  facts: Facts,
): Violation | undefined {
  // What cannot be read may have isolated everybody before, and isolates nobody once it is another.
  const before = isolatedBy(old, direction, everyLabelSpace);
  const after = isolatedAfter(subject, old, direction);
  if (labelsOutside(before, [after]) === undefined) return undefined;
  const policies = facts.networkPoliciesOf(namespaceOf(subject));
  // Without the other policies nothing is certain; the gap is noted.
  if (policies === undefined) return undefined;
  const others = policies.filter((policy) => policy.metadata?.name !== subject.name);
  const kept = [after, ...others.filter(isLasting).map((policy) => isolatedBy(policy, direction))];
  const lost = labelsOutside(before, provableSpaces(kept));
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
    .map(({ name, labels }) => `${JSON.stringify(name)} with ${displayLabels(labels)}`);
  const first = opened.sort()[0];
  return first === undefined
    ? undefined
    : lossOf(
        subject,
        direction,
        `leaves pod ${first} without any ${direction} isolation: no other policy of namespace ${JSON.stringify(namespaceOf(subject))} that lasts selects it`,
      );
}

/** Whether the spaces together hold every pod, or so many selectors say so that it cannot be ruled out. */
function mayCoverAll(spaces: readonly LabelSpace[]): boolean {
  const compared = provableSpaces(spaces);
  return compared.length < spaces.length || labelsOutside(everyLabelSpace, compared) === undefined;
}

/** NetworkPolicies do not govern pods on the host's network, so those cannot lose anything. */
function isOpened(pod: PodFact, before: LabelSpace, after: readonly LabelSpace[]): boolean {
  return (
    !pod.hostNetwork && matchesLabels(before, pod.labels) && !after.some((space) => matchesLabels(space, pod.labels))
  );
}

function lossOf(subject: Subject<'NetworkPolicy'>, direction: Direction, message: string): Violation {
  return {
    field: subject.operation === 'DELETE' ? 'metadata.name' : 'spec',
    message: `${subject.operation === 'DELETE' ? 'deleting the policy' : 'the change'} ${message}`,
    fix: `Apply a default-deny first, under another name:\n${defaultDeny(direction)}`,
  };
}

function defaultDeny(direction: Direction): string {
  return `  spec:\n    podSelector: {}\n    policyTypes: [${direction === 'ingress' ? 'Ingress' : 'Egress'}]`;
}
