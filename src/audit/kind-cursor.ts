import type { JsonObject } from '../algebra/json-object.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import type { Listing } from './audit-report.ts';
import { namespaceKey } from './key-order.ts';
import { ListProblem, type ObjectSource, type Page } from './ports.ts';
import { resourceNameOf } from './resource-name.ts';
import { storedObjectOf, type StoredObject } from './stored-object.ts';

/** One kind on its way through a scan: a page is held, the rest is yet to be read. */
export class KindCursor {
  readonly kind: Kind;
  judged = 0;
  readonly #signal: AbortSignal;
  readonly #pages: AsyncIterator<Page>;
  #page: Iterator<JsonObject, unknown> = noObjects();
  #objects = 0;
  #head: StoredObject | undefined;
  #isAtEnd = false;
  #problem: ListProblem | undefined;

  constructor(source: ObjectSource, kind: Kind, signal: AbortSignal, namespace?: string) {
    this.kind = kind;
    this.#signal = signal;
    this.#pages = source.list(kind, signal, namespace)[Symbol.asyncIterator]();
  }

  /** The next object, once {@link ready} has resolved; undefined at the end. */
  get head(): StoredObject | undefined {
    return this.#head;
  }

  /** The key of its namespace. */
  get headKey(): string | undefined {
    return this.#head === undefined ? undefined : namespaceKey(this.#head.namespace ?? '');
  }

  get objects(): number {
    return this.#objects;
  }

  /** Why the rest could not be read, if that is so. What is absent has no rest. */
  get problem(): ListProblem | undefined {
    return this.#problem?.state === 'absent' ? undefined : this.#problem;
  }

  /** Makes the next object the head. Undefined, and not a promise, where it is at hand. */
  ready(): Promise<void> | undefined {
    if (this.#head !== undefined || this.#isAtEnd || this.#takeNext()) return undefined;
    return this.#readPage();
  }

  /** Gives the head away, and what it held with it. */
  take(): StoredObject {
    const taken = this.#head;
    if (taken === undefined) throw new Error('There is no object to take.');
    this.#head = undefined;
    this.#takeNext();
    return taken;
  }

  /** Reads no more: what has been read but not taken is dropped, and counts as not known. */
  async stop(): Promise<void> {
    if (!this.#isAtEnd) this.#end(cutShort());
    await this.#pages.return?.();
  }

  listing(): Listing {
    const { judged } = this;
    return {
      resource: resourceNameOf(this.kind),
      state: this.#problem?.state ?? 'read',
      objects: this.#objects,
      judged,
    };
  }

  /** Makes the next object of the page the head, if it has one more. */
  #takeNext(): boolean {
    const next = this.#nextInPage();
    if (next === undefined) return false;
    this.#objects += 1;
    this.#head = storedObjectOf(this.kind, next);
    return true;
  }

  #nextInPage(): JsonObject | undefined {
    try {
      const next = this.#page.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #readPage(): Promise<void> {
    try {
      while (this.#head === undefined && !this.#isAtEnd) {
        const next = await this.#pages.next();
        this.#page = next.done === true ? noObjects() : next.value[Symbol.iterator]();
        if (next.done === true) this.#isAtEnd = true;
        else this.#takeNext();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ListProblem) && !this.#signal.aborted) throw error;
    this.#end(error instanceof ListProblem ? error : cutShort());
  }

  #end(problem: ListProblem): void {
    this.#isAtEnd = true;
    this.#problem = problem;
    this.#page = noObjects();
    this.#head = undefined;
  }
}

function cutShort(): ListProblem {
  return new ListProblem('failed', 'the scan ended before all of it was read');
}

function noObjects(): Iterator<JsonObject, unknown> {
  return [][Symbol.iterator]();
}
