import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { ApiServerClient } from './api-server-client.ts';
import { ChangeFeed, type FollowedCollection } from './change-feed.ts';

export interface ClusterChangesOptions {
  readonly client: ApiServerClient;
  readonly log: OperationLog;
  /** What is served and worth following. */
  readonly collections: (signal: AbortSignal) => Promise<readonly FollowedCollection[]>;
  readonly onChange: (namespace: string | undefined) => void;
  readonly onGap: () => void;
}

const discoveryMs = 60_000;

/** Follows changes in a cluster, once it has told what it serves. Where it does not tell, only audits of everything see them. */
export class ClusterChanges {
  readonly #stopped = new AbortController();
  readonly #feed: Promise<ChangeFeed | undefined>;

  constructor(options: ClusterChangesOptions) {
    this.#feed = this.#begin(options);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await (await this.#feed)?.stop();
  }

  async #begin({ collections, ...options }: ClusterChangesOptions): Promise<ChangeFeed | undefined> {
    const { signal } = this.#stopped;
    try {
      const found = await collections(AbortSignal.any([signal, AbortSignal.timeout(discoveryMs)]));
      const feed = new ChangeFeed({ ...options, collections: found });
      if (!signal.aborted) feed.start();
      return feed;
    } catch (error) {
      if (!signal.aborted) options.log.warn('changes cannot be followed', { problem: String(error) });
      return undefined;
    }
  }
}
