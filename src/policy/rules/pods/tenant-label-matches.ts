import { Type } from '../../../algebra/schema.ts';
import { tenantLabelOf } from '../../../tenancy/owner.ts';
import type { Tenancy } from '../../../tenancy/tenancy.ts';
import { tenantLabelledKinds, podKinds, type PodKind } from '../../objects/kinds.ts';
import { joinField, podViewOf, type PodView } from '../../objects/pod-view.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { labelsOf, type Subject } from '../../subject.ts';
import { namespaceOf } from '../../subject-owner.ts';

type Labels = Readonly<Record<string, string>>;

export const tenantLabelMatches = defineCheckRule({
  id: 'pods/tenant-label-matches',
  title: 'The tenant label on an object is that of its namespace',
  severity: 'high',
  rationale:
    'Dashboards, cost reports, network plugins and people read the tenant label from objects. A pod, or the template it is made from, that wears another tenant’s label is taken for that tenant’s.',
  remediation: 'Remove the label: Tenantgate adds the right one. Or give it the namespace’s value.',
  kinds: tenantLabelledKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces'],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    yield* judge('metadata.labels', labelsOf(subject.object), subject, context);
    const template = templateOf(subject);
    if (template === undefined) return;
    yield* judge(joinField(template.field, 'metadata.labels'), template.labels, subject, context);
  },
});

function templateOf({ kind, object }: Subject): PodView | undefined {
  return kind !== 'Pod' && isPodKind(kind) ? podViewOf(kind, object) : undefined;
}

function isPodKind(kind: string): kind is PodKind {
  return (podKinds as readonly string[]).includes(kind);
}

function* judge(field: string, labels: Labels, subject: Subject, context: RuleContext<object>): Iterable<Violation> {
  const { owner, tenancy } = context;
  if (!Object.hasOwn(labels, tenancy.tenantLabel)) return;
  if (owner === undefined) {
    context.ownerNeeded();
    return;
  }
  const right = owner.kind === 'tenant' ? owner.tenant : undefined;
  if (tenantLabelOf(tenancy, labels) === right && right !== undefined) return;
  yield {
    field: `${field}[${JSON.stringify(tenancy.tenantLabel)}]`,
    message: `${JSON.stringify(labels[tenancy.tenantLabel])} is not the tenant of namespace ${JSON.stringify(namespaceOf(subject))}, ${whose(right, tenancy)}`,
    fix: right === undefined ? 'Remove the label.' : `Remove the label, or set it to ${JSON.stringify(right)}.`,
  };
}

function whose(tenant: string | undefined, tenancy: Tenancy): string {
  return tenant === undefined
    ? `which has no label ${JSON.stringify(tenancy.tenantLabel)}`
    : `which belongs to ${JSON.stringify(tenant)}`;
}
