import { compareText } from '../algebra/compare-text.ts';
import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import type { Listing } from './audit-report.ts';
import { KindCursor } from './kind-cursor.ts';
import { namespaceKey } from './key-order.ts';
import type { ListProblem, ObjectSource } from './ports.ts';
import { storedObjectOf, type StoredObject } from './stored-object.ts';

/** All Namespaces: there are few of them beside all else, and whose the rest is depends on them. */
export class NamespaceTable {
  readonly #facts = new Map<string, NamespaceFact | 'missing'>();
  readonly #objects = new Map<string, StoredObject>();
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
      this.#add(this.#cursor.take());
    }
    this.#isComplete = this.#cursor.problem === undefined;
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
    return [...this.#objects.keys()].sort((a, b) => compareText(namespaceKey(a), namespaceKey(b)));
  }

  get size(): number {
    return this.#objects.size;
  }

  object(name: string): StoredObject | undefined {
    return this.#objects.get(name);
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
    else this.#add(storedObjectOf('Namespace', value));
  }

  #add(stored: StoredObject): void {
    this.#objects.set(stored.name, stored);
    this.#facts.set(stored.name, { name: stored.name, labels: labelsIn(stored.value) });
  }
}

function labelsIn(value: JsonObject): Readonly<Record<string, string>> {
  const metadata = ownMember(value, 'metadata');
  const labels = isJsonObject(metadata) ? ownMember(metadata, 'labels') : undefined;
  const entries = Object.entries(isJsonObject(labels) ? labels : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
