import { Type } from '../../../algebra/schema.ts';
import { podKinds } from '../../objects/kinds.ts';
import { joinField, podViewOf } from '../../objects/pod-view.ts';
import { defineCheckRule } from '../../rule.ts';

/** What a pod sees through each; the host’s network has a rule of its own. */
const consequences = {
  hostPID: 'every process of the node, with the environment and the open files of other tenants’ containers',
  hostIPC: 'the shared memory and message queues of the node’s processes',
} as const;

export const hostNamespaces = defineCheckRule({
  id: 'pods/host-namespaces',
  title: 'Pods do not share the host’s process and IPC namespaces',
  severity: 'critical',
  rationale:
    'In the host’s process namespace a pod sees the processes of all tenants on the node and, as root, reads their memory and enters their containers. In its IPC namespace it reads what they share.',
  remediation: 'Remove hostPID and hostIPC. Containers of one pod can share processes by shareProcessNamespace.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline'],
  since: '0.1.0',
  judges: 'state',
  *check(subject) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod === undefined) return;
    for (const name of ['hostPID', 'hostIPC'] as const) {
      if (pod.spec[name] !== true) continue;
      yield {
        field: joinField(pod.field, `spec.${name}`),
        message: `true shows the pod ${consequences[name]}`,
        fix: 'Remove the field or set it to false.',
      };
    }
  },
});
