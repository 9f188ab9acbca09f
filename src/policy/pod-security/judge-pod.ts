import { joinField, type ContainerView, type PodView } from '../objects/pod-view.ts';
import type { ContainerSecurityContext } from '../objects/pod-security-context.ts';
import type { Breach, BreachSink } from './control.ts';
import type { Standard } from './standard.ts';

/** A breach, of which control, with its whole path. */
export interface ControlBreach extends Breach {
  readonly control: string;
}

const none: readonly ControlBreach[] = [];
const noContext: ContainerSecurityContext = {};

/** All breaches of a standard. Each container is looked at once, and a pod that keeps to the standard costs one object. */
export function judgePod(pod: PodView, standard: Standard): readonly ControlBreach[] {
  if (standard.level === 'privileged') return none;
  const breaches = new Breaches(pod);
  for (const { control, judge } of standard.podJudgements) {
    breaches.control = control;
    judge(pod, breaches);
  }
  for (const view of pod.containers()) {
    const { container } = view;
    const context = container.securityContext ?? noContext;
    breaches.view = view;
    for (const { control, judge } of standard.containerJudgements) {
      breaches.control = control;
      judge(container, context, pod, breaches);
    }
  }
  return breaches.found ?? none;
}

class Breaches implements BreachSink {
  control = '';
  view: ContainerView | undefined;
  found: ControlBreach[] | undefined;
  readonly #pod: PodView;

  constructor(pod: PodView) {
    this.#pod = pod;
  }

  add(breach: Breach): void {
    const field = joinField(this.view?.field ?? this.#pod.field, breach.field);
    this.found ??= [];
    this.found.push({ ...breach, field, control: this.control });
  }
}
