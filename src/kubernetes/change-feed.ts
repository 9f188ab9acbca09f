import { createHash } from 'node:crypto';

import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { ApiServerClient } from './api-server-client.ts';
import { property } from './namespace-fact.ts';
import { defaultWatchLimits, unreadableEvent, WatchLoop, type WatchLimits } from './watch-loop.ts';

/** Metadata is all that tells where something has changed: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** A collection that is not served or may not be read is tried again seldom. */
const feedLimits: WatchLimits = { ...defaultWatchLimits, longestPauseMs: 60_000 };

/** A collection over all namespaces. */
export interface FollowedCollection {
  /** Such as `/apis/networking.k8s.io/v1/networkpolicies`. */
  readonly path: string;
  /** Such as `networkpolicies.networking.k8s.io`, for the log. */
  readonly resource: string;
}

export interface ChangeFeedDependencies {
  readonly client: ApiServerClient;
  readonly log: OperationLog;
  readonly collections: readonly FollowedCollection[];
  /** An object was written or has gone; the namespace is undefined for a cluster-scoped object. */
  readonly onChange: (namespace: string | undefined) => void;
  /** Changes may have been missed: only a look at everything tells. */
  readonly onGap: () => void;
  readonly limits?: Partial<WatchLimits>;
}

/** Tells in which namespaces something is written. A write of nothing but the status is no change. */
export class ChangeFeed {
  readonly #loops: readonly WatchLoop[];

  constructor(dependencies: ChangeFeedDependencies) {
    const limits = { ...feedLimits, ...dependencies.limits };
    this.#loops = dependencies.collections.map((collection) => {
      const { client } = dependencies;
      const loop = { client, path: collection.path, accept: metadataOnly, limits };
      return new WatchLoop(loop, new CollectionFollower(collection, dependencies, limits));
    });
  }

  start(): void {
    for (const loop of this.#loops) loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }
}

/** Follows one collection; remembers of each object a mark that changes with all but its status. */
class CollectionFollower {
  readonly #collection: FollowedCollection;
  readonly #dependencies: ChangeFeedDependencies;
  readonly #limits: WatchLimits;
  readonly #marks = new Map<string, string>();
  #isFirstList = true;
  #problem: string | undefined;

  constructor(collection: FollowedCollection, dependencies: ChangeFeedDependencies, limits: WatchLimits) {
    this.#collection = collection;
    this.#dependencies = dependencies;
    this.#limits = limits;
  }

  /** Where changes are to be told from: what stands already is for others to read. */
  async list(stopped: AbortSignal): Promise<string> {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(this.#limits.listMs)]);
    const list = await this.#dependencies.client.getJson(`${this.#collection.path}?limit=1`, signal);
    if (!this.#isFirstList) this.#dependencies.onGap();
    this.#isFirstList = false;
    this.#marks.clear();
    const version = property(property(list, 'metadata'), 'resourceVersion');
    if (typeof version !== 'string') throw new Error('the API server’s list has no resourceVersion');
    return version;
  }

  take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void {
    const metadata = property(object, 'metadata');
    const uid = property(metadata, 'uid');
    if (typeof uid !== 'string') throw unreadableEvent();
    const mark = markOf(metadata);
    const isSame = type !== 'DELETED' && this.#marks.get(uid) === mark;
    if (type === 'DELETED') this.#marks.delete(uid);
    else this.#marks.set(uid, mark);
    if (isSame) return;
    const namespace = property(metadata, 'namespace');
    this.#dependencies.onChange(typeof namespace === 'string' ? namespace : this.#namespaceNamed(metadata));
  }

  opened(): void {
    if (this.#problem !== undefined) this.#dependencies.log.info('changes are followed again', this.#where());
    this.#problem = undefined;
  }

  failed(problem: string): void {
    if (this.#problem === undefined)
      this.#dependencies.log.warn('changes cannot be followed', { ...this.#where(), problem });
    this.#problem = problem;
  }

  #where(): { readonly resource: string } {
    return { resource: this.#collection.resource };
  }

  /** A change of a Namespace is one in the namespace. */
  #namespaceNamed(metadata: unknown): string | undefined {
    return this.#collection.resource === 'namespaces' ? String(property(metadata, 'name')) : undefined;
  }
}

/** Everything in the metadata but what a write of the status changes too. */
function markOf(metadata: unknown): string {
  const managed = property(metadata, 'managedFields');
  const writes = (Array.isArray(managed) ? managed : []).filter((entry) => property(entry, 'subresource') !== 'status');
  const names = ['generation', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'deletionTimestamp'];
  const members = names.map((name) => property(metadata, name));
  return createHash('sha256')
    .update(JSON.stringify([members, writes]))
    .digest('base64');
}
