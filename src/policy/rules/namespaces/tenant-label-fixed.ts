import { Type } from '../../../algebra/schema.ts';
import { ownerOf, tenantLabelOf } from '../../../tenancy/owner.ts';
import type { Principal } from '../../../tenancy/principal.ts';
import { defineCheckRule, type RuleContext } from '../../rule.ts';
import { labelsOf } from '../../subject.ts';

export const tenantLabelFixed = defineCheckRule({
  id: 'namespaces/tenant-label-fixed',
  title: 'Only the platform says whose a namespace is',
  severity: 'critical',
  rationale:
    'The tenant label is the boundary itself. A tenant that may update its Namespace object (a RoleBinding to cluster-admin is enough) could walk into another tenant, claim a free namespace, or leave enforcement by removing the label; on every path, `namespaces/status` and `namespaces/finalize` included.',
  remediation: 'Ask the platform to move the namespace.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces',
    'https://github.com/advisories/GHSA-2ww6-hf35-mfjm',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject, context) {
    const { tenancy } = context;
    const before = subject.old === undefined ? undefined : tenantLabelOf(tenancy, labelsOf(subject.old));
    const after = tenantLabelOf(tenancy, labelsOf(subject.object));
    if (subject.principal.kind !== 'tenant') return;
    if (subject.operation === 'CREATE' && tenancy.reservedNamespaces.has(subject.name)) {
      yield {
        field: 'metadata.name',
        message: `${JSON.stringify(subject.name)} is a name that the Tenancy document gives a meaning, and a tenant creates it; only the platform says whose namespace ${JSON.stringify(subject.name)} is`,
        fix: 'Choose another name.',
      };
    }
    if (before === after) return;
    if (subject.operation === 'CREATE' && isOwnTenant(subject.principal, after, context)) return;
    yield {
      field: `metadata.labels[${JSON.stringify(tenancy.tenantLabel)}]`,
      message: `${changeOf(before, after)}; only the platform says whose namespace ${JSON.stringify(subject.name)} is`,
      fix:
        before === undefined
          ? 'Ask the platform to assign the namespace.'
          : `Keep the label at ${JSON.stringify(before)}.`,
    };
  },
});

/** A tenant's own service account may make further namespaces of that tenant. */
function isOwnTenant(
  principal: Principal & { readonly kind: 'tenant' },
  tenant: string | undefined,
  { tenancy, facts }: RuleContext<object>,
): boolean {
  if (principal.serviceAccountNamespace === undefined) return false;
  const home = facts.namespace(principal.serviceAccountNamespace);
  if (home === undefined || home === 'missing') return false;
  const owner = ownerOf(tenancy, home);
  return owner.kind === 'tenant' && owner.tenant === tenant;
}

function changeOf(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `is set to ${JSON.stringify(after)} by a tenant`;
  if (after === undefined) return `is removed (it was ${JSON.stringify(before)})`;
  return `changes from ${JSON.stringify(before)} to ${JSON.stringify(after)}`;
}
