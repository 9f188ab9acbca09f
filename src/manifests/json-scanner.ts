import type { FieldStep } from './field-path.ts';

/** Where an entry of a collection begins, and its value: for an item both are the same. */
interface Place {
  readonly offset: number;
  readonly value: number;
}

/** Walks JSON text that `JSON.parse` may or may not accept; undefined wherever it is no JSON. */
export class JsonScanner {
  readonly #space = /[ \t\r\n]*/y;
  readonly #string = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
  readonly #scalar = /[^\s,:[\]{}"]+/y;
  readonly #structure = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g;
  readonly #text: string;
  /** Entries of the collections that were walked: a list of many objects is not walked anew for each of them. */
  readonly #children = new Map<number, ReadonlyMap<string, Place>>();

  constructor(text: string) {
    this.#text = text;
  }

  skipSpace(offset: number): number {
    return this.#match(this.#space, offset) ?? offset;
  }

  /** The end of the value that starts at the offset. */
  skipValue(offset: number): number | undefined {
    const first = this.#text[offset];
    if (first === '"') return this.#match(this.#string, offset);
    if (first !== '{' && first !== '[') return this.#match(this.#scalar, offset);
    this.#structure.lastIndex = offset;
    let depth = 0;
    for (let match = this.#structure.exec(this.#text); match !== null; match = this.#structure.exec(this.#text)) {
      const [token] = match;
      if (token === '{' || token === '[') depth++;
      else if (token === '}' || token === ']') depth--;
      if (depth === 0) return this.#structure.lastIndex;
    }
    return undefined;
  }

  /** Where the path leads from the value at the offset: as deep as it can be followed. */
  locate(offset: number, path: readonly FieldStep[]): number {
    let place = { offset, value: offset };
    for (const step of path) {
      const next = this.#child(place.value, step);
      if (next === undefined) return place.offset;
      place = next;
    }
    return place.offset;
  }

  /** Where the entries of a collection begin: items of a list, keys of a map. */
  *#entries(offset: number, open: '{' | '['): Iterable<number> {
    if (this.#text[offset] !== open) return;
    for (let at = this.skipSpace(offset + 1); at < this.#text.length && !this.#isEnd(at);) {
      yield at;
      let end = this.skipValue(at);
      if (open === '{' && end !== undefined) end = this.skipValue(this.skipSpace(this.skipSpace(end) + 1));
      if (end === undefined) return;
      const next = this.skipSpace(end);
      if (this.#text[next] !== ',') return;
      at = this.skipSpace(next + 1);
    }
  }

  #isEnd(offset: number): boolean {
    return this.#text[offset] === '}' || this.#text[offset] === ']';
  }

  #child(offset: number, step: FieldStep): Place | undefined {
    if (this.#text[offset] === '[' && typeof step === 'string') return undefined;
    let children = this.#children.get(offset);
    if (children === undefined) {
      children = new Map(this.#text[offset] === '{' ? this.#memberPlaces(offset) : this.#itemPlaces(offset));
      this.#children.set(offset, children);
    }
    return children.get(String(step));
  }

  *#memberPlaces(map: number): Iterable<readonly [string, Place]> {
    for (const offset of this.#entries(map, '{')) {
      const end = this.#match(this.#string, offset);
      if (end === undefined) return;
      const value = this.skipSpace(this.skipSpace(end) + 1);
      yield [textOf(this.#text.slice(offset, end)), { offset, value }];
    }
  }

  *#itemPlaces(list: number): Iterable<readonly [string, Place]> {
    let index = 0;
    for (const offset of this.#entries(list, '[')) yield [String(index++), { offset, value: offset }];
  }

  #match(pattern: RegExp, offset: number): number | undefined {
    pattern.lastIndex = offset;
    return pattern.test(this.#text) ? pattern.lastIndex : undefined;
  }
}

function textOf(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    // No JSON string: the text as it stands is no key that anybody asks for.
    return quoted;
  }
}
