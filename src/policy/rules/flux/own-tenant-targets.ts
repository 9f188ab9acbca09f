import { Type } from '../../../algebra/schema.ts';
import { foreignNamespace, whyForeign, type NamespaceContext } from '../../foreign-namespace.ts';
import type { HelmRelease } from '../../objects/flux.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { fieldsAt, isPresent, textAt } from '../../objects/object-fields.ts';
import { templateStart } from '../../objects/resource-set-copies.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

/** Fields that name the namespace in which Flux works for the object. */
const places = {
  Kustomization: ['spec.targetNamespace', 'spec.healthChecks[].namespace'],
  HelmRelease: ['spec.targetNamespace', 'spec.storageNamespace'],
  ResourceSet: ['spec.resources[].metadata.namespace', 'spec.steps[].resources[].metadata.namespace'],
} as const;

const whenMissing = 'would be worked in';
const fix = 'Remove the field to stay in the object’s own namespace, or name one of the same tenant.';

export const ownTenantTargets = defineCheckRule({
  id: 'flux/own-tenant-targets',
  title: 'Flux works for a tenant in the tenant’s namespaces only',
  severity: 'high',
  rationale:
    'targetNamespace and storageNamespace decide where objects, release Secrets and the labels of a chart go. No flag of Flux bounds them: all that stands between a tenant and another’s namespace is what its service account may do, and where that is too much, nothing does.',
  remediation: 'Name a namespace of the tenant, or leave the field out.',
  kinds: ['Kustomization', 'HelmRelease', 'ResourceSet'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      allowedNamespaces: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: 'Namespaces beyond the tenant that may be worked in.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#target-namespace',
    'https://fluxcd.io/flux/components/helm/helmreleases/#target-namespace',
    'https://fluxcd.io/flux/components/helm/helmreleases/#storage-namespace',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, context) {
    const own = namespaceOf(subject);
    for (const path of places[subject.kind]) {
      for (const { field, value } of fieldsAt(subject.object, path)) {
        // What a template makes is judged when it is applied, as any object is.
        if (typeof value !== 'string' || value === '' || value.includes(templateStart)) continue;
        const violation = foreignNamespace(field, value, { own, whenMissing, fix }, context);
        if (violation !== undefined) yield violation;
      }
    }
    if (isHelmRelease(subject)) yield* ofHelmRelease(subject.object, own, context);
  },
});

function isHelmRelease(subject: Subject): subject is Subject<'HelmRelease'> {
  return subject.kind === 'HelmRelease';
}

function* ofHelmRelease(object: HelmRelease, own: string, context: NamespaceContext): Iterable<Violation> {
  const target = textAt(object, 'spec.targetNamespace') ?? own;
  if (object.spec?.install?.createNamespace === true && target !== own && isMissing(target, context)) {
    const message = `true would create namespace ${JSON.stringify(target)}, which is nobody’s until the platform says whose it is`;
    yield {
      field: 'spec.install.createNamespace',
      message,
      fix: 'Have the platform create the namespace, and remove the field.',
    };
  }
  // Flux makes a HelmChart beside the source, as its controller, with labels and annotations of the author's choice.
  const source = textAt(object, 'spec.chart.spec.sourceRef.namespace') ?? own;
  if (!isPresent(object, 'spec.chart.metadata')) return;
  const strict = { ...context, params: { allowedNamespaces: [] } };
  const why = whyForeign(source, { own, whenMissing: 'would get them' }, strict);
  if (why === undefined) return;
  const field = 'spec.chart.metadata';
  yield {
    field,
    message: `puts labels and annotations on a HelmChart in a namespace that is not the tenant’s: ${why}`,
    fix: `Remove ${field}.`,
  };
}

/** Not known is not missing; the field of the target itself notes the gap. */
function isMissing(target: string, { facts, params }: NamespaceContext): boolean {
  return !params.allowedNamespaces.includes(target) && facts.namespace(target) === 'missing';
}
