import { Type } from '../../../algebra/schema.ts';
import { podKinds } from '../../objects/kinds.ts';
import { joinField, podViewOf } from '../../objects/pod-view.ts';
import { defineCheckRule } from '../../rule.ts';

export const hostNetwork = defineCheckRule({
  id: 'pods/host-network',
  title: 'Pods do not use the host’s network',
  severity: 'critical',
  rationale:
    'A pod on the host’s network has the node’s address: no NetworkPolicy governs it, it reaches node-local services such as the kubelet and the metadata service, and it sees other tenants’ traffic.',
  remediation: 'Remove hostNetwork, and reach the pod through a Service.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod?.spec.hostNetwork !== true) return;
    yield {
      field: joinField(pod.field, 'spec.hostNetwork'),
      message: 'true puts the pod on the node’s network, where no NetworkPolicy governs it',
      fix: 'Remove the field or set it to false.',
    };
  },
});
