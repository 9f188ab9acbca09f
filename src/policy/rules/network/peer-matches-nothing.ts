import { matchesLabels } from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import type { NamespaceFact } from '../../../tenancy/owner.ts';
import { display, quotedList } from '../../display.ts';
import { findPod, mayBeKeptElsewhere, type PodPlace } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isPresent, selectedPods, type SelectedPods } from '../../objects/network-policy-peer.ts';
import { effectiveRules } from '../../objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from '../../objects/network-policy.ts';
import { ownNamespaces } from '../../own-namespaces.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

/** Peers that are looked at: each may cost reads. */
const mostPeers = 100;

/** Namespaces whose pods are read for one peer, and that a message names. */
const mostNamespaces = 8;

type Found = Omit<Violation, 'fix'>;

export const peerMatchesNothing = defineCheckRule({
  id: 'network/peer-matches-nothing',
  title: 'Every peer of a NetworkPolicy matches something',
  severity: 'low',
  rationale:
    'A peer whose selectors match no namespace or no pod allows nothing, and the connection that it was written for is refused. Only namespaces of the policy’s own tenant are looked into, and only while all that its selector may select are known; what others run is not for this tenant to learn. A namespace without any pod says nothing, since policies may come first.',
  remediation:
    'Select by labels that stand on the namespaces and in the pod templates of the peers. Where they are yet to come, the warning goes away with them.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace', 'podsOf', 'podTemplatesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { facts, owner, tenancy }) {
    if (tooLarge(subject.object) !== undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy, facts };
    const peers = effectiveRules(subject.object).flatMap((rule) =>
      rule.peers.map((peer, index) => ({ peer, field: `${rule.field}.${rule.peersField}[${index}]` })),
    );
    for (const { peer, field } of peers.slice(0, mostPeers)) {
      const selected = selectedPods(peer, place.namespace);
      if (selected === undefined) continue;
      const found =
        contradictionIn(selected, peer, field) ??
        (mayBeKeptElsewhere(subject) ? undefined : emptinessOf(selected, peer, field, place));
      if (found !== undefined)
        yield {
          ...found,
          fix: 'Select by labels that the peers have; `kubectl get namespaces,pods --show-labels` prints those that are there.',
        };
    }
  },
});

function contradictionIn(
  { namespaces, pods }: SelectedPods,
  peer: NetworkPolicyPeer,
  field: string,
): Found | undefined {
  const member = namespaces.isEmpty ? 'namespaceSelector' : 'podSelector';
  if (!namespaces.isEmpty && !pods.isEmpty) return undefined;
  return {
    field: `${field}.${member}`,
    message: `${display(peer[member])} contradicts itself: nothing can match it, so the peer allows nothing`,
  };
}

/** What there is now that does not match, where all of it is known. */
function emptinessOf(
  { namespaces, pods }: SelectedPods,
  peer: NetworkPolicyPeer,
  field: string,
  place: PodPlace,
): Found | undefined {
  const own = ownNamespaces(namespaces, place);
  if (own === undefined) return undefined;
  if (own.selected.length === 0) {
    return {
      field: `${field}.namespaceSelector`,
      message: `${display(peer.namespaceSelector)} selects no namespace that is there now, so the peer allows nothing; looked at: ${names(own.limit)}`,
    };
  }
  if (pods.constraints.size === 0 || own.selected.length > mostNamespaces) return undefined;
  // All are asked at once, so that what is missing is read together.
  const answers = own.selected.map(({ name }) =>
    findPod({ ...place, namespace: name }, ({ labels }) => matchesLabels(pods, labels)),
  );
  if (answers.some((answer) => answer !== 'none' && answer !== 'empty') || !answers.includes('none')) return undefined;
  const where = isPresent(peer.namespaceSelector) ? 'the namespaces' : 'the policy’s own namespace';
  return {
    field: `${field}.podSelector`,
    message: `${display(peer.podSelector)} selects no pod and no pod template in ${where} ${names(own.selected)}, so the peer allows nothing now`,
  };
}

function names(namespaces: readonly NamespaceFact[]): string {
  const sorted = namespaces.map(({ name }) => name).sort();
  return quotedList(sorted.slice(0, mostNamespaces));
}
