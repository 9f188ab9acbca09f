import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** A stored object after a write, or the status that an API server answers with instead. */
export type Written = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly status: number };

/**
 * What a PUT or a strategic merge patch makes of an object. A resourceVersion must be the stored one; a patch merges lists by
 * name, and its nulls remove.
 */
export function writtenObject(stored: Json, method: string, contentType: string, body: Json): Written {
  const version = metadataOf(stored)['resourceVersion'];
  const wanted = metadataOf(body)['resourceVersion'];
  if (wanted !== undefined && wanted !== version) return { ok: false, status: 409 };
  const expected = method === 'PUT' ? 'application/json' : 'application/strategic-merge-patch+json';
  if (contentType !== expected) return { ok: false, status: 415 };
  const written = method === 'PUT' ? body : (merge(stored, body) as Json);
  // As etcd does: what changes nothing makes no version.
  if (isDeepStrictEqual(written, stored)) return { ok: true, value: stored };
  const resourceVersion = String(Number(version) + 1);
  return { ok: true, value: { ...written, metadata: { ...metadataOf(written), resourceVersion } } };
}

function merge(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch) && Array.isArray(target)) return mergeByName(target as Json[], patch as Json[]);
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merge(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function mergeByName(target: readonly Json[], patch: readonly Json[]): readonly unknown[] {
  const names = new Set(target.map(({ name }) => name));
  return [
    ...target.map((item) => merge(item, patch.find(({ name }) => name === item['name']) ?? {})),
    ...patch.filter(({ name }) => !names.has(name)),
  ];
}

function metadataOf(object: Json): Json {
  return (object['metadata'] ?? {}) as Json;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
