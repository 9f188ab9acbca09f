import { podKinds, type Kind, type PodKind } from '../../../src/policy/objects/kinds.ts';
import { kindOfManifest } from '../judge.ts';
import { minimalObject, tweak, type Manifest } from '../minimal-objects.ts';

/** The lists of containers that a pod has; sidecars are init containers that never end (KEP-753). */
export const containerLists = ['containers', 'initContainers', 'sidecars', 'ephemeralContainers'] as const;

export type ContainerList = (typeof containerLists)[number];

/** The member of a pod's spec that a list stands in. */
export function memberOf(list: ContainerList): Exclude<ContainerList, 'sidecars'> {
  return list === 'sidecars' ? 'initContainers' : list;
}

/** What a fixture does wrong, as an object of another kind: the rest is the least that the kind needs. */
export function transplant(fixture: Manifest, kind: Kind, list: ContainerList | undefined): Manifest {
  const from = kindOfManifest(fixture);
  if (from === kind && list === undefined) return fixture;
  if (!isPodKind(kind)) return graft(fixture, kind);
  if (!isPodKind(from)) return graft(fixture, kind);
  const pod = podOf(fixture, from);
  const spec = list === undefined ? membersOf(pod, 'spec') : withContainersIn(membersOf(pod, 'spec'), list);
  const { labels, annotations } = membersOf(pod, 'metadata');
  const written = { labels, annotations };
  const own = membersOf(fixture, 'metadata');
  const target = withMetadata(minimalObject(kind), own);
  if (kind === 'Pod') return { ...withMetadata(target, written), spec };
  return tweak(target, podPath(kind), { metadata: present(written), spec });
}

/** A good object of the kind where the fixture is. */
export function goodTwin(fixture: Manifest, kind: Kind): Manifest {
  const { name, namespace } = membersOf(fixture, 'metadata');
  return withMetadata(minimalObject(kind), { name, namespace });
}

/** Top-level members and spec of the fixture on the least object of the kind. */
function graft(fixture: Manifest, kind: Kind): Manifest {
  const target = withMetadata(minimalObject(kind), membersOf(fixture, 'metadata'));
  const { spec, ...others } = fixture;
  const { apiVersion, kind: wireKind, metadata } = target;
  const grafted = { ...target, ...others, apiVersion, kind: wireKind, metadata };
  return spec === undefined ? grafted : { ...grafted, spec: { ...membersOf(target, 'spec'), ...(spec as Manifest) } };
}

function withMetadata(object: Manifest, more: Manifest): Manifest {
  const own = membersOf(object, 'metadata');
  // The least object of the whole cluster has no namespace.
  const { namespace, ...others } = more;
  const placed = Object.hasOwn(own, 'namespace') && namespace !== undefined ? { namespace } : {};
  return { ...object, metadata: { ...own, ...present(others), ...placed } };
}

function present(members: Manifest): Manifest {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function isPodKind(kind: Kind): kind is PodKind {
  return (podKinds as readonly Kind[]).includes(kind);
}

function podPath(kind: PodKind): string {
  if (kind === 'PodTemplate') return 'template';
  return kind === 'CronJob' ? 'spec.jobTemplate.spec.template' : 'spec.template';
}

function podOf(object: Manifest, kind: PodKind): Manifest {
  if (kind === 'Pod') return object;
  return podPath(kind)
    .split('.')
    .reduce<Manifest>((node, step) => membersOf(node, step), object);
}

/** All containers of the pod in one list, and a harmless one where a pod must have one. */
function withContainersIn(spec: Manifest, list: ContainerList): Manifest {
  const { containers = [], initContainers = [], ephemeralContainers = [], ...others } = spec;
  const all = [containers, initContainers, ephemeralContainers].flat() as readonly Manifest[];
  const moved = list === 'sidecars' ? all.map((container) => ({ ...container, restartPolicy: 'Always' })) : all;
  return { ...others, containers: [{ name: 'harmless', image: 'web:1' }], [memberOf(list)]: moved };
}

function membersOf(object: Manifest, name: string): Manifest {
  return (object[name] ?? {}) as Manifest;
}
