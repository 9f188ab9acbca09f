import { quote } from '../algebra/fault.ts';
import { foreignNamespace, type NamespaceContext } from './foreign-namespace.ts';
import type { ResourceSet } from './objects/flux-operator.ts';
import { groupOf } from './objects/kinds.ts';
import { textAt } from './objects/object-fields.ts';
import { copiesOf } from './objects/resource-set-copies.ts';
import type { Violation } from './rule.ts';

const whenMissing = 'would be referred to';
const clusterFix = 'Depend on objects of the tenant’s namespaces, or on a CustomResourceDefinition.';
/** API groups of Kubernetes whose kinds that anybody depends on are all cluster-scoped. */
const clusterGroups: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'node.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** Cluster-scoped kinds of the other groups; those whose names begin with `Cluster` need no list. */
const clusterKinds: ReadonlySet<string> = new Set([
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'GatewayClass',
  'IngressClass',
  'IPAddress',
  'Namespace',
  'Node',
  'PersistentVolume',
  'ServiceCIDR',
]);

const copyFix = 'Write out a namespace of the tenant.';

/** What a ResourceSet has read beyond its tenant: the operator reads dependencies as itself, and copies what annotations name. */
export function* foreignReads(
  object: ResourceSet,
  own: string,
  context: NamespaceContext,
): Generator<Violation, void, undefined> {
  yield* ofDependencies(object, own, context);
  yield* ofCopies(object, own, context);
}

function* ofDependencies(object: ResourceSet, own: string, context: NamespaceContext): Iterable<Violation> {
  for (const [index, dependency] of (object.spec?.dependsOn ?? []).entries()) {
    const read: ClusterRead = {
      group: groupOf(textAt(dependency, 'apiVersion') ?? ''),
      kind: textAt(dependency, 'kind') ?? '',
      name: textAt(dependency, 'name') ?? '',
    };
    const isNamespaced = textAt(dependency, 'namespace') !== undefined && !isClusterScoped(read);
    const violation = isNamespaced ? undefined : ofCluster(read, `spec.dependsOn[${index}]`, own, context);
    if (violation !== undefined) yield violation;
  }
}

/** A dependency that is in no namespace. */
interface ClusterRead {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

function ofCluster(
  { group, kind, name }: ClusterRead,
  field: string,
  own: string,
  context: NamespaceContext,
): Violation | undefined {
  // The definition of a kind says nothing about anybody.
  if (group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition') return undefined;
  if (group === '' && kind === 'Namespace') {
    return foreignNamespace(`${field}.name`, name, { own, whenMissing, fix: clusterFix }, context);
  }
  const message = `is ${quote(kind)} ${quote(name)} of the whole cluster, which the operator reads as itself`;
  return { field, message, fix: clusterFix };
}

/** For these a client leaves out the namespace, whatever the dependency says. */
function isClusterScoped({ group, kind }: ClusterRead): boolean {
  return clusterGroups.has(group) || clusterKinds.has(kind) || kind.startsWith('Cluster');
}

function* ofCopies(object: ResourceSet, own: string, context: NamespaceContext): Iterable<Violation> {
  for (const { field, namespace } of copiesOf(object)) {
    if (namespace === undefined) {
      yield { field, message: 'is made by a template, so whose namespace it reads cannot be told', fix: copyFix };
    } else {
      const violation = foreignNamespace(
        field,
        namespace,
        { own, whenMissing: 'would be read', fix: copyFix },
        context,
      );
      if (violation !== undefined) yield violation;
    }
  }
}
