import { isJsonObject, type JsonObject } from '../algebra/json-object.ts';
import { ListProblem, type Page } from '../audit/ports.ts';
import { ListItems, parseList, type ParseItem } from './list-items.ts';
import { itemsOf, property } from './namespace-fact.ts';
import type { PatientReader, Question, ReadAnswer } from './patient-reader.ts';
import { AnswerTooLargeError } from './raw-client.ts';

/** As kubectl asks for. */
const largestLimit = 500;

/** How large an object is taken to be before any is known. */
const usualObjectBytes = 4096;

/** A list that begins anew again and again never ends. */
const mostRestarts = 5;

/** One list that is read page by page. */
export interface PageWalk {
  readonly reader: PatientReader;
  readonly path: string;
  /** As in RBAC: `pods`. */
  readonly resource: string;
  readonly query: Readonly<Record<string, string>>;
  /** The list is asked for in pages of about so many bytes. */
  readonly pageBytes: number;
  readonly signal: AbortSignal;
  readonly parseItem: ParseItem;
  /** What is made of an object before it is given. */
  readonly complete: (item: JsonObject) => JsonObject;
  /** Tells apart a path that is gone from one that was never there. */
  readonly isServed: () => Promise<boolean>;
}

/**
 * The pages of a list. Each is asked for when the one before is given, and decoded when it is wanted. Rejects with
 * {@link ListProblem}.
 */
export async function* walkPages(walk: PageWalk): AsyncIterable<Page> {
  const over = new AbortController();
  const steps = new PageSteps({ ...walk, signal: AbortSignal.any([walk.signal, over.signal]) });
  try {
    while (!steps.isAtEnd) {
      const page = await steps.next();
      if (page !== undefined) yield page;
    }
  } finally {
    over.abort();
  }
}

class PageSteps {
  isAtEnd = false;
  readonly #walk: PageWalk;
  #limit: number;
  #token = '';
  #restarts = 0;
  #lastKey = '';
  #isSorted = true;
  #seenKey: string | undefined;
  #page: WalkedPage | undefined;
  #asked: Question | undefined;

  constructor(walk: PageWalk) {
    this.#walk = walk;
    this.#limit = limitFor(walk.pageBytes, usualObjectBytes);
  }

  /** The next page; undefined where it is empty, or the list has to be asked once more. */
  async next(): Promise<Page | undefined> {
    const answer = await this.#ask();
    if (answer === undefined) return undefined;
    switch (answer.statusCode) {
      case 200:
        return this.#take(answer);
      case 403:
        throw new ListProblem('forbidden', `RBAC refuses it: grant the verb "list" on ${this.#walk.resource}`);
      case 404:
        return this.#notFound();
      case 410:
        this.#resume(answer.value);
        return undefined;
      default:
        // A token that an API server of another version made may be none to this one.
        if (answer.statusCode !== 400 || this.#token === '')
          throw new ListProblem('failed', `the API server answered ${answer.statusCode}`);
        this.#resume(undefined);
        return undefined;
    }
  }

  /** Undefined where the page was too large; the next is smaller. */
  async #ask(): Promise<ReadAnswer | undefined> {
    const { reader, signal, parseItem } = this.#walk;
    const question = this.#asked ?? this.#question();
    this.#asked = undefined;
    try {
      return await reader.read(question, signal, {
        isUsable: isList,
        parse: (json) => parseList(json, parseItem),
      });
    } catch (error) {
      if (!(error instanceof AnswerTooLargeError)) throw error;
      if (this.#limit === 1) throw new ListProblem('failed', 'one of the objects is too large to be read');
      this.#limit = Math.max(1, Math.floor(this.#limit / 2));
      return undefined;
    }
  }

  #question(): Question {
    const { reader, path, query, signal } = this.#walk;
    const next = this.#token === '' ? {} : { continue: this.#token };
    const search = new URLSearchParams({ ...query, limit: String(this.#limit), ...next });
    return reader.ask(`${path}?${search.toString()}`, signal);
  }

  #take({ value, bytes }: ReadAnswer): Page | undefined {
    const items = itemsIn(value);
    const token = property(property(value, 'metadata'), 'continue');
    this.#token = typeof token === 'string' ? token : '';
    this.isAtEnd = this.#token === '';
    this.#adapt(items.length, bytes);
    if (!this.isAtEnd) this.#asked = this.#question();
    this.#page = new WalkedPage(items, {
      seenKey: this.#seenKey,
      note: (key) => {
        this.#note(key);
      },
      complete: this.#walk.complete,
    });
    return items.length === 0 ? undefined : this.#page;
  }

  #adapt(objects: number, bytes: number): void {
    if (objects === 0) return;
    this.#limit = limitFor(this.#walk.pageBytes, bytes / objects);
  }

  #note(key: string): void {
    if (key < this.#lastKey) this.#isSorted = false;
    else this.#lastKey = key;
  }

  /**
   * The token is older than what etcd remembers. The answer may have one that goes on after the last object, with what is
   * stored now; else the list is read from the start, and what was given before is left out.
   */
  #resume(status: unknown): void {
    this.#restarts += 1;
    if (this.#restarts > mostRestarts)
      throw new ListProblem('failed', 'the list went out of date again and again while it was read');
    const token = property(property(status, 'metadata'), 'continue');
    if (typeof token === 'string' && token !== '' && token !== this.#token) {
      this.#token = token;
      return;
    }
    // Whoever was given the page may not have come to its end.
    this.#page?.noteRest();
    if (!this.#isSorted)
      throw new ListProblem('failed', 'the list went out of date while it was read, and is in no order to be read on');
    this.#token = '';
    this.#seenKey = this.#lastKey === '' ? undefined : this.#lastKey;
  }

  async #notFound(): Promise<never> {
    if (await this.#walk.isServed()) throw new ListProblem('failed', 'the API server answered 404');
    throw new ListProblem('absent', 'the API server no longer serves it');
  }
}

/** How many objects of a size make a page. */
function limitFor(pageBytes: number, objectBytes: number): number {
  return Math.min(largestLimit, Math.max(1, Math.floor(pageBytes / objectBytes)));
}

interface PageUse extends Pick<PageWalk, 'complete'> {
  /** After a restart: what stands up to here was given already. */
  readonly seenKey: string | undefined;
  /** Told each key that was not given before, once and in the order of the list. */
  readonly note: (key: string) => void;
}

/** The objects of a page that were not given before. */
class WalkedPage implements Page, Iterator<JsonObject, undefined> {
  readonly #items: ListItems;
  readonly #use: PageUse;
  #next = 0;
  #noted = 0;

  constructor(items: ListItems, use: PageUse) {
    this.#items = items;
    this.#use = use;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<JsonObject, undefined> {
    while (this.#next < this.#items.length) {
      const index = this.#next;
      const item = this.#at(index);
      this.#next += 1;
      if (this.#noteAt(index, item)) return { done: false, value: this.#use.complete(item) };
    }
    this.#items.release();
    return { done: true, value: undefined };
  }

  /** Notes the keys that were not asked for. */
  noteRest(): void {
    for (let index = this.#noted; index < this.#items.length; index += 1) this.#noteAt(index, this.#at(index));
  }

  /** Tells whether it was not given before. */
  #noteAt(index: number, item: JsonObject): boolean {
    const { seenKey, note } = this.#use;
    const isNoted = index < this.#noted;
    if (isNoted && seenKey === undefined) return true;
    const key = keyOf(item);
    const isNew = seenKey === undefined || key > seenKey;
    if (isNoted) return isNew;
    this.#noted = index + 1;
    if (isNew) note(key);
    return isNew;
  }

  #at(index: number): JsonObject {
    const item = this.#parsed(index);
    if (!isJsonObject(item)) throw new ListProblem('failed', 'the list holds something that is no object');
    return item;
  }

  #parsed(index: number): unknown {
    try {
      return this.#items.at(index);
    } catch (error) {
      if (error instanceof SyntaxError) throw new ListProblem('failed', 'the list holds something that is no JSON');
      throw error;
    }
  }
}

function itemsIn(list: unknown): ListItems {
  const items = property(list, 'items');
  return items instanceof ListItems ? items : ListItems.of(itemsOf(list));
}

function isList(value: unknown): boolean {
  try {
    itemsIn(value);
    return true;
  } catch {
    return false;
  }
}

/** The end of the key that the API server sorts it by; names are ASCII. */
function keyOf(item: JsonObject): string {
  const metadata = property(item, 'metadata');
  const [namespace, name] = [property(metadata, 'namespace'), property(metadata, 'name')];
  return typeof namespace === 'string' ? `${namespace}/${String(name)}` : String(name);
}
