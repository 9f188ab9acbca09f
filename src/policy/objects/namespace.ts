import type { Static } from 'typebox';

import { identity, openObject } from './shape.ts';

/** Namespace, core/v1: rules read its metadata only. */
export const namespaceSchema = openObject({ ...identity });

export type Namespace = Static<typeof namespaceSchema>;
