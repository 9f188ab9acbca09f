import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { everyLabelSpace, labelsOutside, matchesLabels, type LabelSpace } from '../../algebra/label-space.ts';
import type { Direction } from '../../tenancy/tenancy.ts';
import { isolatedDirections } from './network-policy-view.ts';
import type { NetworkPolicy } from './network-policy.ts';

/** Whether a policy isolates pods with these labels in a direction. */
export function isolates(
  policy: NetworkPolicy,
  direction: Direction,
  labels: Readonly<Record<string, string>>,
): boolean {
  const space = isolatedSpace(policy, direction);
  return space !== undefined && matchesLabels(space, labels);
}

/** Whether a policy isolates every pod of its namespace in a direction: a default-deny. */
export function isolatesEveryPod(policy: NetworkPolicy, direction: Direction): boolean {
  const space = isolatedSpace(policy, direction);
  return space !== undefined && labelsOutside(everyLabelSpace, [space]) === undefined;
}

/**
 * The pods that a policy isolates in a direction. One that is terminating goes when its last finalizer does, so it isolates
 * nobody who comes now; nor does one whose selector cannot be read.
 */
function isolatedSpace(policy: NetworkPolicy, direction: Direction): LabelSpace | undefined {
  if ((policy.metadata?.deletionTimestamp ?? '') !== '' || !isolatedDirections(policy).has(direction)) return undefined;
  const selector = parseLabelSelector(policy.spec?.podSelector ?? {}, 'spec.podSelector');
  return selector.ok ? selector.value : undefined;
}
