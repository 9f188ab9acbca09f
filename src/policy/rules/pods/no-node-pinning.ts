import { Type } from '../../../algebra/schema.ts';
import { display } from '../../display.ts';
import { podKinds } from '../../objects/kinds.ts';
import { joinField, podViewOf, type PodView } from '../../objects/pod-view.ts';
import type { Toleration } from '../../objects/pod.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';

export const noNodePinning = defineCheckRule({
  id: 'pods/no-node-pinning',
  title: 'Tenants do not choose nodes past the scheduler, nor those of the control plane',
  severity: 'high',
  rationale:
    'A pod that names its node is never scheduled: taints, affinities and free capacity are not asked, so it runs beside the control plane or beside a chosen victim. A toleration of the control plane’s taint, or of every taint, leads to the same nodes through the scheduler.',
  remediation: 'Leave the choice to the scheduler: use a nodeSelector or node affinity on labels of worker nodes.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      taints: Type.Array(Type.String({ minLength: 1 }), {
        default: ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'],
        description: 'Keys of taints that pods of tenants do not tolerate.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
    'https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { params }) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod === undefined) return;
    // Once a Pod is there, its node is the scheduler’s word.
    const isScheduled = subject.kind === 'Pod' && subject.operation === 'UPDATE';
    if (!isScheduled) yield* judgeNodeName(pod);
    for (const [index, toleration] of (pod.spec.tolerations ?? []).entries()) {
      const reached = reachedBy(toleration, params.taints);
      if (reached === undefined) continue;
      yield {
        field: joinField(pod.field, `spec.tolerations[${index}]`),
        message: `${display(toleration)} tolerates ${reached}`,
        fix: 'Remove the toleration.',
      };
    }
  },
});

function* judgeNodeName(pod: PodView): Iterable<Violation> {
  const { nodeName } = pod.spec;
  if ((nodeName ?? '') === '') return;
  yield {
    field: joinField(pod.field, 'spec.nodeName'),
    message: `${display(nodeName)} puts the pod on that node past the scheduler, whatever the node’s taints say`,
    fix: 'Remove the field.',
  };
}

/** What a toleration opens, or undefined. Without a key, Exists matches every taint; its effect is no key. */
function reachedBy({ key, operator, effect }: Toleration, taints: readonly string[]): string | undefined {
  const name = key ?? '';
  if (name !== '') return taints.includes(name) ? `the taint ${display(name)}, which keeps tenants away` : undefined;
  if (operator !== 'Exists') return undefined;
  return (effect ?? '') === '' ? 'every taint, the control plane’s included' : `every ${display(effect)} taint`;
}
