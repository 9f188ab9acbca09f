import { compareText } from '../algebra/compare-text.ts';
import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import type { Listing } from './audit-report.ts';
import { KindCursor } from './kind-cursor.ts';
import { namespaceKey } from './key-order.ts';
import type { ListProblem, ObjectSource } from './ports.ts';
import { storedObjectOf, type StoredObject } from './stored-object.ts';

/**
 * All Namespaces: there are few of them beside all else, and whose the rest is depends on them. They are kept as text, which
 * is small; and if objects were kept, V8 would learn that what becomes of lists is kept, and would put all that comes
 * later where it seldom collects garbage (allocation site pretenuring).
 */
export class NamespaceTable {
  readonly #facts = new Map<string, NamespaceFact | 'missing'>();
  readonly #kept = new Map<string, string | JsonObject>();
  readonly #cursor: KindCursor;
  #isComplete = false;
  #all: readonly NamespaceFact[] | undefined;

  constructor(source: ObjectSource, signal: AbortSignal) {
    this.#cursor = new KindCursor(source, 'Namespace', signal);
  }

  /** Reads them, as many as can be had. */
  async read(): Promise<void> {
    for (;;) {
      await this.#cursor.ready();
      if (this.#cursor.head === undefined) break;
      const { name, value } = this.#cursor.take();
      this.#add(name, value);
    }
    this.#isComplete = this.#cursor.problem === undefined;
  }

  /** Reads no more. */
  async stop(): Promise<void> {
    await this.#cursor.stop();
  }

  get(name: string): NamespaceFact | 'missing' | undefined {
    return this.#facts.get(name);
  }

  /** Every namespace that there is, or undefined where some may be missing. */
  all(): readonly NamespaceFact[] | undefined {
    if (!this.#isComplete) return undefined;
    this.#all ??= [...this.#facts.values()].filter((fact) => fact !== 'missing');
    return this.#all;
  }

  /** Those that were listed, as the API server sorts what is in them. */
  names(): readonly string[] {
    return [...this.#kept.keys()].sort((a, b) => compareText(namespaceKey(a), namespaceKey(b)));
  }

  get size(): number {
    return this.#kept.size;
  }

  object(name: string): StoredObject | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    return storedObjectOf('Namespace', typeof kept === 'string' ? (JSON.parse(kept) as JsonObject) : kept);
  }

  get problem(): ListProblem | undefined {
    return this.#cursor.problem;
  }

  listing(judged: number): Listing {
    return { ...this.#cursor.listing(), judged };
  }

  /** Whether a question for this one alone may tell more. Who may not list namespaces may not read one either. */
  mayLearn(name: string): boolean {
    return !this.#facts.has(name) && name !== '' && this.problem?.state !== 'forbidden';
  }

  /** Takes in what a question for this one alone has told: one that was made since, or that there is none. */
  learn(name: string, value: JsonObject | undefined): void {
    this.#all = undefined;
    if (value === undefined) this.#facts.set(name, 'missing');
    else this.#add(storedObjectOf('Namespace', value).name, value);
  }

  #add(name: string, value: JsonObject): void {
    this.#kept.set(name, textOf(value));
    this.#facts.set(name, { name, labels: labelsIn(value) });
  }
}

/** As text, unless it is nested more deeply than can be written. */
function textOf(value: JsonObject): string | JsonObject {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return value;
    throw error;
  }
}

function labelsIn(value: JsonObject): Readonly<Record<string, string>> {
  const metadata = ownMember(value, 'metadata');
  const labels = isJsonObject(metadata) ? ownMember(metadata, 'labels') : undefined;
  const entries = Object.entries(isJsonObject(labels) ? labels : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
