import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, openObject, optional } from './shape.ts';

/** Quantities by resource; each stays unknown here, since the algebra reads it strictly and names what is wrong with it. */
const quantities = Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>> | null>({ type: ['object', 'null'] }));

/** ResourceQuota, core/v1. */
export const resourceQuotaSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      hard: quantities,
      scopes: optional(Type.Array(Type.String())),
      scopeSelector: Type.Optional(Type.Unknown()),
    }),
  ),
});

const limitRangeItem = openObject({
  type: optional(Type.String()),
  max: quantities,
  min: quantities,
  default: quantities,
  maxLimitRequestRatio: quantities,
});

/** LimitRange, core/v1. */
export const limitRangeSchema = openObject({
  ...identity,
  spec: optional(openObject({ limits: optional(Type.Array(limitRangeItem)) })),
});

export type Quantities = Static<typeof quantities>;
export type LimitRangeItem = Static<typeof limitRangeItem>;
export type ResourceQuota = Static<typeof resourceQuotaSchema>;
export type LimitRange = Static<typeof limitRangeSchema>;
