import { Type } from '../../../algebra/schema.ts';
import { ownerOf, type Owner } from '../../../tenancy/owner.ts';
import { doesNoMore, type FluxReference, type HelmRelease, type Kustomization } from '../../objects/flux.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

const paramsSchema = Type.Object(
  {
    allowedNamespaces: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Namespaces beyond the tenant that may be referred to, such as one with shared sources.',
    }),
  },
  { additionalProperties: false },
);

type Context = RuleContext<{ readonly allowedNamespaces: readonly string[] }>;

export const ownTenantReferences = defineCheckRule({
  id: 'flux/own-tenant-references',
  title: 'Flux objects refer to objects of their own tenant only',
  severity: 'critical',
  rationale:
    'Flux reads sources and dependencies of other namespaces with its controller’s identity: another tenant’s repository can be deployed, and a readyExpr on a foreign dependency reads that object bit by bit, even with --no-cross-namespace-refs.',
  remediation: 'Refer to objects of the same namespace, or of another namespace of the same tenant.',
  kinds: ['Kustomization', 'HelmRelease'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: paramsSchema,
  references: [
    'https://fluxcd.io/flux/installation/configuration/multitenancy/',
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#dependencies',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, context) {
    for (const [field, reference] of referencesOf(subject.object)) {
      const target = reference?.namespace ?? '';
      if (target === '' || target === namespaceOf(subject)) continue;
      if (context.params.allowedNamespaces.includes(target)) continue;
      yield* judge(`${field}.namespace`, target, context);
    }
  },
});

/** Every reference that can carry a namespace, with its path. An absent namespace means the object's own. */
function referencesOf(
  object: Kustomization | HelmRelease,
): readonly (readonly [string, FluxReference | null | undefined])[] {
  // The two kinds share fields; those that only one has are absent in the other.
  const spec: NonNullable<Kustomization['spec']> & NonNullable<HelmRelease['spec']> = object.spec ?? {};
  return [
    ['spec.sourceRef', spec.sourceRef],
    ['spec.chart.spec.sourceRef', spec.chart?.spec?.sourceRef],
    ['spec.chartRef', spec.chartRef],
    ...(spec.dependsOn ?? []).map((reference, index) => [`spec.dependsOn[${index}]`, reference] as const),
    ...(spec.healthChecks ?? []).map((reference, index) => [`spec.healthChecks[${index}]`, reference] as const),
  ];
}

function* judge(field: string, target: string, context: Context): Iterable<Violation> {
  const { facts, owner, tenancy } = context;
  const found = facts.namespace(target);
  if (found === undefined) return;
  const name = JSON.stringify(target);
  const fix = 'Remove the field to refer to the object’s own namespace, or name one of the same tenant.';
  if (found === 'missing') {
    yield { field, message: `${name} does not exist; whoever creates that namespace would be referred to`, fix };
    return;
  }
  const other = ownerOf(tenancy, found);
  if (owner === undefined && other.kind === 'tenant') context.ownerNeeded();
  else if (!isSameTenant(owner, other)) yield { field, message: `${name} ${whose(other)}`, fix };
}

function isSameTenant(a: Owner | undefined, b: Owner): boolean {
  return a?.kind === 'tenant' && b.kind === 'tenant' && a.tenant === b.tenant;
}

function whose(owner: Owner): string {
  switch (owner.kind) {
    case 'tenant':
      return `belongs to tenant ${JSON.stringify(owner.tenant)}`;
    case 'platform':
      return 'belongs to the platform';
    case 'unmanaged':
      return 'belongs to no tenant';
  }
}
