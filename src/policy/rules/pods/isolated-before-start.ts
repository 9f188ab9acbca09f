import { Type } from '../../../algebra/schema.ts';
import type { Direction } from '../../../tenancy/tenancy.ts';
import { displayLabels } from '../../display.ts';
import { labelsAtStart } from '../../isolation-loss.ts';
import { isolates } from '../../objects/isolates.ts';
import { podKinds, type PodKind } from '../../objects/kinds.ts';
import { joinField, podViewOf, type PodView } from '../../objects/pod-view.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

const directions = ['ingress', 'egress'] as const;

export const isolatedBeforeStart = defineCheckRule({
  id: 'pods/isolated-before-start',
  title: 'No pod starts before a NetworkPolicy isolates it',
  severity: 'high',
  rationale:
    'A pod that no NetworkPolicy selects is open to everybody in that direction, from its first moment on. A default-deny that comes later, or that another selector narrows, leaves a gap in which nothing is refused and nothing is seen.',
  remediation:
    'Apply a NetworkPolicy to the namespace that selects every pod for both directions before any workload, and allow what is needed beside it.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: ['networkPoliciesOf'],
  params: Type.Object(
    {
      directions: Type.Array(Type.Enum([...directions]), {
        default: [...directions],
        description: 'Directions in which pods have to be isolated.',
      }),
      warnOnly: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: 'Namespaces in which a pod that is not isolated is warned of, whatever the mode.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { params, facts, owner, tenancy }) {
    const pod = startingPod(subject);
    if (pod === undefined) return;
    const namespace = namespaceOf(subject);
    const policies = facts.networkPoliciesOf(namespace);
    if (policies === undefined || isElsewhere(policies, subject)) return;
    const labels = subject.kind === 'Pod' ? pod.labels : labelsAtStart(pod, owner, tenancy);
    const strongestMode = params.warnOnly.includes(namespace) ? 'warn' : undefined;
    for (const direction of directions) {
      if (!params.directions.includes(direction)) continue;
      if (policies.some((policy) => isolates(policy, direction, labels))) continue;
      yield { ...violationOf(pod, direction, namespace), strongestMode };
    }
  },
});

/** Whether manifests are checked without a cluster and hold no policy of the namespace: then theirs may be kept elsewhere. */
function isElsewhere(policies: readonly unknown[], { principal }: Subject): boolean {
  return policies.length === 0 && principal.kind === 'unknown';
}

/** The pod that will start and can be isolated. */
function startingPod({ kind, object, operation }: Subject<PodKind>): PodView | undefined {
  // A Pod that runs has started: that it stays isolated is another rule’s.
  if (kind === 'Pod' && operation === 'UPDATE') return undefined;
  const pod = podViewOf(kind, object);
  // No NetworkPolicy governs the host’s network.
  return pod?.spec.hostNetwork === true ? undefined : pod;
}

function violationOf(pod: PodView, direction: Direction, namespace: string): Violation {
  const name = JSON.stringify(namespace);
  return {
    field: joinField(pod.field, 'metadata.labels'),
    message: `a pod with ${displayLabels(pod.labels)} would start without ${direction} isolation: no NetworkPolicy of namespace ${name} selects it for ${direction === 'ingress' ? 'Ingress' : 'Egress'}`,
    fix: `Apply a default-deny first:\n  apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata:\n    name: default-deny\n    namespace: ${namespace}\n  spec:\n    podSelector: {}\n    policyTypes: [Ingress, Egress]`,
  };
}
