import { matchesLabels } from '../algebra/label-space.ts';
import type { Owner } from '../tenancy/owner.ts';
import type { Direction, Tenancy } from '../tenancy/tenancy.ts';
import { isLasting, isolatedBy } from './objects/isolates.ts';
import type { NetworkPolicy } from './objects/network-policy.ts';
import type { PodView } from './objects/pod-view.ts';

type Labels = PodView['labels'];

/**
 * The policies that isolate a pod in a direction with its labels before a change, where none does with those after it;
 * undefined where nothing is lost. A policy that is on its way out counts only for a pod that nothing else isolated.
 */
export function lostIsolation(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  before: Labels,
  after: Labels,
): readonly NetworkPolicy[] | undefined {
  const selecting = (labels: Labels, among: readonly NetworkPolicy[]): readonly NetworkPolicy[] =>
    among.filter((policy) => matchesLabels(isolatedBy(policy, direction), labels));
  const isolating = selecting(before, policies);
  if (isolating.length === 0) return undefined;
  const counted = isolating.some(isLasting) ? policies.filter(isLasting) : policies;
  return selecting(after, counted).length === 0 ? isolating : undefined;
}

/** A template’s pods may get their namespace’s tenant label, which the template itself does not have. */
export function labelsAtStart(pod: PodView, owner: Owner | undefined, tenancy: Tenancy): Labels {
  return owner?.kind === 'tenant' ? { [tenancy.tenantLabel]: owner.tenant, ...pod.labels } : pod.labels;
}
