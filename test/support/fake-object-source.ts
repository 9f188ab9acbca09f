import type { JsonObject } from '../../src/algebra/json-object.ts';
import { ListProblem, type ObjectSource, type OtherResource, type Page } from '../../src/audit/ports.ts';
import { kindOf, kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import type { Manifest } from './minimal-objects.ts';

/** How a list of one kind breaks. */
export interface ListFault {
  readonly problem: ListProblem;
  /** Pages that can be had before. */
  readonly afterPages: number;
  /** Objects of the next page that can be had. */
  readonly afterObjects?: number;
}

/** What a test has stored, and how it is listed. */
export interface FakeSourceOptions {
  readonly objects: readonly Manifest[];
  readonly pageSize?: number;
  readonly faults?: Readonly<Partial<Record<Kind, ListFault>>>;
  /** Kinds that are listed by name alone, and not as an API server sorts them. */
  readonly unsorted?: readonly Kind[];
  readonly others?: Readonly<Partial<Record<OtherResource['resource'], readonly JsonObject[] | ListProblem>>>;
  /** Whether Pods with equal specs are given the very same one, as replicas are. */
  readonly sharesSpecs?: boolean;
  /** Called before each page of a list of everything, with its number from 0. */
  readonly onPage?: (kind: Kind, page: number) => void;
}

/** A source of objects in memory, which hands out copies as an API server does. */
export class FakeObjectSource implements ObjectSource {
  readonly name = 'https://fake';
  /** Kinds and namespaces that were listed. */
  readonly lists: string[] = [];
  objects: readonly Manifest[];
  readonly #options: FakeSourceOptions;
  readonly #specs = new Map<string, unknown>();

  constructor(options: FakeSourceOptions) {
    this.objects = options.objects;
    this.#options = options;
  }

  async *list(kind: Kind, signal: AbortSignal, namespace?: string): AsyncIterable<Page> {
    this.lists.push(namespace === undefined ? kind : `${kind} in ${namespace}`);
    const fault = this.#options.faults?.[kind];
    for (const [number, page] of this.#pages(kind, namespace).entries()) {
      if (namespace === undefined) this.#options.onPage?.(kind, number);
      await Promise.resolve();
      signal.throwIfAborted();
      if (fault !== undefined && number >= fault.afterPages) {
        if (fault.afterObjects !== undefined) yield broken(page.slice(0, fault.afterObjects), fault.problem);
        break;
      }
      yield page.map((object) => this.#shared(kind, structuredClone(object)));
    }
    // One that breaks breaks, however few pages there are.
    if (fault !== undefined) throw fault.problem;
  }

  #shared(kind: Kind, object: Manifest): Manifest {
    if (kind !== 'Pod' || this.#options.sharesSpecs !== true) return object;
    const text = JSON.stringify(object['spec']);
    if (!this.#specs.has(text)) this.#specs.set(text, object['spec']);
    return { ...object, spec: this.#specs.get(text) };
  }

  #pages(kind: Kind, namespace: string | undefined): readonly (readonly Manifest[])[] {
    const { pageSize = 500 } = this.#options;
    const found = this.stored(kind, namespace);
    const count = Math.max(1, Math.ceil(found.length / pageSize));
    return Array.from({ length: count }, (_, page) => found.slice(page * pageSize, (page + 1) * pageSize));
  }

  async *listOther({ resource }: OtherResource): AsyncIterable<Page> {
    await Promise.resolve();
    const found = this.#options.others?.[resource] ?? [];
    if (found instanceof ListProblem) throw found;
    yield found;
  }

  /** What is stored of a kind, in the order of its list. */
  stored(kind: Kind, namespace?: string): readonly Manifest[] {
    const ofKind = this.objects.filter((object) => kindOfObject(object) === kind);
    const wanted = ofKind.filter((object) => namespace === undefined || placeOf(kind, object) === namespace);
    const isUnsorted = this.#options.unsorted?.includes(kind) === true;
    const sortKey = (object: Manifest): Buffer => Buffer.from(isUnsorted ? nameOf(object) : keyOf(kind, object));
    return wanted.sort((a, b) => Buffer.compare(sortKey(a), sortKey(b)));
  }
}

/** A page of which no more can be had. */
function* broken(objects: readonly Manifest[], problem: ListProblem): Page {
  for (const object of objects) yield structuredClone(object);
  throw problem;
}

/** The kind of a manifest. */
export function kindOfObject({ apiVersion, kind }: Manifest): Kind | undefined {
  const [group, version] = String(apiVersion).split('/');
  return kindOf(version === undefined ? '' : group!, String(kind));
}

/** What a list of one namespace holds: of Namespaces, itself. */
function placeOf(kind: Kind, object: Manifest): unknown {
  const { name, namespace } = object['metadata'] as Manifest;
  return kind === 'Namespace' ? name : namespace;
}

function nameOf(object: Manifest): string {
  return String((object['metadata'] as Manifest)['name']);
}

/** The end of the key that etcd has it under. */
function keyOf(kind: Kind, object: Manifest): string {
  const { name, namespace } = object['metadata'] as Manifest;
  return kinds[kind].namespaced ? `${String(namespace)}/${String(name)}` : String(name);
}
