import type { NamespaceIndex } from '../admission/fact-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { type ApiServerClient } from './api-server-client.ts';
import { itemsOf, namespaceFactOf, property } from './namespace-fact.ts';
import { defaultWatchLimits, unreadableEvent, WatchLoop, type WatchLimits } from './watch-loop.ts';
import { withSecondTries } from './with-second-tries.ts';

const path = '/api/v1/namespaces';
const pageSize = 500;

export interface NamespaceCacheDependencies {
  readonly client: ApiServerClient;
  readonly log: OperationLog;
  readonly limits?: Partial<WatchLimits>;
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
  readonly #limits: WatchLimits;
  readonly #loop: WatchLoop;
  #namespaces = new Map<string, NamespaceFact>();
  /** Made when it is asked for, and dropped when one changes. */
  #all: readonly NamespaceFact[] | undefined;
  #isSynced = false;
  #problem: string | undefined;

  constructor({ client, log, limits }: NamespaceCacheDependencies) {
    this.#client = client;
    this.#log = log;
    this.#limits = { ...defaultWatchLimits, ...limits };
    this.#loop = new WatchLoop(
      { client, path, limits: this.#limits },
      {
        list: (signal) => this.#list(signal),
        take: (type, object) => {
          this.#take(type, object);
        },
        opened: () => {
          this.#recovered();
        },
        failed: (problem) => {
          this.#failed(problem);
        },
      },
    );
  }

  get(name: string): NamespaceFact | undefined {
    return this.#namespaces.get(name);
  }

  /** Where the API server cannot be followed just now, some may be missing. */
  all(): readonly NamespaceFact[] | undefined {
    if (!this.#isSynced || this.#problem !== undefined) return undefined;
    this.#all ??= [...this.#namespaces.values()];
    return this.#all;
  }

  get size(): number {
    return this.#namespaces.size;
  }

  get state(): NamespaceCacheState {
    return { isSynced: this.#isSynced, size: this.size, problem: this.#problem };
  }

  /** Begins to follow the API server; it goes on until `stop`. */
  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #recovered(): void {
    if (this.#problem !== undefined) this.#log.info('namespaces are followed again', { size: this.size });
    this.#problem = undefined;
  }

  #failed(problem: string): void {
    if (this.#problem === undefined) this.#log.warn('namespaces cannot be followed', { problem });
    this.#problem = problem;
  }

  async #list(stopped: AbortSignal): Promise<string> {
    const found = new Map<string, NamespaceFact>();
    let token = '';
    let resourceVersion: string;
    do {
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(this.#limits.listMs)]);
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
    this.#all = undefined;
    this.#isSynced = true;
    return resourceVersion;
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

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void {
    const fact = namespaceFactOf(object);
    if (fact === undefined) throw unreadableEvent();
    this.#all = undefined;
    if (type === 'DELETED') this.#namespaces.delete(fact.name);
    else this.#namespaces.set(fact.name, fact);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
