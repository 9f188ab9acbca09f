import { quote } from '../../algebra/fault.ts';
import type { ContainerSecurityContext } from '../objects/pod-security-context.ts';
import type { PodView } from '../objects/pod-view.ts';
import type { Container } from '../objects/pod.ts';

/** Levels of the Pod Security Standards, weakest first: https://kubernetes.io/docs/concepts/security/pod-security-standards/. */
export const levels = ['privileged', 'baseline', 'restricted'] as const;

export type Level = (typeof levels)[number];

/** One place in a pod that breaks a control. */
export interface Breach {
  /** Path from the pod, or from the container where one is judged. */
  readonly field: string;
  /** What is wrong, in the words of the API server's own Pod Security admission. */
  readonly words: string;
  readonly fix: string;
  /** What an UPDATE may not touch, where the words do not say all of it. */
  readonly basis?: unknown;
}

/** Takes the breaches of a control; nothing is made as long as there is none. */
export interface BreachSink {
  add(breach: Breach): void;
}

/** What a control says from one version of the standard on. */
export interface ControlVersion {
  /** Minor version of Kubernetes: 25 stands for v1.25. */
  readonly since: number;
  /** Baseline controls that this one replaces at its own level. */
  readonly replaces?: readonly string[];
  readonly judgePod?: JudgePod;
  /** Gets the container's security context beside it, which is empty where there is none. */
  readonly judgeContainer?: JudgeContainer;
}

export type JudgePod = (pod: PodView, breaches: BreachSink) => void;
export type JudgeContainer = (
  container: Container,
  context: ContainerSecurityContext,
  pod: PodView,
  breaches: BreachSink,
) => void;

/** A control of the standard under the name that the API server knows it by, with its history. */
export interface Control {
  readonly id: string;
  readonly level: Exclude<Level, 'privileged'>;
  /** Oldest first. */
  readonly versions: readonly ControlVersion[];
}

/** Whether the pod says that it is for Windows, where Linux settings mean nothing. */
export function isWindowsPod({ spec }: PodView): boolean {
  return spec.os?.name === 'windows';
}

/** Whether the pod has a user namespace of its own (KEP-127): its root is nobody on the node. */
export function hasUserNamespace({ spec }: PodView): boolean {
  return spec.hostUsers === false;
}

/** A judgement that some pods are spared. */
export function unless(isSpared: (pod: PodView) => boolean, judge: JudgeContainer): JudgeContainer {
  return (container, context, pod, breaches) => {
    if (!isSpared(pod)) judge(container, context, pod, breaches);
  };
}

/** The same for what is judged once for the pod. */
export function podUnless(isSpared: (pod: PodView) => boolean, judge: JudgePod): JudgePod {
  return (pod, breaches) => {
    if (!isSpared(pod)) judge(pod, breaches);
  };
}

export function titleOf({ name }: Container): string {
  return `container ${quote(name)}`;
}
