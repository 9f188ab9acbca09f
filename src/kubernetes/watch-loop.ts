import { setTimeout as delay } from 'node:timers/promises';

import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { property } from './namespace-fact.ts';
import { type Attempt, withSecondTries } from './with-second-tries.ts';

/** The server ends a watch after this. */
const watchTimeoutSeconds = 240;

/** As client-go does: a watch that ends at once with nothing in it is a fault, or it would be tried without a pause. */
const shortestWatchMs = 1_000;

/** Bounds of times. */
export interface WatchLimits {
  readonly listMs: number;
  /** A watch without a word, not even a bookmark, is begun anew from where it was. */
  readonly silenceMs: number;
  /** A request without an answer may be on a connection that has died: after this it is made a second time beside it. */
  readonly impatientMs: number;
  /** Pauses after failures: what follows is right again within 5 s of the API server's return. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
}

export const defaultWatchLimits: WatchLimits = {
  listMs: 30_000,
  silenceMs: 30_000,
  impatientMs: 2_000,
  shortestPauseMs: 100,
  longestPauseMs: 2_000,
};

/** What is told of the objects that are followed. Events come in the order of the API server. */
export interface Follower {
  /** Reads what there is now; gives the resourceVersion from which on changes are to be told. */
  list(signal: AbortSignal): Promise<string>;
  /** An event. Throws a SyntaxError where it cannot be read: what it meant is not known, and only a list can tell. */
  take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void;
  /** A watch is open: a list alone does not mean that changes are seen. */
  opened(): void;
  failed(problem: string): void;
}

export interface WatchLoopDependencies {
  readonly client: ApiServerClient;
  /** Path of the collection, such as `/api/v1/namespaces`. */
  readonly path: string;
  /** Media type that is asked for; plain JSON of whole objects by default. */
  readonly accept?: string;
  readonly limits: WatchLimits;
}

/**
 * Follows a collection: a list, then watches, each from where the last one ended. When the API server is gone it tries again
 * and again; when the history is gone (410) it lists anew.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class WatchLoop {
  readonly #dependencies: WatchLoopDependencies;
  readonly #follower: Follower;
  readonly #stopped = new AbortController();
  #resourceVersion: string | undefined;
  #pauseMs: number;
  #running: Promise<void> | undefined;

  constructor(dependencies: WatchLoopDependencies, follower: Follower) {
    this.#dependencies = dependencies;
    this.#follower = follower;
    this.#pauseMs = dependencies.limits.shortestPauseMs;
  }

  /** Begins to follow; it goes on until `stop`. */
  start(): void {
    this.#running ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { shortestPauseMs, longestPauseMs } = this.#dependencies.limits;
    while (!this.#isStopped()) {
      try {
        this.#resourceVersion ??= await this.#list();
        await this.#watch(this.#resourceVersion);
        this.#pauseMs = shortestPauseMs;
      } catch (error) {
        if (this.#isStopped()) return;
        if (mustListAnew(error)) this.#resourceVersion = undefined;
        this.#follower.failed(error instanceof Error ? error.message : String(error));
        await delay(this.#pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #list(): Promise<string> {
    return this.#follower.list(this.#stopped.signal);
  }

  /** Follows one watch to its end. Resolves when the server ended it in order, rejects when it broke. */
  async #watch(resourceVersion: string): Promise<void> {
    const { client, path, accept, limits } = this.#dependencies;
    const query = new URLSearchParams({
      watch: 'true',
      resourceVersion,
      timeoutSeconds: String(watchTimeoutSeconds),
      allowWatchBookmarks: 'true',
    });
    const startedMs = performance.now();
    const seen = { events: 0 };
    const follow: Attempt<void> = (signal, answered) =>
      client.followJson(`${path}?${query.toString()}`, {
        signal,
        silenceMs: limits.silenceMs,
        ...(accept === undefined ? {} : { accept }),
        onOpen: () => {
          answered();
          this.#follower.opened();
        },
        onLine: (event) => {
          seen.events += 1;
          this.#apply(property(event, 'type'), property(event, 'object'));
          this.#pauseMs = limits.shortestPauseMs;
        },
      });
    await withSecondTries(follow, { signal: this.#stopped.signal, impatientMs: limits.impatientMs });
    if (seen.events === 0 && performance.now() - startedMs < shortestWatchMs)
      throw new Error('the watch ended at once');
  }

  #apply(type: unknown, object: unknown): void {
    if (type === 'ERROR') throw watchErrorOf(this.#dependencies.path, object);
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') this.#follower.take(type, object);
    else if (type !== 'BOOKMARK') throw unreadableEvent();
    const version = property(property(object, 'metadata'), 'resourceVersion');
    if (typeof version === 'string' && version !== '') this.#resourceVersion = version;
  }
}

/** After an event that cannot be read a list is the only way to know what stands. */
export function unreadableEvent(): SyntaxError {
  return new SyntaxError('the watch sent an event that cannot be read');
}

/** An ERROR event carries a Status. */
function watchErrorOf(path: string, status: unknown): ApiServerError {
  const code = property(status, 'code');
  return new ApiServerError(path, typeof code === 'number' ? code : 500);
}

/** 410 Gone: the history from this resourceVersion on is no longer kept. */
function mustListAnew(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof ApiServerError && error.statusCode === 410);
}
