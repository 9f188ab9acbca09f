import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { matchesLabels } from '../../algebra/label-space.ts';
import type { Direction } from '../../tenancy/tenancy.ts';
import { isolatedDirections } from './network-policy-view.ts';
import type { NetworkPolicy } from './network-policy.ts';

/**
 * Whether a policy isolates pods with these labels in a direction. One that is terminating goes when its last finalizer
 * does, so it isolates nobody who comes now; nor does one whose selector cannot be read.
 */
export function isolates(
  policy: NetworkPolicy,
  direction: Direction,
  labels: Readonly<Record<string, string>>,
): boolean {
  if ((policy.metadata?.deletionTimestamp ?? '') !== '' || !isolatedDirections(policy).has(direction)) return false;
  const selector = parseLabelSelector(policy.spec?.podSelector ?? {}, 'spec.podSelector');
  return selector.ok && matchesLabels(selector.value, labels);
}
