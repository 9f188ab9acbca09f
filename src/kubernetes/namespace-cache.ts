import { setTimeout as delay } from 'node:timers/promises';

import type { Watch } from '@kubernetes/client-node';

import type { NamespaceIndex } from '../admission/fact-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { itemsOf, namespaceFactOf, property } from './namespace-fact.ts';

const path = '/api/v1/namespaces';
const pageSize = 500;
const listTimeoutMs = 30_000;

/** The server ends a watch after this; a connection that died unnoticed is gone by then too. */
const watchTimeoutSeconds = 240;

/** Pause after a failure: the cache is right again within 5 s of the API server's return. */
const shortestPauseMs = 100;
const longestPauseMs = 2_000;

export interface NamespaceCacheDependencies {
  readonly client: ApiServerClient;
  readonly watch: Watch;
  readonly log: OperationLog;
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
  readonly #dependencies: NamespaceCacheDependencies;
  readonly #stopped = new AbortController();
  #namespaces = new Map<string, NamespaceFact>();
  #resourceVersion: string | undefined;
  #isSynced = false;
  #problem: string | undefined;
  #running: Promise<void> | undefined;

  constructor(dependencies: NamespaceCacheDependencies) {
    this.#dependencies = dependencies;
  }

  get(name: string): NamespaceFact | undefined {
    return this.#namespaces.get(name);
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
    let pauseMs = shortestPauseMs;
    while (!this.#isStopped()) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        this.#recovered();
        pauseMs = shortestPauseMs;
        await this.#watchOnce();
      } catch (error) {
        if (this.#isStopped()) return;
        this.#failed(error);
        await delay(pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #recovered(): void {
    if (this.#problem !== undefined) this.#dependencies.log.info('namespaces are followed again', { size: this.size });
    this.#problem = undefined;
    this.#isSynced = true;
  }

  #failed(error: unknown): void {
    if (isGone(error)) this.#resourceVersion = undefined;
    const problem = error instanceof Error ? error.message : String(error);
    if (this.#problem === undefined) this.#dependencies.log.warn('namespaces cannot be followed', { problem });
    this.#problem = problem;
  }

  async #list(): Promise<void> {
    const found = new Map<string, NamespaceFact>();
    let token = '';
    let resourceVersion: string | undefined;
    do {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(listTimeoutMs)]);
      const query = `limit=${pageSize}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`;
      const list = await this.#dependencies.client.getJson(`${path}?${query}`, signal);
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
  }

  /** Follows one watch to its end. Resolves when the server ended it in order, rejects when it broke. */
  async #watchOnce(): Promise<void> {
    const { watch } = this.#dependencies;
    const query = {
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: watchTimeoutSeconds,
      allowWatchBookmarks: true,
    };
    let fault: Error | undefined;
    await new Promise<void>((resolve, reject) => {
      const onEvent = (type: string, object: unknown): void => {
        fault ??= this.#apply(type, object);
      };
      const onDone = (error: unknown): void => {
        this.#stopped.signal.removeEventListener('abort', stop);
        if (error === null || error === undefined || isTimeout(error)) resolve();
        else reject(error instanceof Error ? error : new Error('the watch broke'));
      };
      let controller: AbortController | undefined;
      const stop = (): void => controller?.abort();
      this.#stopped.signal.addEventListener('abort', stop);
      watch.watch(path, query, onEvent, onDone).then((started) => {
        controller = started;
        if (this.#stopped.signal.aborted) stop();
      }, reject);
    });
    if (fault !== undefined) throw fault;
  }

  /** Takes one event in; an ERROR event is the fault that ends the watch. */
  #apply(type: string, object: unknown): Error | undefined {
    if (type === 'ERROR') {
      const code = property(object, 'code');
      return new ApiServerError(path, typeof code === 'number' ? code : 500);
    }
    const version = textOf(property(property(object, 'metadata'), 'resourceVersion'));
    if (version !== '') this.#resourceVersion = version;
    const fact = type === 'BOOKMARK' ? undefined : namespaceFactOf(object);
    if (fact === undefined) return undefined;
    if (type === 'DELETED') this.#namespaces.delete(fact.name);
    else this.#namespaces.set(fact.name, fact);
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** 410 Gone: the history from this resourceVersion on is no longer kept (API concepts, "efficient detection of changes"). */
function isGone(error: unknown): boolean {
  const code = property(error, 'statusCode');
  return code === 410;
}

/** Nothing came for a while: the library gives the connection up, and the watch goes on from where it was. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
