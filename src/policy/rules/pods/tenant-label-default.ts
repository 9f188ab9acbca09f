import { Type } from '../../../algebra/schema.ts';
import { tenantLabelledKinds } from '../../objects/kinds.ts';
import { defineDefaultRule } from '../../rule.ts';

export const tenantLabelDefault = defineDefaultRule({
  id: 'pods/tenant-label-default',
  title: 'Objects get the tenant label of their namespace',
  severity: 'low',
  rationale:
    'With the label on the object itself, queries, dashboards and network plugins need no look-up of the namespace. Pod templates are left alone: a new label there would roll every Deployment.',
  remediation: 'Nothing is to be done; the label is added where it is absent.',
  kinds: tenantLabelledKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces'],
  since: '0.1.0',
  satisfies: 'pods/tenant-label-matches',
  labels: (_subject, { tenancy, tenant }) => ({ [tenancy.tenantLabel]: tenant }),
});
