import type { PodView } from '../objects/pod-view.ts';
import { levels } from './control.ts';
import type { AskedStandard } from './enforced-standard.ts';
import { judgePod, type ControlBreach } from './judge-pod.ts';
import { standardOf } from './standard.ts';

/** A breach of a standard, and who asked for it. */
export interface AskedBreach {
  readonly asked: AskedStandard;
  readonly breach: ControlBreach;
}

const none: readonly AskedBreach[] = [];

/**
 * Breaches of the stricter of two standards. Of one version the higher level is. Of two versions neither is (some controls
 * came later, others were relaxed), so the pod keeps to both, and what both find is told once.
 */
export function judgeBoth(pod: PodView, first: AskedStandard, second: AskedStandard): readonly AskedBreach[] {
  const isFirstHigher = levels.indexOf(first.level) >= levels.indexOf(second.level);
  if (first.minor === second.minor || first.level === 'privileged' || second.level === 'privileged')
    return breachesOf(pod, isFirstHigher ? first : second);
  const found = breachesOf(pod, first);
  const told = new Set(found.map(keyOf));
  return [...found, ...breachesOf(pod, second).filter((one) => !told.has(keyOf(one)))];
}

function breachesOf(pod: PodView, asked: AskedStandard): readonly AskedBreach[] {
  const found = judgePod(pod, standardOf(asked.level, asked.minor));
  return found.length === 0 ? none : found.map((breach) => ({ asked, breach }));
}

function keyOf({ breach: { control, field } }: AskedBreach): string {
  return `${control} ${field}`;
}
