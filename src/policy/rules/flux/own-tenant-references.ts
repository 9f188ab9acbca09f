import { Type } from '../../../algebra/schema.ts';
import { foreignAccess } from '../../flux-access.ts';
import type { FluxController } from '../../flux-controllers.ts';
import { lockdownNote } from '../../flux-lockdown.ts';
import { foreignNamespace, type NamespaceContext } from '../../foreign-namespace.ts';
import type { FluxKind } from '../../objects/flux-kinds.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { fieldsAt } from '../../objects/object-fields.ts';
import { foreignReads } from '../../resource-set-reads.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

/** Fields that name the namespace of a reference, and the controller that may have a flag against foreign ones. */
const places = {
  Kustomization: [['spec.sourceRef.namespace', 'kustomize-controller'], ['spec.dependsOn[].namespace']],
  HelmRelease: [
    ['spec.chart.spec.sourceRef.namespace', 'helm-controller'],
    ['spec.chartRef.namespace', 'helm-controller'],
    ['spec.dependsOn[].namespace'],
  ],
  GitRepository: [['spec.include[].repository.namespace']],
  Bucket: [],
  HelmRepository: [],
  HelmChart: [['spec.sourceRef.namespace']],
  ExternalArtifact: [['spec.sourceRef.namespace']],
  ArtifactGenerator: [['spec.sources[].namespace', 'source-watcher']],
  ImageRepository: [],
  ImagePolicy: [['spec.imageRepositoryRef.namespace', 'image-reflector-controller']],
  ImageUpdateAutomation: [['spec.sourceRef.namespace', 'image-automation-controller']],
  Alert: [['spec.eventSources[].namespace', 'notification-controller']],
  Receiver: [['spec.resources[].namespace', 'notification-controller']],
  ResourceSet: [['spec.dependsOn[].namespace']],
  ResourceSetInputProvider: [['spec.selectors[].namespace']],
} as const satisfies Partial<Record<FluxKind, readonly (readonly [path: string, controller?: FluxController])[]>>;

type ReferringKind = keyof typeof places;

const whenMissing = 'would be referred to';
const fix = 'Remove the field to refer to the object’s own namespace, or name one of the same tenant.';

export const ownTenantReferences = defineCheckRule({
  id: 'flux/own-tenant-references',
  title: 'Flux objects refer to objects of their own tenant only, and let nobody else refer to them',
  severity: 'critical',
  rationale:
    'Flux reads what an object refers to with its controller’s identity: another tenant’s repository can be deployed or pushed to, its events and artifacts read, and a readyExpr on a foreign dependency reads that object bit by bit, even with --no-cross-namespace-refs. accessFrom opens the same door from the other side.',
  remediation: 'Refer to objects of the same namespace, or of another namespace of the same tenant.',
  kinds: Object.keys(places) as ReferringKind[],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      allowedNamespaces: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: 'Namespaces beyond the tenant that may be referred to, such as one with shared sources.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://fluxcd.io/flux/installation/configuration/multitenancy/',
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#dependencies',
    'https://fluxcd.io/flux/components/image/imagerepositories/#access-from',
    'https://fluxoperator.dev/docs/crd/resourceset/',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, context) {
    const own = namespaceOf(subject);
    for (const [path, controller] of places[subject.kind]) {
      for (const { field, value } of fieldsAt(subject.object, path)) {
        if (typeof value === 'string' && value !== '') yield* named(field, value, own, controller, context);
      }
    }
    yield* foreignAccess(subject.object, own, context);
    if (isResourceSet(subject)) yield* foreignReads(subject.object, own, context);
  },
});

function* named(
  field: string,
  target: string,
  own: string,
  controller: FluxController | undefined,
  context: NamespaceContext,
): Iterable<Violation> {
  if (target === '*') {
    yield { field, message: '"*" takes in every namespace, whoever’s it is', fix };
    return;
  }
  const violation = foreignNamespace(field, target, { own, whenMissing, fix }, context);
  if (violation === undefined) return;
  const { severity, clause } = lockdownNote(context.facts, controller, 'noCrossNamespaceRefs');
  yield { ...violation, message: `${violation.message}${clause}`, severity };
}

function isResourceSet(subject: Subject): subject is Subject<'ResourceSet'> {
  return subject.kind === 'ResourceSet';
}
