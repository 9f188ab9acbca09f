import { quote } from '../../../algebra/fault.ts';
import type { Handler } from '../../objects/pod-security-context.ts';
import type { Container } from '../../objects/pod.ts';
import { titleOf, type BreachSink, type Control } from '../control.ts';

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const hooks = ['postStart', 'preStop'] as const;
const connections = ['httpGet', 'tcpSocket'] as const;

/** A host makes the kubelet connect to wherever the pod's author wants, from the node's address. */
export const hostProbesAndHostLifecycle: Control = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      judgeContainer: (container, _context, _pod, breaches) => {
        const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
        if (livenessProbe || readinessProbe || startupProbe) {
          for (const probe of probes) judge(container, container[probe], probe, breaches);
        }
        if (!lifecycle) return;
        for (const hook of hooks) judge(container, lifecycle[hook], `lifecycle.${hook}`, breaches);
      },
    },
  ],
};

function judge(container: Container, handler: Handler | null | undefined, path: string, breaches: BreachSink): void {
  if (!handler) return;
  for (const connection of connections) {
    const host = handler[connection]?.host ?? '';
    if (host === '') continue;
    breaches.add({
      field: `${path}.${connection}.host`,
      words: `${titleOf(container)} uses probe or lifecycle host ${quote(host)}`,
      fix: 'Remove the field: the pod itself is meant.',
    });
  }
}
