import type { Facts } from '../../src/policy/facts.ts';
import { podTemplateFactOf } from '../../src/policy/objects/container-ports.ts';
import { kinds, type Kind, type ObjectByKind } from '../../src/policy/objects/kinds.ts';
import { podFactOf, templateFactKinds } from '../../src/policy/objects/pod-facts.ts';
import { podViewOf } from '../../src/policy/objects/pod-view.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { kindOfObject } from './fake-object-source.ts';
import { tweak, type Manifest } from './minimal-objects.ts';
import { randomObject } from './object-generator.ts';
import type { Random } from './random.ts';
import type { Model } from './shape.ts';

/** Tenants', the platform's and nobody's; some are the beginning of others. */
const namespaceNames = ['acme', 'acme-dev', 'acme-prod', 'acme0', 'globex-dev', 'kube-system', 'default'];

/** Kinds that facts are made from: every cluster has some. */
const usualKinds: readonly Kind[] = [
  'NetworkPolicy',
  'Pod',
  'Pod',
  'ResourceQuota',
  'LimitRange',
  ...templateFactKinds,
  'EndpointSlice',
];

/** A cluster of random objects. Nothing has an owner, so that everything is told as its own. */
export function randomCluster(models: ReadonlyMap<Kind, Model>, random: Random): readonly Manifest[] {
  const objects: Manifest[] = [];
  for (const name of namespaceNames) if (!random.oneIn(5)) objects.push(randomNamespace(models, name, random));
  const all = [...models.keys()].filter((kind) => kind !== 'Namespace');
  const count = 20 + random.below(40);
  for (let index = 0; index < count; index += 1) {
    const kind = random.pick(random.oneIn(2) ? usualKinds : all);
    const object = tweak(withMetadata(randomObject(models.get(kind)!, random)), 'metadata.ownerReferences', undefined);
    const named = tweak(object, 'metadata.name', `object-${index}`);
    const namespace = kinds[kind].namespaced ? random.pick(namespaceNames) : undefined;
    objects.splice(random.below(objects.length + 1), 0, tweak(named, 'metadata.namespace', namespace));
  }
  return objects;
}

function randomNamespace(models: ReadonlyMap<Kind, Model>, name: string, random: Random): Manifest {
  const object = tweak(withMetadata(randomObject(models.get('Namespace')!, random)), 'metadata.name', name);
  const labels = (object['metadata'] as Manifest)['labels'];
  const own = typeof labels === 'object' && labels !== null && !Array.isArray(labels) ? labels : {};
  const tenant = random.oneIn(3) ? {} : { 'tenantgate.dev/tenant': name.replace(/[-0].*$/, '') };
  const labelled = tweak(object, 'metadata.labels', { ...own, ...tenant, 'kubernetes.io/metadata.name': name });
  return tweak(labelled, 'metadata.namespace', undefined);
}

/** What is stored has a name, whatever else is odd. */
function withMetadata(object: Manifest): Manifest {
  const { metadata } = object;
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  return isObject ? object : { ...object, metadata: {} };
}

const read = createObjectReader();

/** What is known by a cluster that is wholly known, in the order in which an API server lists it. Of what cannot be read nothing is. */
export function factsOfCluster(stored: readonly Manifest[], today: string): Facts {
  const objects = stored.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  function of<K extends Kind, T>(
    kind: K,
    namespace: string,
    factOf: (object: ObjectByKind[K]) => T | undefined,
  ): readonly T[] | undefined {
    const found = objects.filter((object) => kindOfObject(object) === kind && namespaceIn(object) === namespace);
    const parsed = found.map((object) => read(kind, object));
    if (parsed.some(({ ok }) => !ok)) return undefined;
    return parsed.map((one) => (one.ok ? factOf(one.value) : undefined)).filter((fact) => fact !== undefined);
  }
  const namespaces = objects
    .filter((object) => kindOfObject(object) === 'Namespace')
    .map((object) => {
      const { name, labels } = object['metadata'] as { readonly name: string; readonly labels: Manifest };
      const texts = Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
      return { name, labels: Object.fromEntries(texts) };
    });
  return {
    today,
    namespace: (name) => namespaces.find((one) => one.name === name) ?? 'missing',
    namespaces: () => namespaces,
    networkPoliciesOf: (namespace) => of('NetworkPolicy', namespace, (object) => object),
    resourceQuotasOf: (namespace) => of('ResourceQuota', namespace, (object) => object),
    limitRangesOf: (namespace) => of('LimitRange', namespace, (object) => object),
    podsOf: (namespace) => of('Pod', namespace, podFactOf),
    podTemplatesOf: (namespace) => {
      const lists = templateFactKinds.map((kind) =>
        of(kind, namespace, (object) => {
          const pod = podViewOf(kind, object);
          return pod === undefined ? undefined : podTemplateFactOf(pod);
        }),
      );
      return lists.some((list) => list === undefined) ? undefined : lists.flatMap((list) => list ?? []);
    },
  };
}

function nameOf(object: Manifest): string {
  return (object['metadata'] as { readonly name: string }).name;
}

/** The namespace that a manifest is in. */
export function namespaceIn(object: Manifest): string | undefined {
  return (object['metadata'] as { readonly namespace?: string }).namespace;
}
