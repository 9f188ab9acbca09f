import type { ObjectByKind, PodKind } from '../objects/kinds.ts';
import { podViewOf } from '../objects/pod-view.ts';

/**
 * Whether a pod runs nothing that it did not run before: each container has its image, and none is new. An update that
 * runs something else is judged like a new pod, by the API server's own admission as well (`isSignificantPodUpdate`).
 */
export function runsNoMore(now: ObjectByKind[PodKind], before: ObjectByKind[PodKind], kind: PodKind): boolean {
  const images = imagesOf(before, kind);
  return [...imagesOf(now, kind)].every(([name, image]) => images.has(name) && images.get(name) === image);
}

function imagesOf(object: ObjectByKind[PodKind], kind: PodKind): ReadonlyMap<string, string> {
  const containers = podViewOf(kind, object)?.containers() ?? [];
  return new Map(containers.map(({ container }) => [container.name, container.image ?? '']));
}
