import { parseLabelSelector } from '../../algebra/label-selector.ts';
import {
  emptyLabelSpace,
  everyLabelSpace,
  labelsOutside,
  matchesLabels,
  type LabelSpace,
} from '../../algebra/label-space.ts';
import type { Direction } from '../../tenancy/tenancy.ts';
import { remembered } from '../remembered.ts';
import { isolatedDirections } from './network-policy-view.ts';
import type { NetworkPolicy } from './network-policy.ts';

/** The pods that a policy isolates in a direction; what an unreadable selector stands for is up to the caller. */
export function isolatedBy(policy: NetworkPolicy, direction: Direction, unreadable = emptyLabelSpace): LabelSpace {
  if (!isolatedDirections(policy).has(direction)) return emptyLabelSpace;
  const parsed = selectedBy(policy);
  return parsed.ok ? parsed.value : unreadable;
}

/** Remembered: every pod of a namespace is asked about by each of its policies. */
const selectedBy = remembered((policy: NetworkPolicy) =>
  parseLabelSelector(policy.spec?.podSelector ?? {}, 'spec.podSelector'),
);

/**
 * Whether the policy stays until a request that is judged removes it. One that is terminating goes when its last
 * finalizer does, and one with an owner goes with the owner, by the garbage collector (CVE-2025-5187).
 */
export function isLasting({ metadata }: NetworkPolicy): boolean {
  return !isTerminating(metadata) && (metadata?.ownerReferences ?? []).length === 0;
}

/**
 * Whether a policy isolates pods with these labels in a direction. One that is terminating goes when its last finalizer
 * does, so it isolates nobody who comes now; nor does one whose selector cannot be read.
 */
export function isolates(
  policy: NetworkPolicy,
  direction: Direction,
  labels: Readonly<Record<string, string>>,
): boolean {
  return !isTerminating(policy.metadata) && matchesLabels(isolatedBy(policy, direction), labels);
}

/** Whether a policy isolates every pod of its namespace in a direction: a default-deny. */
export function isolatesEveryPod(policy: NetworkPolicy, direction: Direction): boolean {
  if (isTerminating(policy.metadata)) return false;
  return labelsOutside(everyLabelSpace, [isolatedBy(policy, direction)]) === undefined;
}

/** Whether it goes when its last finalizer does. */
export function isTerminating(metadata: NetworkPolicy['metadata']): boolean {
  return (metadata?.deletionTimestamp ?? '') !== '';
}
