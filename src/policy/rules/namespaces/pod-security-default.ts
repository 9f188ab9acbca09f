import { Type } from '../../../algebra/schema.ts';
import { defineDefaultRule } from '../../rule.ts';

const level = (value: 'privileged' | 'baseline' | 'restricted', description: string) =>
  Type.Enum(['privileged', 'baseline', 'restricted'], { default: value, description });

export const podSecurityDefault = defineDefaultRule({
  id: 'namespaces/pod-security-default',
  title: 'Tenant namespaces get Pod Security labels',
  severity: 'medium',
  rationale:
    'A namespace without a Pod Security label admits privileged pods. Labels that are there already, stricter or not, are left alone.',
  remediation: 'Nothing is to be done; the labels are added where they are absent.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      enforce: level('baseline', 'Level of `pod-security.kubernetes.io/enforce`.'),
      warn: level('restricted', 'Level of `pod-security.kubernetes.io/warn`.'),
      audit: level('restricted', 'Level of `pod-security.kubernetes.io/audit`.'),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces',
  ],
  since: '0.1.0',
  satisfies: 'namespaces/pod-security-level',
  labels: (_subject, { params }) => ({
    'pod-security.kubernetes.io/enforce': params.enforce,
    'pod-security.kubernetes.io/warn': params.warn,
    'pod-security.kubernetes.io/audit': params.audit,
  }),
});
