import { setTimeout as delay } from 'node:timers/promises';

import type { NamespaceIndex } from '../admission/fact-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { itemsOf, namespaceFactOf, property } from './namespace-fact.ts';
import { type Attempt, withSecondTries } from './with-second-tries.ts';

const path = '/api/v1/namespaces';
const pageSize = 500;

/** The server ends a watch after this. */
const watchTimeoutSeconds = 240;

/** As client-go does: a watch that ends at once with nothing in it is a fault, or it would be tried without a pause. */
const shortestWatchMs = 1_000;

/** Bounds of times. */
export interface NamespaceCacheLimits {
  readonly listMs: number;
  /** A watch without a word, not even a bookmark, is begun anew from where it was. */
  readonly silenceMs: number;
  /** A request without an answer may be on a connection that has died: after this it is made a second time beside it. */
  readonly impatientMs: number;
  /** Pauses after failures: the cache is right again within 5 s of the API server's return. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
}

const defaultLimits: NamespaceCacheLimits = {
  listMs: 30_000,
  silenceMs: 30_000,
  impatientMs: 2_000,
  shortestPauseMs: 100,
  longestPauseMs: 2_000,
};

export interface NamespaceCacheDependencies {
  readonly client: ApiServerClient;
  readonly log: OperationLog;
  readonly limits?: Partial<NamespaceCacheLimits>;
}

/** How the cache stands: for readiness and metrics. */
export interface NamespaceCacheState {
  /** Whether it was filled once; afterwards it answers with what it has, and misses are read live. */
  readonly isSynced: boolean;
  readonly size: number;
  /** Why the API server cannot be followed just now, or undefined while it can. */
  readonly problem: string | undefined;
}

/**
 * All namespaces, listed once and then watched. When the API server is gone it keeps what it has; when the history is
 * gone (410) it lists anew. It never answers `missing`: it may lag, so a miss is left to a live read.
 */
export class NamespaceCache implements NamespaceIndex {
  readonly #client: ApiServerClient;
  readonly #log: OperationLog;
  readonly #limits: NamespaceCacheLimits;
  readonly #stopped = new AbortController();
  #namespaces = new Map<string, NamespaceFact>();
  #resourceVersion: string | undefined;
  #isSynced = false;
  #problem: string | undefined;
  #pauseMs: number;
  #running: Promise<void> | undefined;

  constructor({ client, log, limits }: NamespaceCacheDependencies) {
    this.#client = client;
    this.#log = log;
    this.#limits = { ...defaultLimits, ...limits };
    this.#pauseMs = this.#limits.shortestPauseMs;
  }

  get(name: string): NamespaceFact | undefined {
    return this.#namespaces.get(name);
  }

  /** Where the API server cannot be followed just now, some may be missing. */
  all(): readonly NamespaceFact[] | undefined {
    return this.#isSynced && this.#problem === undefined ? [...this.#namespaces.values()] : undefined;
  }

  get size(): number {
    return this.#namespaces.size;
  }

  get state(): NamespaceCacheState {
    return { isSynced: this.#isSynced, size: this.size, problem: this.#problem };
  }

  /** Begins to follow the API server; it goes on until `stop`. */
  start(): void {
    this.#running ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        await this.#watch();
        this.#pauseMs = this.#limits.shortestPauseMs;
      } catch (error) {
        if (this.#isStopped()) return;
        this.#failed(error);
        await delay(this.#pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        this.#pauseMs = Math.min(this.#pauseMs * 2, this.#limits.longestPauseMs);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Called when a watch is open: a list alone does not mean that changes are seen. */
  #recovered(): void {
    if (this.#problem !== undefined) this.#log.info('namespaces are followed again', { size: this.size });
    this.#problem = undefined;
  }

  #failed(error: unknown): void {
    if (mustListAnew(error)) this.#resourceVersion = undefined;
    const problem = error instanceof Error ? error.message : String(error);
    if (this.#problem === undefined) this.#log.warn('namespaces cannot be followed', { problem });
    this.#problem = problem;
  }

  async #list(): Promise<void> {
    const found = new Map<string, NamespaceFact>();
    let token = '';
    let resourceVersion: string | undefined;
    do {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#limits.listMs)]);
      const query = `limit=${pageSize}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`;
      const list = await this.#getPage(`${path}?${query}`, signal);
      for (const item of itemsOf(list)) {
        const fact = namespaceFactOf(item);
        if (fact !== undefined) found.set(fact.name, fact);
      }
      const metadata = property(list, 'metadata');
      token = textOf(property(metadata, 'continue'));
      resourceVersion = textOf(property(metadata, 'resourceVersion'));
    } while (token !== '');
    this.#namespaces = found;
    this.#resourceVersion = resourceVersion;
    this.#isSynced = true;
  }

  #getPage(page: string, signal: AbortSignal): Promise<unknown> {
    const { impatientMs } = this.#limits;
    return withSecondTries(
      async (bounds, answered) => {
        const list = await this.#client.getJson(page, bounds);
        answered();
        return list;
      },
      { signal, impatientMs },
    );
  }

  /** Follows one watch to its end. Resolves when the server ended it in order, rejects when it broke. */
  async #watch(): Promise<void> {
    const query = new URLSearchParams({
      watch: 'true',
      resourceVersion: this.#resourceVersion ?? '',
      timeoutSeconds: String(watchTimeoutSeconds),
      allowWatchBookmarks: 'true',
    });
    const startedMs = performance.now();
    const seen = { events: 0 };
    const { silenceMs, impatientMs, shortestPauseMs } = this.#limits;
    const follow: Attempt<void> = (signal, answered) =>
      this.#client.followJson(`${path}?${query.toString()}`, {
        signal,
        silenceMs,
        onOpen: () => {
          answered();
          this.#recovered();
        },
        onLine: (event) => {
          seen.events += 1;
          this.#apply(property(event, 'type'), property(event, 'object'));
          this.#pauseMs = shortestPauseMs;
        },
      });
    await withSecondTries(follow, { signal: this.#stopped.signal, impatientMs });
    if (seen.events === 0 && performance.now() - startedMs < shortestWatchMs)
      throw new Error('the watch ended at once');
  }

  /** Takes one event in. Throws for an ERROR event, and for one that cannot be read: what it meant is not known. */
  #apply(type: unknown, object: unknown): void {
    if (type === 'ERROR') throw watchErrorOf(object);
    const fact = namespaceFactOf(object);
    if (type === 'DELETED' && fact !== undefined) this.#namespaces.delete(fact.name);
    else if ((type === 'ADDED' || type === 'MODIFIED') && fact !== undefined) this.#namespaces.set(fact.name, fact);
    else if (type !== 'BOOKMARK') throw new SyntaxError('the watch sent an event that cannot be read');
    const version = textOf(property(property(object, 'metadata'), 'resourceVersion'));
    if (version !== '') this.#resourceVersion = version;
  }
}

/** An ERROR event carries a Status. */
function watchErrorOf(status: unknown): ApiServerError {
  const code = property(status, 'code');
  return new ApiServerError(path, typeof code === 'number' ? code : 500);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * 410 Gone: the history from this resourceVersion on is no longer kept (API concepts, "efficient detection of changes").
 * After something unreadable a list is the only way to know what stands.
 */
function mustListAnew(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof ApiServerError && error.statusCode === 410);
}
