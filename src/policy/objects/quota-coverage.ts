import { boundsOfQuota } from './quota-bounds.ts';
import type { LimitRange, ResourceQuota } from './quota.ts';

/** Resources that quotas bound for every pod of their namespace: those with scopes count only some. */
export function boundResources(quotas: readonly ResourceQuota[]): ReadonlySet<string> {
  return new Set(quotas.filter(countsEveryPod).flatMap((quota) => boundsOfQuota(quota).map(({ key }) => key)));
}

function countsEveryPod({ spec }: ResourceQuota): boolean {
  return (spec?.scopes ?? []).length === 0 && (spec?.scopeSelector ?? undefined) === undefined;
}

/** Resources of which every container has a limit: its own, or else the default, which is the maximum where none is given. */
export function limitedResources(ranges: readonly LimitRange[]): ReadonlySet<string> {
  return new Set(ranges.flatMap(limitedBy));
}

function limitedBy({ spec }: LimitRange): readonly string[] {
  return (spec?.limits ?? [])
    .filter(({ type }) => type === 'Container')
    .flatMap((item) => [...Object.keys(item.default ?? {}), ...Object.keys(item.max ?? {})]);
}
