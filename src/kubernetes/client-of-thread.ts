import type { MessagePort } from 'node:worker_threads';

import type { ApiServerAccess } from './api-server-access.ts';
import { DirectClient } from './direct-client.ts';
import { PortClient } from './port-client.ts';
import type { RawClient } from './raw-client.ts';

/** How long an access is taken to hold: tokens are renewed well before they expire. */
const accessMs = 10_000;

/** A client that is to be closed. */
export interface ClosableClient extends RawClient {
  /** Asks no more, and keeps its thread alive no longer. */
  close(): void;
}

/**
 * A client for a thread: with connections of its own where the thread at the other end of the port can tell how, asked again
 * every `longestMs`; otherwise one that asks by way of that thread.
 */
export async function clientOfThread(port: MessagePort, longestMs = accessMs): Promise<ClosableClient> {
  const parent = new PortClient(port);
  const access = await parent.access().catch(() => undefined);
  if (access === undefined) return parent;
  const renewed = new RenewedAccess(access, { renew: () => parent.access(), longestMs });
  const direct = new DirectClient(() => renewed.now());
  return {
    getRaw: (path, bounds) => direct.getRaw(path, bounds),
    close: () => {
      direct.close();
      parent.close();
    },
  };
}

/** Renews an access while it still holds: nobody waits for that, and one that cannot be renewed may hold on. */
class RenewedAccess {
  readonly #renew: () => Promise<ApiServerAccess | undefined>;
  readonly #longestMs: number;
  #access: ApiServerAccess;
  #askedMs = performance.now();

  constructor(
    access: ApiServerAccess,
    { renew, longestMs }: { renew: () => Promise<ApiServerAccess | undefined>; longestMs: number },
  ) {
    this.#access = access;
    this.#renew = renew;
    this.#longestMs = longestMs;
  }

  now(): ApiServerAccess {
    if (performance.now() - this.#askedMs >= this.#longestMs) {
      this.#askedMs = performance.now();
      void this.#renewNow();
    }
    return this.#access;
  }

  async #renewNow(): Promise<void> {
    try {
      this.#access = (await this.#renew()) ?? this.#access;
    } catch {
      // The API server says whether the one that is there still holds.
    }
  }
}
