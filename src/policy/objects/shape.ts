import type { Static, TOptional, TProperties, TSchema, TUnsafe } from 'typebox';

import { Type } from '../../algebra/schema.ts';

/**
 * Schemas of the parts of Kubernetes objects that rules read. They are open (a rule names what it reads, the API server
 * validates the rest), and every optional field may be null, which Kubernetes reads as absent.
 */

/** An optional field that may also be null. */
export function optional<S extends TSchema>(schema: S): TOptional<TUnsafe<Static<S> | null>> {
  const { type } = schema as S & { readonly type: string };
  return Type.Optional(Type.Unsafe<Static<S> | null>({ ...schema, type: [type, 'null'] }));
}

/** An open object: fields that no rule reads are left alone. */
export function openObject<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: true });
}

/** A map of strings such as labels. Keys are data: `constructor` is a key like any other. */
export const stringMap = Type.Unsafe<Readonly<Record<string, string>>>({
  type: 'object',
  additionalProperties: { type: 'string' },
});

export const metadata = openObject({
  name: optional(Type.String()),
  generateName: optional(Type.String()),
  namespace: optional(Type.String()),
  labels: optional(stringMap),
  annotations: optional(stringMap),
  deletionTimestamp: optional(Type.String()),
  ownerReferences: optional(Type.Array(Type.Unknown())),
});

/** What every object has. API: ObjectMeta, apimachinery `meta/v1`. */
export const identity = {
  apiVersion: Type.String(),
  kind: Type.String(),
  metadata: optional(metadata),
};
