import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** A stored object after a PATCH, or the status that an API server answers with instead. */
export type Patched = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly status: number };

/**
 * What a PATCH makes of an object: null removes, and a resourceVersion must be the stored one. A strategic merge patch merges
 * lists of webhooks by name, a merge patch (RFC 7396) replaces lists.
 */
export function patchObject(stored: Json, contentType: string, patch: Json): Patched {
  const version = metadataOf(stored)['resourceVersion'];
  const wanted = metadataOf(patch)['resourceVersion'];
  if (wanted !== undefined && wanted !== version) return { ok: false, status: 409 };
  const isStrategic = contentType === 'application/strategic-merge-patch+json';
  if (!isStrategic && contentType !== 'application/merge-patch+json') return { ok: false, status: 415 };
  const merged = merge(stored, patch, isStrategic) as Json;
  // As etcd does: what changes nothing makes no version.
  if (isDeepStrictEqual(merged, stored)) return { ok: true, value: stored };
  const resourceVersion = String(Number(version) + 1);
  return { ok: true, value: { ...merged, metadata: { ...metadataOf(merged), resourceVersion } } };
}

function merge(target: unknown, patch: unknown, isStrategic: boolean): unknown {
  if (isStrategic && Array.isArray(patch) && Array.isArray(target))
    return mergeByName(target as Json[], patch as Json[]);
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merge(result.get(key), value, isStrategic));
  }
  return Object.fromEntries(result);
}

function mergeByName(target: readonly Json[], patch: readonly Json[]): readonly unknown[] {
  const names = new Set(target.map(({ name }) => name));
  return [
    ...target.map((item) => merge(item, patch.find(({ name }) => name === item['name']) ?? {}, true)),
    ...patch.filter(({ name }) => !names.has(name)),
  ];
}

function metadataOf(object: Json): Json {
  return (object['metadata'] ?? {}) as Json;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
