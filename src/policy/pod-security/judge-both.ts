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

/**
 * Breaches of the stricter of two standards. Of one version the higher level is. Of two versions neither is (some controls
 * came later, others were relaxed), so the pod keeps to both, and what both find is told once.
 */
export function judgeBoth(pod: PodView, first: AskedStandard, second: AskedStandard): readonly AskedBreach[] {
  const [one, ...others] = strictest(first, second);
  const breaches = breachesOf(pod, one);
  const told = new Set(breaches.map(keyOf));
  return [...breaches, ...others.flatMap((asked) => breachesOf(pod, asked)).filter((found) => !told.has(keyOf(found)))];
}

function strictest(first: AskedStandard, second: AskedStandard): readonly [AskedStandard, ...AskedStandard[]] {
  if (second.level === 'privileged') return [first];
  if (first.level === 'privileged') return [second];
  if (first.minor !== second.minor) return [first, second];
  return [levels.indexOf(second.level) > levels.indexOf(first.level) ? second : first];
}

function breachesOf(pod: PodView, asked: AskedStandard): readonly AskedBreach[] {
  return judgePod(pod, standardOf(asked.level, asked.minor)).map((breach) => ({ asked, breach }));
}

function keyOf({ breach: { control, field } }: AskedBreach): string {
  return `${control} ${field}`;
}
