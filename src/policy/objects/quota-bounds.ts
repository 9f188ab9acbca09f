import type { LimitRange, LimitRangeItem, Quantities, ResourceQuota } from './quota.ts';

/** One quantity by which a ResourceQuota or a LimitRange bounds a namespace. */
export interface QuotaBound {
  /** What it bounds, such as `limits.cpu` or `Container max.memory`: the same in two versions of an object. */
  readonly key: string;
  readonly field: string;
  readonly quantity: unknown;
  /** `most`: may not be raised; `least`: may not be lowered; `some`: it has to be there, whatever its value. */
  readonly kind: 'most' | 'least' | 'some';
}

/** All bounds of a ResourceQuota. */
export function boundsOfQuota({ spec }: ResourceQuota): readonly QuotaBound[] {
  return entriesOf(spec?.hard).map(([resource, quantity]) => ({
    key: resource,
    field: `spec.hard[${JSON.stringify(resource)}]`,
    quantity,
    kind: 'most',
  }));
}

const parts = [
  ['max', 'most'],
  ['min', 'least'],
  // A container may ask for more than the default; without one it may ask for nothing.
  ['default', 'some'],
  ['maxLimitRequestRatio', 'most'],
] as const;

/** All bounds of a LimitRange. The API server sees to it that each type stands there once. */
export function boundsOfLimitRange({ spec }: LimitRange): readonly QuotaBound[] {
  return (spec?.limits ?? []).flatMap((item, index) => boundsOfItem(item, `spec.limits[${index}]`));
}

function boundsOfItem(item: LimitRangeItem, field: string): readonly QuotaBound[] {
  return parts.flatMap(([part, kind]) =>
    entriesOf(item[part]).map(([resource, quantity]) => ({
      key: `${item.type ?? ''} ${part}.${resource}`,
      field: `${field}.${part}[${JSON.stringify(resource)}]`,
      quantity,
      kind,
    })),
  );
}

function entriesOf(quantities: Quantities | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(quantities ?? {});
}
