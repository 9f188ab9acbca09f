import { Type } from '../../../algebra/schema.ts';
import { podKinds } from '../../objects/kinds.ts';
import { podViewOf } from '../../objects/pod-view.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';

export const hostPorts = defineCheckRule({
  id: 'pods/host-ports',
  title: 'Pods take no ports of the node',
  severity: 'high',
  rationale:
    'A host port answers on the node’s address, for whoever reaches the node. It is taken from all other tenants, whose pods then find no node, and traffic that comes in by it may bypass NetworkPolicies, depending on the network plugin.',
  remediation: 'Remove hostPort, and reach the pod through a Service.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowed: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
        default: [],
        description: 'Ports of the node that pods may take.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
    'https://kubernetes.io/docs/concepts/configuration/overview/#services',
  ],
  since: '0.1.0',
  judges: 'state',
  check(subject, { params }) {
    const found: Violation[] = [];
    for (const view of podViewOf(subject.kind, subject.object)?.containers() ?? []) {
      view.container.ports?.forEach((port, index) => {
        // The API reads 0 as absent.
        const hostPort = port.hostPort ?? 0;
        if (hostPort === 0 || params.allowed.includes(hostPort)) return;
        found.push({
          field: `${view.field}.ports[${index}].hostPort`,
          message: `${hostPort} takes the port on the node, from every other tenant there, and answers on the node’s address`,
          fix: 'Remove the field, and reach the pod through a Service.',
        });
      });
    }
    return found;
  },
});
