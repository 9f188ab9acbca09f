import type { NamespaceFact } from '../tenancy/owner.ts';

/** What is kept of a stored Namespace: its name and labels. Undefined for anything that has no name. */
export function namespaceFactOf(object: unknown): NamespaceFact | undefined {
  const metadata = property(object, 'metadata');
  const name = property(metadata, 'name');
  if (typeof name !== 'string') return undefined;
  return { name, labels: labelsOf(metadata) };
}

/** String labels of ObjectMeta. */
export function labelsOf(metadata: unknown): Readonly<Record<string, string>> {
  const labels = property(metadata, 'labels');
  if (typeof labels !== 'object' || labels === null) return {};
  const entries = Object.entries(labels as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** An own property of untrusted JSON, or undefined. */
export function property(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** The items of a List answer. Throws for any other: read as an empty list it would say that there is nothing. */
export function itemsOf(list: unknown): readonly unknown[] {
  const items = property(list, 'items');
  if (Array.isArray(items)) return items as readonly unknown[];
  const kind = property(list, 'kind');
  // Go writes a list that was never filled as null.
  if (items === null && typeof kind === 'string' && kind.endsWith('List')) return [];
  throw new Error('the API server’s answer is no list');
}
