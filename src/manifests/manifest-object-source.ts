import type { JsonObject } from '../algebra/json-object.ts';
import type { ObjectSource, OtherResource } from '../audit/ports.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import { readManifestObject, type ManifestObject } from './manifest-object.ts';
import type { Manifests } from './read-manifests.ts';

/** As large as a page of an API server. */
const pageSize = 500;

export interface ManifestSourceOptions {
  readonly manifests: Manifests;
  /** What reports call it: the paths. */
  readonly name: string;
  /** Where objects are that name no namespace, as in kubectl. */
  readonly defaultNamespace: string;
  readonly read: ObjectReader;
}

/** Manifests as a cluster that holds what they declare and nothing else. */
export class ManifestObjectSource implements ObjectSource {
  readonly name: string;
  readonly gaps: readonly string[];
  readonly #byKind: ReadonlyMap<Kind | undefined, readonly PlacedObject[]>;
  readonly #others: readonly ManifestObject[];

  constructor({ manifests, name, defaultNamespace, read }: ManifestSourceOptions) {
    this.name = name;
    this.gaps = manifests.faults.map(({ file, line, message }) => `${file}:${line}: ${message}`);
    const objects = manifests.documents.map((document) => readManifestObject(document, defaultNamespace, read));
    this.#others = objects.filter(({ judged }) => judged === undefined);
    const placed = objects.map(placedObjectOf).sort((a, b) => compareBytes(a.key, b.key));
    this.#byKind = Map.groupBy(placed, ({ kind }) => kind);
  }

  async *list(kind: Kind, signal: AbortSignal, namespace?: string): AsyncIterable<readonly JsonObject[]> {
    const found = (this.#byKind.get(kind) ?? []).filter((one) => namespace === undefined || one.place === namespace);
    for (let start = 0; start < found.length; start += pageSize) {
      signal.throwIfAborted();
      yield await Promise.resolve(found.slice(start, start + pageSize).map(({ value }) => value));
    }
  }

  async *listOther({ apiVersion, resource, only }: OtherResource): AsyncIterable<readonly JsonObject[]> {
    const kind = resource === 'nodes' ? 'Node' : 'ConfigMap';
    const found = this.#others.filter(({ reference }) => {
      if (reference.apiVersion !== apiVersion || reference.kind !== kind) return false;
      return only === undefined || (reference.namespace === only.namespace && reference.name === only.name);
    });
    yield await Promise.resolve(found.map(({ document }) => document.value));
  }
}

/** An object with its place among the keys of an API server. */
interface PlacedObject {
  readonly kind: Kind | undefined;
  /** The namespace that it is in; of a Namespace, itself. */
  readonly place: string;
  readonly key: string;
  readonly value: JsonObject;
}

function placedObjectOf({ document: { value }, reference, judged }: ManifestObject): PlacedObject {
  const { name } = reference;
  const kind = judged?.kind;
  if (kind === undefined || !kinds[kind].namespaced) return { kind, place: name, key: name, value };
  const namespace = reference.namespace ?? '';
  // One that names no namespace is put where kubectl would put it.
  const metadata = { ...(value['metadata'] as JsonObject | undefined), namespace };
  return { kind, place: namespace, key: `${namespace}/${name}`, value: { ...value, metadata } };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
