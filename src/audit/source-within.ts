import { compareText } from '../algebra/compare-text.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import { namespaceKey } from './key-order.ts';
import type { ObjectSource, Page } from './ports.ts';

/** A source of nothing but what is in some namespaces, in the same order. */
export function sourceWithin(source: ObjectSource, namespaces: readonly string[]): ObjectSource {
  const names = namespaces.toSorted((a, b) => compareText(namespaceKey(a), namespaceKey(b)));
  return {
    name: source.name,
    list: (kind, signal, namespace) =>
      namespace === undefined ? listWithin(source, kind, names, signal) : source.list(kind, signal, namespace),
    listOther: (resource, signal) => source.listOther(resource, signal),
  };
}

async function* listWithin(
  source: ObjectSource,
  kind: Kind,
  names: readonly string[],
  signal: AbortSignal,
): AsyncIterable<Page> {
  for (const name of names) yield* source.list(kind, signal, name);
}
