import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import type { ManifestDocument, ManifestFault } from './manifest-document.ts';
import type { ParsedDocument } from './parsed-source.ts';
import type { SourceText } from './source-text.ts';

export interface ExpandedDocuments {
  readonly documents: ManifestDocument[];
  readonly faults: ManifestFault[];
}

/** What a value is, and where: the path from the document down to it. */
interface Entry {
  readonly value: unknown;
  readonly path: string;
  /** What the items of the list around it are, if they do not say. */
  readonly inherited: { readonly apiVersion: string; readonly kind: string } | undefined;
}

/**
 * Takes the objects out of a document: itself, or the items of a list, which may be lists again. As kubectl does, an item
 * that has neither kind nor apiVersion gets them from its list: PodList v1 holds Pods.
 */
export function expandList(source: SourceText, parsed: ParsedDocument): ExpandedDocuments {
  const documents: ManifestDocument[] = [];
  const faults: ManifestFault[] = [];
  const waiting: Entry[] = [{ value: parsed.value, path: '', inherited: undefined }];
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const { path } = entry;
    const object = identified(entry);
    if (typeof object === 'string') {
      faults.push(source.faultAt(parsed.locate(path), object));
      continue;
    }
    const items = ownMember(object, 'items');
    if (Array.isArray(items)) waiting.push(...itemsOf(object, items, path).toReversed());
    if (!isList(object, items)) documents.push(documentAt(source, parsed, object, path));
  }
  return { documents, faults };
}

/**
 * kubectl takes whatever has `items` for a list. Where the kind does not say so the object is judged as well, so that
 * `items` in a Pod hide neither the Pod nor the items.
 */
function isList(object: JsonObject, items: unknown): boolean {
  return Array.isArray(items) && String(object['kind']).endsWith('List');
}

function itemsOf(list: JsonObject, items: readonly unknown[], path: string): readonly Entry[] {
  const kind = String(list['kind']).replace(/List$/, '');
  const inherited = kind === '' ? undefined : { apiVersion: String(list['apiVersion']), kind };
  const prefix = path === '' ? 'items' : `${path}.items`;
  return items.map((value: unknown, index) => ({ value, path: `${prefix}[${index}]`, inherited }));
}

/** The object with its kind and apiVersion, or what is wrong with it. */
function identified({ value, inherited }: Entry): JsonObject | string {
  if (!isJsonObject(value)) return 'is not a Kubernetes object: it must be a map with apiVersion, kind and metadata';
  const kind = ownMember(value, 'kind') ?? '';
  const apiVersion = ownMember(value, 'apiVersion') ?? '';
  if (kind === '' && apiVersion === '' && inherited !== undefined) return { ...value, ...inherited };
  const missing = Object.entries({ apiVersion, kind }).flatMap(([name, text]) => (isText(text) ? [] : [name]));
  if (missing.length === 0) return value;
  return `is not a Kubernetes object: ${missing.join(' and ')} must be given as text`;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function documentAt(source: SourceText, parsed: ParsedDocument, value: JsonObject, path: string): ManifestDocument {
  return {
    file: source.file,
    value,
    positionOf(field) {
      const isIndexed = field === '' || field.startsWith('[');
      return source.positionAt(parsed.locate(isIndexed || path === '' ? `${path}${field}` : `${path}.${field}`));
    },
  };
}
