import { Type } from '../../../algebra/schema.ts';
import { display } from '../../display.ts';
import { ownersBeyond } from '../../objects/owner-references.ts';
import { defineCheckRule } from '../../rule.ts';

export const ownerReferencesFixed = defineCheckRule({
  id: 'namespaces/owner-references-fixed',
  title: 'Only the platform says what a namespace belongs to',
  severity: 'high',
  rationale:
    'The garbage collector deletes an object whose owners are gone, or never were, and asks nobody’s rights for it. Who may update a Namespace could have it deleted that way, with the quotas and policies in it that tenants may not delete. An owner whose deletion is to wait for the namespace (`blockOwnerDeletion`) cannot go as long as the namespace stays. Where an operator marks a tenant’s namespaces by an owner, one that loses it leaves enforcement.',
  remediation: 'Leave the owners as they are, or ask the platform to change them.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/',
    'https://github.com/kubernetes/kubernetes/issues/133471',
    'https://nvd.nist.gov/vuln/detail/CVE-2022-46167',
  ],
  since: '0.1.0',
  judges: 'change',
  *check({ object, old, principal }) {
    if (principal.kind !== 'tenant') return;
    for (const owner of ownersBeyond(object, old)) {
      yield {
        field: 'metadata.ownerReferences',
        message: `${display(owner)} is made an owner by a tenant; the garbage collector deletes the namespace with its owners`,
        fix: 'Remove the owner.',
      };
    }
    if (old === undefined) return;
    for (const owner of ownersBeyond(old, object)) {
      yield {
        field: 'metadata.ownerReferences',
        message: `${display(owner)} is an owner no longer, by a tenant’s change`,
        fix: 'Keep the owner.',
      };
    }
  },
});
