import { isAlias, isMap, isScalar, isSeq, Scalar, type Alias, type Node, type Pair, type YAMLMap } from 'yaml';

import { quote } from '../algebra/fault.ts';
import { resolvePlainScalar } from './yaml-scalar.ts';

/** Something in a YAML document that Kubernetes could not read, or would read otherwise than people do. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

interface Anchored {
  readonly value: unknown;
  /** Nodes in it, aliases counted as often as they stand for something. */
  readonly size: number;
}

/** Nodes that all aliases of a document together may stand for: far more than people write, far less than a bomb. */
const mostAliasedNodes = 100_000;

const mergeKey = '<<';

const tagPrefix = 'tag:yaml.org,2002:';

/**
 * Makes plain values of one YAML document, as kubectl does before it sends them: scalars resolved by go-yaml's rules, keys
 * made strings, merge keys applied. What the library would do by itself (YAML 1.2) differs; see `resolvePlainScalar`.
 */
export class YamlValueReader {
  readonly faults: YamlFault[] = [];
  readonly #anchors = new Map<string, Anchored | 'open'>();
  #size = 0;
  #aliasedSize = 0;

  /** The value of a node. Where there are faults, the value is not to be used. */
  read(node: unknown): unknown {
    this.#size++;
    if (isAlias(node)) return this.#readAlias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    const { anchor } = node;
    if (anchor === undefined) return this.#readContent(node);
    const before = this.#size;
    this.#anchors.set(anchor, 'open');
    const value = this.#readContent(node);
    this.#anchors.set(anchor, { value, size: this.#size - before + 1 });
    return value;
  }

  #readContent(node: Node): unknown {
    if (isScalar(node)) return this.#readScalar(node);
    this.#checkCollectionTag(node);
    if (isMap(node)) return this.#readMap(node);
    return isSeq(node) ? node.items.map((item) => this.read(item)) : null;
  }

  #readScalar(node: Scalar): unknown {
    const text = typeof node.value === 'string' ? node.value : '';
    const { tag } = node;
    if (tag === undefined) return node.type === Scalar.PLAIN ? this.#finite(node, resolvePlainScalar(text)) : text;
    if (tag === '!' || tag === `${tagPrefix}str` || tag === `${tagPrefix}timestamp`) return text;
    const value = resolvePlainScalar(text);
    if (tag === `${tagPrefix}${tagNameOf(value)}`) return this.#finite(node, value);
    if (tag === `${tagPrefix}float` && typeof value === 'number') return this.#finite(node, value);
    this.#add(node, `the tag ${quote(tag.replace(tagPrefix, '!!'))} does not fit ${quote(text)}; remove the tag`);
    return undefined;
  }

  /** NaN and infinity cannot be told in JSON, which is what the API server gets. */
  #finite(node: Scalar, value: unknown): unknown {
    if (typeof value === 'number' && !Number.isFinite(value))
      this.#add(node, `${quote(node.source)} is no JSON number`);
    return value;
  }

  #checkCollectionTag(node: Node): void {
    const { tag } = node;
    if (tag === undefined || tag === '!' || tag === `${tagPrefix}map` || tag === `${tagPrefix}seq`) return;
    this.#add(node, `the tag ${quote(tag.replace(tagPrefix, '!!'))} is not known in manifests; remove it`);
  }

  #readMap(node: YAMLMap): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const keys = new Set<string>();
    for (const pair of node.items) {
      if (isMerge(pair)) {
        this.#merge(map, pair, this.read(pair.value));
        continue;
      }
      const key = this.#readKey(pair);
      if (key === undefined) continue;
      if (keys.has(key)) this.#add(pair.key, `the key ${quote(key)} stands here twice; keep one of them`);
      keys.add(key);
      setMember(map, key, this.read(pair.value));
    }
    return map;
  }

  #readKey(pair: Pair): string | undefined {
    const key = this.read(pair.key);
    if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return String(key);
    const hint = isMap(pair.key) ? '; a template such as {{ … }} must be rendered first' : '';
    this.#add(pair.key ?? pair.value, `${quote(key)} cannot be a key, keys are strings${hint}`);
    return undefined;
  }

  /** As go-yaml v2 merges: in the order of the text, so that a merge key replaces the members that stand before it. */
  #merge(map: Record<string, unknown>, pair: Pair, source: unknown): void {
    const sources: readonly unknown[] = Array.isArray(source) ? source.toReversed() : [source];
    for (const each of sources) {
      if (typeof each === 'object' && each !== null && !Array.isArray(each)) {
        for (const [key, value] of Object.entries(each)) setMember(map, key, value);
      } else {
        this.#add(pair.value ?? pair.key, `only a map, or a list of maps, can be merged with ${mergeKey}`);
      }
    }
  }

  #readAlias(node: Alias): unknown {
    const anchored = this.#anchors.get(node.source);
    if (anchored === undefined || anchored === 'open') {
      const why = anchored === 'open' ? 'stands inside its own anchor' : 'has no anchor before it';
      this.#add(node, `the alias ${quote(node.source)} ${why}`);
      return undefined;
    }
    this.#size += anchored.size;
    const wasFew = this.#aliasedSize <= mostAliasedNodes;
    this.#aliasedSize += anchored.size;
    if (this.#aliasedSize <= mostAliasedNodes) return anchored.value;
    if (wasFew) this.#add(node, `aliases stand for more than ${mostAliasedNodes} nodes; write less with aliases`);
    return undefined;
  }

  #add(node: unknown, message: string): void {
    this.faults.push({ offset: startOf(node), message });
  }
}

function tagNameOf(value: string | number | boolean | null): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'str';
}

/** Whether the pair merges another map into its own: an unquoted `<<`. */
export function isMerge(pair: Pair): boolean {
  const { key } = pair;
  return isScalar(key) && key.value === mergeKey && key.type === Scalar.PLAIN;
}

/** Where the text of a node begins. */
export function startOf(node: unknown): number {
  const range = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
  return range?.[0] ?? 0;
}

/** Sets an own member of any name: `__proto__` is a key like any other. */
function setMember(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}
