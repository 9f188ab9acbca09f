import { isJsonObject, type JsonObject } from '../algebra/json-object.ts';
import { ListProblem, type ObjectSource, type OtherResource, type Page } from '../audit/ports.ts';
import { lastWriteOf } from '../audit/posture/last-write.ts';
import { resourceNameOf } from '../audit/resource-name.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { FollowedCollection } from './change-feed.ts';
import { property } from './namespace-fact.ts';
import { PodParser } from './pod-parser.ts';
import { parseObjects } from './object-text.ts';
import { walkPages } from './page-walk.ts';
import { PatientReader, usualPatience, type Patience } from './patient-reader.ts';
import { AnswerTooLargeError, type RawClient } from './raw-client.ts';
import { rootOf, ServedResources } from './served-resources.ts';

/** Large enough that requests cost little: a scan in pages of a quarter of it takes a fifth longer. */
const usualPageBytes = 1024 * 1024;

/**
 * Most of what is stored is Pods. Of any other kind a page of the whole cluster holds what is in many namespaces, and is held
 * while they are judged, so it is so many times smaller.
 */
const rarerKinds = 4;

export interface PagedObjectSourceOptions {
  readonly client: RawClient;
  /** What reports call it: the URL of the API server. */
  readonly name: string;
  /** How large a page of Pods should be, about, once it is decoded; what is held for longer comes in smaller ones. */
  readonly pageBytes?: number;
  readonly patience?: Partial<Patience>;
}

/**
 * What an API server has stored, page by page. What it serves is asked for once, so a source is made for one scan. Objects
 * come with no more of their `managedFields` than when they were last written.
 */
export class PagedObjectSource implements ObjectSource {
  readonly name: string;
  readonly #reader: PatientReader;
  readonly #pageBytes: number;
  readonly #pods = new PodParser();
  readonly #served: ServedResources;

  constructor({ client, name, pageBytes = usualPageBytes, patience = {} }: PagedObjectSourceOptions) {
    this.name = name;
    this.#pageBytes = pageBytes;
    this.#reader = new PatientReader(client, { ...usualPatience, ...patience });
    this.#served = this.#discovery();
  }

  async *list(kind: Kind, signal: AbortSignal, namespace?: string): AsyncIterable<Page> {
    // A name that no namespace can have needs no question; it must not become part of another path either.
    if (namespace !== undefined && !isNamespaceName(namespace)) return;
    const version = await this.#served.versionOf(kind, signal);
    if (version === undefined) throw new ListProblem('absent', 'the API server serves no such kind');
    yield* walkPages({
      ...pathOf(kind, version, namespace),
      reader: this.#reader,
      resource: kinds[kind].resource,
      pageBytes: isHeldForLong(kind, namespace) ? this.#pageBytes / rarerKinds : this.#pageBytes,
      signal,
      complete: completing({ apiVersion: version, kind: kinds[kind].kind ?? kind }),
      parseItem: kind === 'Pod' ? (json) => this.#pods.parse(json) : parseObjects,
      isServed: async () => (await this.#discovery().versionOf(kind, signal)) !== undefined,
    });
  }

  async *listOther(resource: OtherResource, signal: AbortSignal): AsyncIterable<Page> {
    const { apiVersion, resource: name, only } = resource;
    if (only !== undefined) {
      yield await this.#readOne(`/api/v1/namespaces/${only.namespace}/${name}/${only.name}`, name, signal);
      return;
    }
    const kind = name === 'nodes' ? 'Node' : 'ConfigMap';
    yield* walkPages({
      reader: this.#reader,
      path: `/api/v1/${name}`,
      resource: name,
      query: {},
      pageBytes: this.#pageBytes,
      signal,
      complete: completing({ apiVersion, kind }),
      parseItem: parseObjects,
      isServed: () => Promise.resolve(true),
    });
  }

  /** Where objects of these kinds are, as far as they are served and that can be told. */
  async collections(wanted: readonly Kind[], signal: AbortSignal): Promise<readonly FollowedCollection[]> {
    const found = wanted.map(async (kind) => {
      const version = await this.#served.versionOf(kind, signal).catch((error: unknown) => {
        if (error instanceof ListProblem) return undefined;
        throw error;
      });
      return version === undefined
        ? []
        : [{ path: pathOf(kind, version, undefined).path, resource: resourceNameOf(kind) }];
    });
    return (await Promise.all(found)).flat();
  }

  async #readOne(path: string, resource: string, signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { statusCode, value } = await this.#readWhole(path, signal);
    if (statusCode === 404) return [];
    if (statusCode === 403) throw new ListProblem('forbidden', `RBAC refuses it: grant the verb "get" on ${resource}`);
    if (statusCode === 200 && isJsonObject(value)) return [withLastWrite(value)];
    throw new ListProblem('failed', `the API server answered ${statusCode}`);
  }

  #discovery(): ServedResources {
    return new ServedResources(async (path, signal) => {
      const { statusCode, value } = await this.#readWhole(path, signal);
      if (statusCode === 200) return value;
      if (statusCode === 404) return undefined;
      if (statusCode === 403) throw new ListProblem('forbidden', `RBAC refuses GET ${path}, by which it is found`);
      throw new ListProblem('failed', `the API server answered ${statusCode} to GET ${path}`);
    });
  }

  async #readWhole(path: string, signal: AbortSignal) {
    try {
      return await this.#reader.read(this.#reader.ask(path, signal), signal, { isUsable: isJsonObject });
    } catch (error) {
      if (error instanceof AnswerTooLargeError) throw new ListProblem('failed', error.message);
      throw error;
    }
  }
}

/** Whether pages wait for those of other kinds: Namespaces are read at once, and before all else. */
function isHeldForLong(kind: Kind, namespace: string | undefined): boolean {
  return namespace === undefined && kind !== 'Pod' && kind !== 'Namespace';
}

/** Of Namespaces, the one of that name. */
function pathOf(kind: Kind, version: string, namespace: string | undefined) {
  const { resource, namespaced } = kinds[kind];
  const root = rootOf(version);
  if (namespace === undefined) return { path: `${root}/${resource}`, query: {} };
  if (namespaced) return { path: `${root}/namespaces/${namespace}/${resource}`, query: {} };
  return { path: `${root}/${resource}`, query: { fieldSelector: `metadata.name=${namespace}` } };
}

function isNamespaceName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

/** What the items of a list do not carry. */
interface ItemHead {
  readonly apiVersion: string;
  readonly kind: string;
}

function completing(head: ItemHead): (item: JsonObject) => JsonObject {
  return (item) => Object.assign(withLastWrite(item), head);
}

function withLastWrite(item: JsonObject): JsonObject {
  const metadata = property(item, 'metadata');
  if (!isJsonObject(metadata)) return item;
  const time = lastWriteOf(item);
  Object.assign(metadata, { managedFields: time === undefined ? undefined : [{ time }] });
  return item;
}
