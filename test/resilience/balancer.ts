import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { Test } from 'tap';

/** A server behind the balancer. */
export interface Backend {
  readonly port: number;
  /** Where its readiness is told. */
  readonly metricsPort: number;
}

/**
 * A Service: each connection goes to one of the ready backends and stays there, as with kube-proxy. Readiness is asked for
 * now and then, as the kubelet does, so that it is known a little late.
 */
export interface Balancer {
  readonly port: number;
  add(backend: Backend): void;
  /** The backend is gone, as the kubelet tells when its process has ended. */
  remove(backend: Backend): void;
  isReady(backend: Backend): boolean;
  /** The backend that a client's end of a connection leads to. */
  backendOf(clientPort: number): Backend | undefined;
}

const probeMs = 250;

/** Starts a balancer that ends with the test. */
export async function startBalancer(t: Test): Promise<Balancer> {
  const readiness = new Map<Backend, boolean>();
  const backends = new Map<number, Backend>();
  const ending = new AbortController();
  let turn = 0;

  function nextReady(tried: ReadonlySet<Backend>): Backend | undefined {
    const ready = [...readiness.keys()].filter((backend) => readiness.get(backend) === true && !tried.has(backend));
    turn += 1;
    return ready[turn % ready.length];
  }

  /** Joins the client with a backend; one whose port is closed is not ready, whatever the last probe said. */
  function join(client: Socket, tried = new Set<Backend>()): void {
    const backend = nextReady(tried);
    if (backend === undefined) {
      client.resetAndDestroy();
      return;
    }
    backends.set(client.remotePort ?? 0, backend);
    const server = connect({ port: backend.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const onRefused = (): void => {
      join(client, tried.add(backend));
    };
    server.once('error', onRefused);
    server.once('connect', () => {
      server.off('error', onRefused);
      client.pipe(server).pipe(client);
      server.on('error', () => client.resetAndDestroy());
      client.on('error', () => server.resetAndDestroy());
      // Closed without an end: a backend that was killed in the middle of something.
      server.once('close', () => {
        client.destroySoon();
      });
      client.once('close', () => {
        server.destroySoon();
      });
    });
  }

  async function probe(): Promise<void> {
    while (!ending.signal.aborted) {
      await Promise.all(
        [...readiness.keys()].map(async (backend) => {
          const isReady = await isReadyNow(backend);
          if (readiness.has(backend)) readiness.set(backend, isReady);
        }),
      );
      await delay(probeMs);
    }
  }

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => undefined);
    join(client);
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const probing = probe();
  t.teardown(async () => {
    ending.abort();
    listener.close();
    await probing;
  });
  return {
    port: (listener.address() as AddressInfo).port,
    add: (backend) => {
      readiness.set(backend, false);
    },
    remove: (backend) => {
      readiness.delete(backend);
    },
    isReady: (backend) => readiness.get(backend) === true,
    backendOf: (clientPort) => backends.get(clientPort),
  };
}

async function isReadyNow({ metricsPort }: Backend): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1_000);
    return (await fetch(`http://127.0.0.1:${metricsPort}/readyz`, { signal })).ok;
  } catch {
    return false;
  }
}
