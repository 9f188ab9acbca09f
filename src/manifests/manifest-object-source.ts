import { quote } from '../algebra/fault.ts';
import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { compareText, namespaceKey } from '../audit/key-order.ts';
import type { ObjectSource, OtherResource } from '../audit/ports.ts';
import { kindOf, kinds, type Kind } from '../policy/objects/kinds.ts';
import { namespaceNameLabel } from '../tenancy/tenancy.ts';
import type { ManifestDocument, ManifestFault } from './manifest-document.ts';
import { groupOf, textIn } from './manifest-object.ts';

/** One object of a kind that rules know. */
interface SortedObject {
  /** As the API server sorts its keys. */
  readonly key: string;
  /** The namespace that it is in; of a Namespace, itself. */
  readonly place: string;
  readonly value: JsonObject;
}

const other = { nodes: 'Node', configmaps: 'ConfigMap' } as const satisfies Record<OtherResource['resource'], string>;

/** Manifests as if an API server had stored them: for an audit of what was written to files. */
export class ManifestObjectSource implements ObjectSource {
  readonly name: string;
  /** Namespaces that are declared more than once: which of them holds is not known. */
  readonly faults: readonly ManifestFault[];
  readonly #objects = new Map<Kind, SortedObject[]>();
  readonly #documents: readonly ManifestDocument[];

  /** `paths`: where the documents come from. `defaultNamespace`: of objects that name none. */
  constructor(paths: readonly string[], documents: readonly ManifestDocument[], defaultNamespace: string) {
    this.name = paths.join(', ');
    this.#documents = documents;
    const faults: ManifestFault[] = [];
    for (const document of documents) {
      const kind = kindOfDocument(document);
      if (kind === undefined) continue;
      const object = sortedObjectOf(kind, document.value, defaultNamespace);
      const list = this.#objects.get(kind) ?? [];
      if (kind === 'Namespace' && list.some(({ place }) => place === object.place))
        faults.push(twice(document, object));
      this.#objects.set(kind, list);
      list.push(object);
    }
    for (const list of this.#objects.values()) list.sort((a, b) => compareText(a.key, b.key));
    this.faults = faults;
  }

  async *list(kind: Kind, signal: AbortSignal, namespace?: string): AsyncIterable<readonly JsonObject[]> {
    await Promise.resolve();
    signal.throwIfAborted();
    const objects = this.#objects.get(kind) ?? [];
    yield objects.filter(({ place }) => namespace === undefined || place === namespace).map(({ value }) => value);
  }

  async *listOther({ apiVersion, resource, only }: OtherResource): AsyncIterable<readonly JsonObject[]> {
    await Promise.resolve();
    yield this.#documents
      .map(({ value }) => value)
      .filter((value) => value['apiVersion'] === apiVersion && value['kind'] === other[resource])
      .filter((value) => only === undefined || isNamed(metadataOf(value), only));
  }
}

function kindOfDocument({ value }: ManifestDocument): Kind | undefined {
  return kindOf(groupOf(textIn(value, 'apiVersion')), textIn(value, 'kind'));
}

function sortedObjectOf(kind: Kind, value: JsonObject, defaultNamespace: string): SortedObject {
  const metadata = metadataOf(value);
  const name = textIn(metadata, 'name') || textIn(metadata, 'generateName');
  if (kinds[kind].namespaced) {
    const namespace = textIn(metadata, 'namespace') || defaultNamespace;
    const placed = { ...value, metadata: { ...metadata, namespace } };
    return { key: namespaceKey(namespace) + name, place: namespace, value: placed };
  }
  return { key: name, place: name, value: kind === 'Namespace' ? named(value, metadata, name) : value };
}

/** The API server puts the name on every namespace as a label, whatever the manifest says (KEP-2161). */
function named(value: JsonObject, metadata: JsonObject, name: string): JsonObject {
  const labels = ownMember(metadata, 'labels') ?? {};
  // What is no map is for the reader to refuse.
  if (!isJsonObject(labels)) return value;
  return { ...value, metadata: { ...metadata, labels: { ...labels, [namespaceNameLabel]: name } } };
}

function twice(document: ManifestDocument, { place }: SortedObject): ManifestFault {
  return {
    file: document.file,
    ...document.positionOf('metadata.name'),
    message: `Namespace ${quote(place)} is declared a second time; keep one of the two`,
  };
}

function isNamed(metadata: JsonObject, { namespace, name }: NonNullable<OtherResource['only']>): boolean {
  return textIn(metadata, 'namespace') === namespace && textIn(metadata, 'name') === name;
}

function metadataOf(value: JsonObject): JsonObject {
  const metadata = ownMember(value, 'metadata');
  return isJsonObject(metadata) ? metadata : {};
}
