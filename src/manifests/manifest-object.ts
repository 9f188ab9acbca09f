import type { Parsed } from '../algebra/fault.ts';
import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { groupOf, kindOf, kinds, type JudgedObject, type Kind } from '../policy/objects/kinds.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { ManifestDocument } from './manifest-document.ts';

/** Names an object as reports do. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Null for a cluster-scoped object. */
  readonly namespace: string | null;
  /** The name, or the generateName prefix. */
  readonly name: string;
}

/** One object of the manifests, read as far as rules are concerned. */
export interface ManifestObject {
  readonly document: ManifestDocument;
  readonly reference: ObjectReference;
  /** Undefined where no rule knows the kind. */
  readonly judged: JudgedManifest | undefined;
}

export interface JudgedManifest {
  readonly kind: Kind;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  /** The object in the shape that rules read, or what is wrong with it. */
  readonly parsed: Parsed<JudgedObject>;
}

/** Reads a document as an object of the cluster. One without a namespace is in `defaultNamespace`, as in kubectl. */
export function readManifestObject(
  document: ManifestDocument,
  defaultNamespace: string,
  readObject: ObjectReader,
): ManifestObject {
  const { value } = document;
  const apiVersion = textIn(value, 'apiVersion');
  const kindName = textIn(value, 'kind');
  const metadata = ownMember(value, 'metadata');
  const own = isJsonObject(metadata) ? metadata : {};
  const name = textIn(own, 'name') || textIn(own, 'generateName');
  const kind = kindOf(groupOf(apiVersion), kindName);
  if (kind === undefined) {
    const namespace = textIn(own, 'namespace') || null;
    return { document, reference: { apiVersion, kind: kindName, namespace, name }, judged: undefined };
  }
  const namespace = kinds[kind].namespaced ? textIn(own, 'namespace') || defaultNamespace : undefined;
  return {
    document,
    reference: { apiVersion, kind: kindName, namespace: namespace ?? null, name },
    judged: { kind, namespace, parsed: readObject(kind, value) },
  };
}

function textIn(object: JsonObject, name: string): string {
  const value = ownMember(object, name);
  return typeof value === 'string' ? value : '';
}
