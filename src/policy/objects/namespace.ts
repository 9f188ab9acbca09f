import type { Static } from 'typebox';

import { isJsonObject, ownMember } from '../../algebra/json-object.ts';
import { identity, openObject } from './shape.ts';

/** Namespace, core/v1: rules read its metadata only. */
export const namespaceSchema = openObject({ ...identity });

export type Namespace = Static<typeof namespaceSchema>;

/**
 * Whether the object is, or was, stored in a cluster. A manifest has no resourceVersion, nor has an object while it is
 * created; a uid it has by then.
 */
export function isStored({ metadata }: Namespace): boolean {
  return isJsonObject(metadata) && ownMember(metadata, 'resourceVersion') !== undefined;
}
