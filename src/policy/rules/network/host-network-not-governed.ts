import { matchesLabels, type LabelSpace } from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import { displayLabels } from '../../display.ts';
import { subjectsOf } from '../../extent.ts';
import type { PodTemplateFact } from '../../facts.ts';
import { findPod, mayBeKeptElsewhere, type PodPlace } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const hostNetworkNotGoverned = defineCheckRule({
  id: 'network/host-network-not-governed',
  title: 'No NetworkPolicy is counted on for pods on the host’s network',
  severity: 'medium',
  rationale:
    'What a NetworkPolicy does to a pod on its host’s network is undefined. Most network plugins cannot tell it from its node and do not enforce the policy for it, nor do selectors of other policies match it. It stays open, whatever its labels say.',
  remediation:
    'Take the pod off the host’s network, or do without the policy’s protection for it: nothing but the node’s own firewall governs it.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['podsOf', 'podTemplatesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { facts, owner, tenancy }) {
    if (tooLarge(subject.object) !== undefined) return;
    const subjects = subjectsOf(subject.object);
    if (subjects === undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy, facts };
    const pod = hostPod(subjects, place, mayBeKeptElsewhere(subject));
    if (pod === undefined) return;
    yield {
      field: 'spec.podSelector',
      message: `selects a pod with ${displayLabels(pod.labels)} on the host’s network, for which most network plugins enforce no NetworkPolicy: it stays open`,
      fix: 'Take the pod off the host’s network, in its pod template:\n  spec: {hostNetwork: false}',
    };
  },
});

/** Where pods run they tell; their templates are read only where there are none, or where they are at hand anyway. */
function hostPod(subjects: LabelSpace, place: PodPlace, isAtHand: boolean): PodTemplateFact | undefined {
  const isSelected = ({ labels }: PodTemplateFact): boolean => matchesLabels(subjects, labels);
  const pods = place.facts.podsOf(place.namespace)?.filter(isSelected);
  if (pods === undefined) return undefined;
  const found = pods.find(({ hostNetwork }) => hostNetwork);
  if (found !== undefined || (pods.length > 0 && !isAtHand)) return found;
  const template = findPod(place, (pod) => pod.hostNetwork && isSelected(pod));
  return typeof template === 'object' ? template : undefined;
}
