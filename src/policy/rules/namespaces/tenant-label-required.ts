import { Type } from '../../../algebra/schema.ts';
import { ownerOf } from '../../../tenancy/owner.ts';
import { defineCheckRule } from '../../rule.ts';
import { labelsOf } from '../../subject.ts';

export const tenantLabelRequired = defineCheckRule({
  id: 'namespaces/tenant-label-required',
  title: 'Every namespace belongs to a tenant or to the platform',
  severity: 'high',
  rationale:
    'A namespace of nobody is covered by no tenant’s quota, roles or policies, and whoever uses it later is nobody’s.',
  remediation:
    'Give the namespace its tenant label, or list it among the platform’s namespaces in the Tenancy document.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces'],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { tenancy }) {
    const labels = labelsOf(subject.object);
    if (ownerOf(tenancy, { name: subject.name, labels }).kind !== 'unmanaged') return;
    const present = Object.hasOwn(labels, tenancy.tenantLabel) ? 'is empty' : 'is missing';
    yield {
      field: `metadata.labels[${JSON.stringify(tenancy.tenantLabel)}]`,
      message: `${present}, so namespace ${JSON.stringify(subject.name)} belongs to nobody`,
      fix: `Name the tenant:\n  metadata:\n    labels:\n      ${tenancy.tenantLabel}: <tenant>`,
    };
  },
});
