import { isAlias, isMap, isSeq, isScalar, type Document, type Pair, type YAMLMap } from 'yaml';

import type { FieldStep } from './field-path.ts';
import { resolvePlainScalar } from './yaml-scalar.ts';
import { isMerge, startOf } from './yaml-value.ts';

interface Place {
  readonly node: unknown;
  readonly offset: number;
}

/** Where a field stands in a YAML document: as deep as the path can be followed. */
export function locateInYaml(document: Document, path: readonly FieldStep[]): number {
  let place: Place = { node: document.contents, offset: startOf(document.contents) };
  for (const step of path) {
    const next = childOf(place.node, step, document);
    if (next === undefined) return place.offset;
    place = next;
  }
  return place.offset;
}

function childOf(node: unknown, step: FieldStep, document: Document): Place | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isMap(target)) return memberOf(target, String(step), document);
  if (!isSeq(target) || typeof step !== 'number') return undefined;
  const item = target.items[step];
  return item === undefined ? undefined : { node: item, offset: startOf(item) };
}

/** The pair that gave the member its value: the last one that has the key, be it by a merge. */
function memberOf(map: YAMLMap, name: string, document: Document): Place | undefined {
  for (const pair of map.items.toReversed()) {
    if (isMerge(pair)) {
      const merged = mergedMember(pair, name, document);
      if (merged !== undefined) return merged;
    } else if (keyTextOf(pair, document) === name) {
      return { node: pair.value, offset: startOf(pair.key) };
    }
  }
  return undefined;
}

function mergedMember(pair: Pair, name: string, document: Document): Place | undefined {
  const source = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
  for (const each of isSeq(source) ? source.items : [source]) {
    const place = childOf(each, name, document);
    if (place !== undefined) return place;
  }
  return undefined;
}

function keyTextOf(pair: Pair, document: Document): string | undefined {
  const key = isAlias(pair.key) ? pair.key.resolve(document) : pair.key;
  if (!isScalar(key) || typeof key.value !== 'string') return undefined;
  return key.type === 'PLAIN' && key.tag === undefined ? String(resolvePlainScalar(key.value)) : key.value;
}
