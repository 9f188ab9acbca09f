import { isJsonObject, type JsonObject } from '../algebra/json-object.ts';
import { isKey, parseObjects } from './object-text.ts';
import { free } from './own-memory.ts';

/** Parses one object of a list. Throws for what is no JSON. */
export type ParseItem = (json: Buffer) => unknown;

const itemsKey = '"items":[';
const listStart = Buffer.from(`${itemsKey}{"metadata":{`);
/** With white space after it: Go's encoder ends in a line break. */
const listEnd = /^\]\}[ \t\r\n]*$/;
const between = Buffer.from('},{"metadata":{');

/**
 * The objects of a list, each parsed when it is asked for: what is made of a page is ten times as large as its text, and of
 * most pages one object is in work while the others wait.
 */
export class ListItems {
  readonly #json: Buffer;
  /** Where each object begins. */
  readonly #begins: readonly number[];
  readonly #end: number;
  readonly #parse: ParseItem;
  /** From there on, all is parsed. */
  #restFrom: number;
  #rest: readonly unknown[] = [];
  #isReleased = false;

  constructor(json: Buffer, begins: readonly number[], end: number, parse: ParseItem) {
    this.#json = json;
    this.#begins = begins;
    this.#end = end;
    this.#parse = parse;
    this.#restFrom = begins.length;
  }

  /** Of objects that are parsed. */
  static of(items: readonly unknown[]): ListItems {
    const list = new ListItems(Buffer.alloc(0), [], 0, parseObjects);
    list.#rest = items;
    return list;
  }

  get length(): number {
    return this.#restFrom + this.#rest.length;
  }

  /** Throws a SyntaxError where the list goes on as what is no JSON. */
  at(index: number): unknown {
    if (this.#isReleased) throw new Error('The text of these objects is released.');
    if (index < this.#restFrom) {
      const item = this.#parsed(index);
      if (item !== undefined) return item;
      // Those before it were JSON, so they are what is there.
      const text = this.#json.toString('utf8', this.#begins[index], this.#end);
      this.#rest = JSON.parse(`[${text}]`) as readonly unknown[];
      this.#restFrom = index;
    }
    return this.#rest[index - this.#restFrom];
  }

  /**
   * Frees the text: whoever has taken all objects calls it. Many a page is old by then to the collector of garbage, which
   * would look for old garbage again and again. None can be asked for afterwards.
   */
  release(): void {
    this.#isReleased = true;
    free(this.#json);
  }

  /** Undefined where what looks like the end of an object is none: up to there it is not JSON. */
  #parsed(index: number): unknown {
    const next = this.#begins[index + 1];
    // Before the next one stands a comma.
    const end = next === undefined ? this.#end : next - 1;
    try {
      return this.#parse(this.#json.subarray(this.#begins[index], end));
    } catch {
      return undefined;
    }
  }
}

/**
 * A list with {@link ListItems}, where it is written as the API server writes those of the kinds that it knows; parsed whole
 * otherwise. Throws for what is no JSON.
 */
export function parseList(json: Buffer, parse: ParseItem): unknown {
  return lazyList(json, parse) ?? parseObjects(json);
}

function lazyList(json: Buffer, parse: ParseItem): JsonObject | undefined {
  const start = json.indexOf(listStart);
  if (start === -1 || !isKey(json, start)) return undefined;
  const first = start + itemsKey.length;
  const end = json.lastIndexOf(']');
  if (!listEnd.test(json.toString('latin1', end))) return undefined;
  const head = headOf(json.toString('utf8', 0, first));
  if (head === undefined) return undefined;
  const begins = [first];
  for (let at = json.indexOf(between, first); at !== -1; at = json.indexOf(between, at + between.length))
    begins.push(at + '},'.length);
  return { ...head, items: new ListItems(json, begins, end, parse) };
}

/** What stands before the items. */
function headOf(text: string): JsonObject | undefined {
  try {
    const head = JSON.parse(`${text}]}`) as unknown;
    return isJsonObject(head) ? head : undefined;
  } catch {
    return undefined;
  }
}
