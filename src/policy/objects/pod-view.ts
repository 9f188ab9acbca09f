import type { PodKind, ObjectByKind } from './kinds.ts';
import type { Container, CronJob, Pod, PodSpec, PodTemplate, Workload } from './pod.ts';

/** The lists that containers stand in, in the order in which they are judged. */
export const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

type ContainerList = (typeof containerLists)[number];

/** A container with the path of its list item, which is put together only when somebody asks. */
export class ContainerView {
  readonly container: Container;
  readonly #podField: string;
  readonly #list: ContainerList;
  readonly #index: number;

  constructor(container: Container, podField: string, list: ContainerList, index: number) {
    this.container = container;
    this.#podField = podField;
    this.#list = list;
    this.#index = index;
  }

  get field(): string {
    return joinField(this.#podField, `spec.${this.#list}[${this.#index}]`);
  }
}

type StringMap = Readonly<Record<string, string>>;

/** One pod, or the pod template inside a workload, seen alike. */
export class PodView {
  /** Path of the pod or template: empty for a Pod, `spec.template` for a Deployment. */
  readonly field: string;
  readonly spec: Omit<PodSpec, ContainerList>;
  readonly #pod: PodLike;

  constructor(pod: PodLike, field: string) {
    this.field = field;
    this.spec = pod.spec ?? {};
    this.#pod = pod;
  }

  get labels(): StringMap {
    return this.#pod.metadata?.labels ?? {};
  }

  get annotations(): StringMap {
    return this.#pod.metadata?.annotations ?? {};
  }

  /** Init, regular and ephemeral containers: no rule can forget a list. */
  containers(): readonly ContainerView[] {
    const views: ContainerView[] = [];
    for (const list of containerLists) {
      this.#pod.spec?.[list]?.forEach((container, index) => {
        views.push(new ContainerView(container, this.field, list, index));
      });
    }
    return views;
  }
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
  return pod === undefined || pod === null ? undefined : new PodView(pod, podField(kind));
}
