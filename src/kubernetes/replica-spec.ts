import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { containerLists } from '../policy/objects/pod-view.ts';

/** A place in the text of a spec where those of its replicas may have something else. */
interface Gap {
  readonly begin: number;
  readonly end: number;
  readonly isNode: boolean;
}

const nodeKey = '"nodeName":"';
const nodeName = /^[-.a-z0-9]*$/;
const tokenName = 'kube-api-access';
const tokenPrefix = `${tokenName}-`;
const suffixLength = 5;
const suffix = /^[a-z0-9]{5}$/;
const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/;
const quote = 0x22;

/**
 * The spec of a Pod, with which others are compared byte by byte: those of its replicas differ in the node, and in the last
 * five characters of the name that the volume of the ServiceAccount's token is given. What all of them share has no node, and
 * calls that volume `kube-api-access`. A spec that has such texts elsewhere too is like no other but its equals.
 */
export class ReplicaSpec {
  readonly spec: unknown;
  readonly #bytes: Buffer;
  readonly #gaps: readonly Gap[];
  /** Suffixes that the text has elsewhere: a volume that is called so would be another. */
  readonly #taken: ReadonlySet<string>;

  /** Of a spec as the API server writes it. `parse` gets a character for each byte. */
  constructor(json: Buffer, parse: (text: string) => unknown) {
    const text = json.toString('latin1');
    this.spec = parse(text);
    this.#bytes = Buffer.from(json);
    const [node, token] = isJsonObject(this.spec)
      ? [withoutNode(this.spec, text), withPlainToken(this.spec, text)]
      : [[], []];
    this.#gaps = [...node, ...token].sort((a, b) => a.begin - b.begin);
    const own = token[0] === undefined ? undefined : text.slice(token[0].begin, token[0].end);
    this.#taken = new Set(suffixesIn(text).filter((found) => found !== own));
  }

  /** Whether a spec differs from this one in nothing else. */
  isLike(json: Buffer): boolean {
    let [at, from] = [0, 0];
    let own: string | undefined;
    for (const { begin, end, isNode } of this.#gaps) {
      if (!this.#isSame(json, at, from, begin)) return false;
      at += begin - from;
      const here = isNode ? nodeAt(json, at) : suffixAt(json, at);
      if (here === undefined) return false;
      if (!isNode) {
        if (here !== (own ?? here) || this.#taken.has(here)) return false;
        own = here;
      }
      at += here.length;
      from = end;
    }
    return json.length - at === this.#bytes.length - from && this.#isSame(json, at, from, this.#bytes.length);
  }

  #isSame(json: Buffer, at: number, from: number, to: number): boolean {
    const end = at + to - from;
    return end <= json.length && this.#bytes.compare(json, at, end, from, to) === 0;
  }
}

/** Whatever follows the name of such a volume, wherever it stands. */
function suffixesIn(text: string): readonly string[] {
  return placesOf(tokenPrefix, text).map((place) => {
    const begin = place + tokenPrefix.length;
    return text.slice(begin, begin + suffixLength);
  });
}

function nodeAt(json: Buffer, at: number): string | undefined {
  const here = json.toString('latin1', at, json.indexOf(quote, at));
  return nodeName.test(here) ? here : undefined;
}

function suffixAt(json: Buffer, at: number): string | undefined {
  const here = json.toString('latin1', at, at + suffixLength);
  return suffix.test(here) ? here : undefined;
}

/** Takes the node away, where the text has such a key once. */
function withoutNode(spec: JsonObject, text: string): readonly Gap[] {
  const node = ownMember(spec, 'nodeName');
  const [key, ...more] = placesOf(nodeKey, text);
  if (typeof node !== 'string' || !nodeName.test(node) || key === undefined || more.length > 0) return [];
  Reflect.deleteProperty(spec, 'nodeName');
  const begin = key + nodeKey.length;
  return [{ begin, end: begin + node.length, isNode: true }];
}

/** Gives the volume of the token the name that it has for all, where the text has its own name for nothing else. */
function withPlainToken(spec: JsonObject, text: string): readonly Gap[] {
  const volumes = listIn(spec, 'volumes').filter((volume) => ownMember(volume, 'projected') !== undefined);
  const name = volumes.map((volume) => ownMember(volume, 'name')).find(isTokenVolume);
  if (name === undefined) return [];
  const mounts = containerLists
    .flatMap((list) => listIn(spec, list))
    .flatMap((container) => listIn(container, 'volumeMounts'));
  const named = [...volumes, ...mounts].filter((one) => ownMember(one, 'name') === name);
  const places = placesOf(name, text);
  if (places.length !== named.length) return [];
  for (const one of named) Object.assign(one, { name: tokenName });
  return places.map((place) => ({
    begin: place + name.length - suffixLength,
    end: place + name.length,
    isNode: false,
  }));
}

function isTokenVolume(name: unknown): name is string {
  return typeof name === 'string' && tokenVolume.test(name);
}

function listIn(object: JsonObject, key: string): readonly JsonObject[] {
  const list = ownMember(object, key);
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function placesOf(part: string, text: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) places.push(at);
  return places;
}
