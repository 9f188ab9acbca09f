import { isLabelSubset, matchesLabels } from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import { flowsFor } from '../../../tenancy/tenancy.ts';
import { display } from '../../display.ts';
import { findPod, mayBeKeptElsewhere, type PodPlace } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isPresent, selectedPods, type SelectedPods } from '../../objects/network-policy-peer.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from '../../objects/network-policy.ts';
import { ownNamespaces } from '../../own-namespaces.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const orInsteadOfAnd = defineCheckRule({
  id: 'network/or-instead-of-and',
  title: 'A namespaceSelector and a podSelector that belong together stand in one peer',
  severity: 'high',
  rationale:
    'One dash decides. Two list items mean either: every pod of those namespaces, and beside them pods of the policy’s own namespace. Both selectors in one item mean both: those pods of those namespaces. Two items are fine where that is meant, so this warns only where it cannot be: the namespaceSelector selects the policy’s own namespace as well, so that the podSelector changes nothing; or both together are an approved flow, and the namespaces alone are not; or no pod of the own namespace matches, and one of those namespaces does.',
  remediation: 'Remove the dash before podSelector, so that both selectors are members of one peer.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace', 'podsOf', 'podTemplatesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { facts, owner, tenancy }) {
    if (tooLarge(subject.object) !== undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy, facts };
    for (const rule of effectiveRules(subject.object)) {
      const pair = pairIn(rule, place.namespace);
      if (pair === undefined) continue;
      const reason = reasonFor(pair, rule, place, mayBeKeptElsewhere(subject));
      if (reason !== undefined) yield violationOf(pair, rule, reason);
    }
  },
});

/** The two items that may be meant as one, with what each selects. */
interface Pair {
  readonly namespaces: NetworkPolicyPeer;
  readonly pods: NetworkPolicyPeer;
  readonly index: number;
  readonly wide: SelectedPods;
  readonly home: SelectedPods;
}

/** The only item with nothing but a namespaceSelector, next to the only one with nothing but a podSelector that says something. */
function pairIn({ peers }: NetworkPolicyRule, namespace: string): Pair | undefined {
  const withNamespaces = peers.filter((peer) => isPresent(peer.namespaceSelector) && !isPresent(peer.podSelector));
  const withPods = peers.filter((peer) => isPresent(peer.podSelector) && !isPresent(peer.namespaceSelector));
  const [namespaces, pods] = [withNamespaces[0], withPods[0]];
  if (namespaces === undefined || pods === undefined || withNamespaces.length + withPods.length > 2) return undefined;
  const index = peers.indexOf(pods);
  if (Math.abs(index - peers.indexOf(namespaces)) !== 1) return undefined;
  const [wide, home] = [selectedPods(namespaces, namespace), selectedPods(pods, namespace)];
  if (wide === undefined || home === undefined || home.pods.constraints.size === 0) return undefined;
  return { namespaces, pods, index, wide, home };
}

/** Why the two cannot be meant as they stand. */
function reasonFor(pair: Pair, rule: NetworkPolicyRule, place: PodPlace, isPartial: boolean): string | undefined {
  if (includesHome(pair, place)) return 'they include this one, so the podSelector changes nothing';
  if (isFlow(pair, rule, place)) return 'only both together are an approved flow';
  if (!isPartial && isAtOthersOnly(pair, place)) return 'no pod of this namespace has such labels';
  return undefined;
}

function includesHome({ wide, home }: Pair, { namespace, facts }: PodPlace): boolean {
  if (isLabelSubset(home.namespaces, wide.namespaces)) return true;
  const own = facts.namespace(namespace);
  return own !== undefined && own !== 'missing' && matchesLabels(wide.namespaces, own.labels);
}

/** Whether both selectors together keep to an approved flow, and the namespaces alone to none. */
function isFlow({ wide, home }: Pair, { direction }: NetworkPolicyRule, { owner, tenancy }: PodPlace): boolean {
  const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
  const flows = flowsFor(tenancy, direction, tenant).filter(
    (flow) =>
      flow.namespaces.some((space) => isLabelSubset(wide.namespaces, space)) && isLabelSubset(home.pods, flow.pods),
  );
  return flows.length > 0 && flows.every((flow) => flow.pods.constraints.size > 0);
}

/** Whether pods of the tenant’s other namespaces have the labels, and none of the policy’s own namespace has. */
function isAtOthersOnly({ wide, home }: Pair, place: PodPlace): boolean {
  const isMeant = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    matchesLabels(home.pods, labels);
  if (findPod(place, isMeant) !== 'none') return false;
  const others = ownNamespaces(wide.namespaces, place)?.selected ?? [];
  return others.slice(0, 8).some(({ name }) => typeof findPod({ ...place, namespace: name }, isMeant) === 'object');
}

function violationOf(
  { namespaces, pods, index }: Pair,
  { field, peersField }: NetworkPolicyRule,
  reason: string,
): Violation {
  const one = `{namespaceSelector: ${display(namespaces.namespaceSelector)}, podSelector: ${display(pods.podSelector)}}`;
  return {
    field: `${field}.${peersField}[${index}]`,
    message: `is a peer of its own, so every pod of the namespaces beside it is a peer as well; ${reason}`,
    fix: `Write one peer with both selectors, for those pods of those namespaces only:\n  ${peersField}: [${one}]`,
  };
}
