import { Type } from '../../../algebra/schema.ts';
import { isReservedLabel, namespaceNameLabel, type Tenancy } from '../../../tenancy/tenancy.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { labelsOf, type Subject } from '../../subject.ts';

export const reservedLabels = defineCheckRule({
  id: 'namespaces/reserved-labels',
  title: 'Reserved namespace labels are set by the platform only',
  severity: 'critical',
  rationale:
    'Reserved labels prove things: flows and selectors lean on them. A tenant that sets one on its namespace grants itself what the label stands for. On the platform’s own namespaces every label is the platform’s.',
  remediation: 'Remove the change, or ask the platform to make it.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://kubernetes.io/docs/reference/labels-annotations-taints/'],
  since: '0.1.0',
  judges: 'change',
  *check(subject, { tenancy }) {
    // Where nobody is named, as in a check of manifests, the strict meaning holds.
    if (subject.principal.kind === 'platform' || subject.principal.kind === 'controller') return;
    const before = subject.old === undefined ? {} : labelsOf(subject.old);
    const after = labelsOf(subject.object);
    for (const key of changedKeys(before, after)) {
      if (isGuarded(key, subject, tenancy)) yield violationOf(key, valueOf(before, key), valueOf(after, key));
    }
  },
});

function valueOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function changedKeys(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => valueOf(before, key) !== valueOf(after, key)).sort();
}

/** The tenant label has a rule of its own; the name label is the API server's. */
function isGuarded(key: string, subject: Subject<'Namespace'>, tenancy: Tenancy): boolean {
  if (key === tenancy.tenantLabel || key === namespaceNameLabel) return false;
  const isPlatforms = subject.principal.kind === 'tenant' && tenancy.platformNamespaces.has(subject.name);
  return isPlatforms || isReservedLabel(tenancy, key);
}

function violationOf(key: string, before: string | undefined, after: string | undefined): Violation {
  const change =
    after === undefined ? `is removed (it was ${JSON.stringify(before)})` : `is set to ${JSON.stringify(after)}`;
  return {
    field: `metadata.labels[${JSON.stringify(key)}]`,
    message: `${change}, but only the platform may set this label`,
    fix: before === undefined ? 'Remove the label.' : `Keep the label at ${JSON.stringify(before)}.`,
  };
}
