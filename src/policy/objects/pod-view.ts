import type { PodKind, ObjectByKind } from './kinds.ts';
import type { Container, CronJob, Pod, PodSpec, PodTemplate, Workload } from './pod.ts';

/** A container with the path of its list item. */
export interface ContainerView {
  readonly container: Container;
  readonly field: string;
}

/** One pod, or the pod template inside a workload, seen alike. */
export interface PodView {
  /** Path of the pod or template: empty for a Pod, `spec.template` for a Deployment. */
  readonly field: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Omit<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>;
  /** Init, regular and ephemeral containers: no rule can forget a list. */
  containers(): Iterable<ContainerView>;
}

/** Path of the pod inside each kind: where it is the object itself, empty. */
function podField(kind: PodKind): string {
  switch (kind) {
    case 'Pod':
      return '';
    case 'PodTemplate':
      return 'template';
    case 'CronJob':
      return 'spec.jobTemplate.spec.template';
    default:
      return 'spec.template';
  }
}

type PodLike = Pick<Pod, 'metadata' | 'spec'>;

function podIn(kind: PodKind, object: ObjectByKind[PodKind]): PodLike | null | undefined {
  switch (kind) {
    case 'Pod':
      return object as Pod;
    case 'PodTemplate':
      return (object as PodTemplate).template;
    case 'CronJob':
      return (object as CronJob).spec?.jobTemplate?.spec?.template;
    default:
      return (object as Workload).spec?.template;
  }
}

/** Joins path parts, leaving out an empty first one. */
export function joinField(prefix: string, field: string): string {
  return prefix === '' ? field : `${prefix}.${field}`;
}

/** The pod that an object is or describes, or undefined when it has none (a PodTemplate without a template). */
export function podViewOf(kind: PodKind, object: ObjectByKind[PodKind]): PodView | undefined {
  const pod = podIn(kind, object);
  if (pod === undefined || pod === null) return undefined;
  const field = podField(kind);
  const spec = pod.spec ?? {};
  return {
    field,
    labels: pod.metadata?.labels ?? {},
    spec,
    *containers() {
      for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
        for (const [index, container] of (spec[list] ?? []).entries()) {
          yield { container, field: joinField(field, `spec.${list}[${index}]`) };
        }
      }
    },
  };
}
