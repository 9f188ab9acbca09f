import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

import type { Test } from 'tap';

import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { writtenObject } from './written-object.ts';

type Labels = Readonly<Record<string, string>>;
/** Answers a request, or leaves it hanging. */
export type Answerer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** As much of an API server as a client of namespaces sees: over HTTPS, with pages, watches and versions. */
export interface FakeApiServer {
  readonly port: number;
  /** A kubeconfig file that leads here. */
  readonly kubeconfig: string;
  /** Path and query of every request so far. */
  readonly requests: string[];
  /** Open watches. */
  watches(): number;
  /** Open connections. */
  connections(): number;
  put(name: string, labels?: Labels): void;
  remove(name: string): void;
  /** A sign of life that carries the version and nothing else. */
  bookmark(): void;
  /** Text or bytes into every watch, as they are. */
  send(text: string | Buffer): void;
  /** Ends every watch in order. */
  endWatches(): void;
  /** Cuts every connection in the middle of whatever it does. */
  cut(): void;
  /** Objects that a path answers GET with, for what is not a Namespace; PUT and PATCH change them. */
  readonly objects: Map<string, unknown>;
  /** Answers requests in place of the server; undefined: the server does. */
  answer: Answerer | undefined;
  /** Stops listening and cuts every connection. */
  leave(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
}

const certificate = await createDevelopmentCertificate({ now: new Date() });

/** Starts a fake API server that ends with the test. */
export async function startFakeApiServer(t: Test, folder: string): Promise<FakeApiServer> {
  const store = new NamespaceStore();
  const sockets = new Set<Socket>();
  const listener = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    const url = new URL(request.url ?? '', 'https://localhost');
    server.requests.push(`${url.pathname}${url.search}`);
    if (server.answer !== undefined) server.answer(request, response, url);
    else if (server.objects.has(url.pathname) && request.method !== 'GET')
      void answerWrite(server.objects, url.pathname, request, response);
    else if (server.objects.has(url.pathname)) writeJson(response, 200, server.objects.get(url.pathname));
    else store.answer(response, url);
  });
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const leave = async (): Promise<void> => {
    const closed = once(listener.close(), 'close');
    cut();
    await closed;
  };
  const server: FakeApiServer = {
    port,
    kubeconfig: join(folder, 'kubeconfig'),
    requests: [],
    watches: () => store.watches.size,
    connections: () => sockets.size,
    put: (name, labels = {}) => {
      store.put(name, labels);
    },
    remove: (name) => {
      store.remove(name);
    },
    bookmark: () => {
      store.publish('BOOKMARK', { metadata: { resourceVersion: String(store.version) } });
    },
    send: (text) => {
      for (const watch of store.watches) watch.write(text);
    },
    endWatches: () => {
      for (const watch of store.watches) watch.end();
      store.watches.clear();
    },
    cut,
    objects: new Map(),
    answer: undefined,
    leave,
    comeBack: async () => {
      await once(listener.listen(port, '127.0.0.1'), 'listening');
    },
  };
  writeFileSync(server.kubeconfig, kubeconfigFor(port));
  t.teardown(() => (listener.listening ? leave() : undefined));
  return server;
}

function kubeconfigFor(port: number): string {
  const cluster = { server: `https://localhost:${port}`, 'certificate-authority-data': certificate.caBundle };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'fake', user: { token: 'token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  });
}

async function answerWrite(
  objects: Map<string, unknown>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Readonly<Record<string, unknown>>;
  const stored = objects.get(path) as Readonly<Record<string, unknown>>;
  const written = writtenObject(stored, request.method ?? '', request.headers['content-type'] ?? '', body);
  if (written.ok) objects.set(path, written.value);
  writeJson(response, written.ok ? 200 : written.status, written.ok ? written.value : statusOf(written.status));
}

/** Writes a JSON answer. */
export function writeJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A Status, as the API server answers with when something is wrong. */
export function statusOf(code: number): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code };
}

/** Namespaces with a version that grows, and who watches them. */
class NamespaceStore {
  readonly watches = new Set<ServerResponse>();
  version = 1;
  readonly #namespaces = new Map<string, object>();
  readonly #history: { readonly version: number; readonly line: string }[] = [];

  put(name: string, labels: Labels): void {
    this.version += 1;
    const known = this.#namespaces.has(name);
    const namespace = { metadata: { name, labels, resourceVersion: String(this.version) } };
    this.#namespaces.set(name, namespace);
    this.publish(known ? 'MODIFIED' : 'ADDED', namespace);
  }

  remove(name: string): void {
    this.version += 1;
    this.#namespaces.delete(name);
    this.publish('DELETED', { metadata: { name, resourceVersion: String(this.version) } });
  }

  publish(type: string, object: unknown): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    if (type !== 'BOOKMARK') this.#history.push({ version: this.version, line });
    for (const watch of this.watches) watch.write(line);
  }

  answer(response: ServerResponse, url: URL): void {
    const name = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(url.pathname)?.[1];
    if (name !== undefined) {
      const found = this.#namespaces.get(name);
      writeJson(response, found === undefined ? 404 : 200, found ?? statusOf(404));
    } else if (url.pathname !== '/api/v1/namespaces') writeJson(response, 404, statusOf(404));
    else if (url.searchParams.get('watch') === 'true') this.#watch(response, url);
    else this.#list(response, url);
  }

  #watch(response: ServerResponse, url: URL): void {
    const since = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const { version, line } of this.#history) if (version > since) response.write(line);
    this.watches.add(response);
    response.once('close', () => this.watches.delete(response));
  }

  #list(response: ServerResponse, url: URL): void {
    const [limit, from] = [url.searchParams.get('limit'), url.searchParams.get('continue')].map(Number) as [
      number,
      number,
    ];
    const all = [...this.#namespaces.values()];
    const next = from + limit < all.length ? String(from + limit) : '';
    writeJson(response, 200, {
      kind: 'NamespaceList',
      metadata: { resourceVersion: String(this.version), continue: next },
      items: all.slice(from, from + limit),
    });
  }
}
