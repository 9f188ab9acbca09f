import type { JsonObject } from '../algebra/json-object.ts';
import type { FactRequest, Facts, PodFact, PodTemplateFact } from '../policy/facts.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { kindsOfFact, NamespaceFacts, type ContentFact } from './namespace-facts.ts';
import type { NamespaceTable } from './namespace-table.ts';
import { ListProblem, type ObjectSource, type Page } from './ports.ts';

export interface ScanFactsInput {
  readonly table: NamespaceTable;
  readonly source: ObjectSource;
  readonly read: ObjectReader;
  readonly today: string;
  readonly signal: AbortSignal;
}

/** The facts of a scan: those of the namespace in work are made from what is read anyway, others are read when asked for. */
export class ScanFacts implements Facts {
  readonly today: string;
  readonly #input: ScanFactsInput;
  #current: { readonly name: string; readonly facts: NamespaceFacts } | undefined;
  /** Of other namespaces, by the namespace in whose work they were asked for. */
  readonly #others = new Map<string, NamespaceFacts>();
  readonly #tried = new Set<string>();

  constructor(input: ScanFactsInput) {
    this.#input = input;
    this.today = input.today;
  }

  /** Begins a namespace: what was read for another is forgotten. */
  begin(name: string, facts: NamespaceFacts): void {
    this.#current = { name, facts };
    this.#others.clear();
    this.#tried.clear();
  }

  /** Begins what is in no namespace in work: all facts are read when they are asked for. */
  beginElsewhere(): void {
    this.#current = undefined;
    this.#others.clear();
    this.#tried.clear();
  }

  namespace(name: string): NamespaceFact | 'missing' | undefined {
    return this.#input.table.get(name);
  }

  namespaces(): readonly NamespaceFact[] | undefined {
    return this.#input.table.all();
  }

  networkPoliciesOf(namespace: string): readonly NetworkPolicy[] | undefined {
    return this.#of(namespace)?.networkPolicies;
  }

  podsOf(namespace: string): readonly PodFact[] | undefined {
    return this.#of(namespace)?.pods;
  }

  podTemplatesOf(namespace: string): readonly PodTemplateFact[] | undefined {
    return this.#of(namespace)?.podTemplates;
  }

  resourceQuotasOf(namespace: string): readonly ResourceQuota[] | undefined {
    return this.#of(namespace)?.resourceQuotas;
  }

  limitRangesOf(namespace: string): readonly LimitRange[] | undefined {
    return this.#of(namespace)?.limitRanges;
  }

  /** Whether the answer will be, or may be, another one: after the rest of the namespace is read, or by {@link fetch}. */
  mayLearn({ fact, namespace }: FactRequest): boolean {
    if (this.#tried.has(keyOf({ fact, namespace }))) return false;
    if (fact === 'namespace') return this.#input.table.mayLearn(namespace);
    return this.#current?.name !== namespace || this.#current.facts.isPending(fact);
  }

  /** Reads a fact that the scan has not come by. What cannot be read stays unknown. */
  async fetch(request: FactRequest): Promise<void> {
    if (!this.mayLearn(request)) return;
    this.#tried.add(keyOf(request));
    if (request.fact === 'namespace') return this.#fetchNamespace(request.namespace);
    if (this.#current?.name === request.namespace) return;
    const facts = this.#others.get(request.namespace) ?? new NamespaceFacts();
    this.#others.set(request.namespace, facts);
    await this.#fetchContent(request.fact, request.namespace, facts);
  }

  async #fetchNamespace(name: string): Promise<void> {
    const { source, table, signal } = this.#input;
    try {
      table.learn(name, await firstOf(source.list('Namespace', signal, name)));
    } catch (error) {
      if (!(error instanceof ListProblem) && !signal.aborted) throw error;
    }
  }

  async #fetchContent(fact: ContentFact, namespace: string, facts: NamespaceFacts): Promise<void> {
    for (const kind of kindsOfFact[fact]) {
      try {
        await this.#fetchKind(kind, namespace, facts);
        facts.complete(kind);
      } catch (error) {
        if (error instanceof ListProblem && error.state === 'absent') facts.complete(kind);
        else if (error instanceof ListProblem || this.#input.signal.aborted) facts.forget(kind);
        else throw error;
      }
    }
  }

  async #fetchKind(kind: Kind, namespace: string, facts: NamespaceFacts): Promise<void> {
    const { source, read, signal } = this.#input;
    for await (const page of source.list(kind, signal, namespace)) {
      for (const value of page) {
        const object = read(kind, value);
        if (object.ok) facts.add(kind, object.value);
        else facts.forget(kind);
      }
    }
  }

  #of(namespace: string): NamespaceFacts | undefined {
    return this.#current?.name === namespace ? this.#current.facts : this.#others.get(namespace);
  }
}

async function firstOf(pages: AsyncIterable<Page>): Promise<JsonObject | undefined> {
  for await (const [first] of pages) if (first !== undefined) return first;
  return undefined;
}

function keyOf({ fact, namespace }: FactRequest): string {
  return `${fact}/${namespace}`;
}
