import type { IncomingMessage, ServerResponse } from 'node:http';

import { statusOf, writeJson, type Answerer } from './fake-api-server.ts';
import { writtenObject } from './written-object.ts';

type Json = Readonly<Record<string, unknown>>;

/** Objects of any kind by path, as an API server keeps them: made, read, listed, replaced with their version, deleted. */
export interface ObjectStore {
  readonly objects: Map<string, Json>;
  /** Resources that are served. */
  readonly collections: Set<string>;
  /** Method and path of each request, in order. */
  readonly requests: string[];
  /** Answers a request in place of the store with this status, where there is one. */
  fail: ((method: string, path: string) => number | undefined) | undefined;
  readonly answer: Answerer;
}

/** A store that serves these resources. */
export function createObjectStore(...resources: readonly string[]): ObjectStore {
  let made = 0;
  const store: ObjectStore = {
    objects: new Map(),
    collections: new Set(resources),
    requests: [],
    fail: undefined,
    answer: (request, response, url) => {
      void respond(request, response, url);
    },
  };

  async function respond(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json);
    const method = request.method ?? '';
    store.requests.push(`${method} ${url.pathname}`);
    const failure = store.fail?.(method, url.pathname);
    if (failure !== undefined) writeJson(response, failure, statusOf(failure));
    else handle(method, url.pathname, body, response);
  }

  function handle(method: string, path: string, body: Json, response: ServerResponse): void {
    const stored = store.objects.get(path);
    if (method === 'POST') create(path, body, response);
    else if (stored !== undefined) change(method, path, stored, body, response);
    else if (method === 'GET') list(path, response);
    else writeJson(response, 404, statusOf(404));
  }

  function change(method: string, path: string, stored: Json, body: Json, response: ServerResponse): void {
    if (method === 'GET') writeJson(response, 200, stored);
    else if (method === 'DELETE') remove(path, stored, body, response);
    else replace(path, stored, body, response);
  }

  function replace(path: string, stored: Json, body: Json, response: ServerResponse): void {
    // An object keeps its uid, whatever is sent.
    const { uid } = stored['metadata'] as Json;
    const sent = { ...body, metadata: { ...(body['metadata'] as Json), uid } };
    const written = writtenObject(stored, 'PUT', 'application/json', sent);
    if (written.ok) store.objects.set(path, written.value);
    writeJson(response, written.ok ? 200 : written.status, written.ok ? written.value : statusOf(written.status));
  }

  function create(path: string, body: Json, response: ServerResponse): void {
    const metadata = body['metadata'] as Json;
    const target = `${path}/${String(metadata['name'])}`;
    if (store.objects.has(target)) {
      writeJson(response, 409, statusOf(409));
      return;
    }
    made += 1;
    const object = { ...body, metadata: { ...metadata, uid: `uid-${made}`, resourceVersion: '1' } };
    store.objects.set(target, object);
    writeJson(response, 201, object);
  }

  function remove(path: string, stored: Json, body: Json, response: ServerResponse): void {
    const { uid } = body['preconditions'] as Json;
    if (uid !== (stored['metadata'] as Json)['uid']) writeJson(response, 409, statusOf(409));
    else {
      store.objects.delete(path);
      writeJson(response, 200, statusOf(200));
    }
  }

  /** What is in a collection, whose name is that of a resource: of one namespace, or of all. */
  function list(path: string, response: ServerResponse): void {
    const resource = path.split('/').at(-1) ?? '';
    const items = [...store.objects].filter(([key]) => key.split('/').at(-2) === resource).map(([, value]) => value);
    const isCollection = store.collections.has(resource);
    const answer = isCollection ? { kind: 'List', metadata: { resourceVersion: '1' }, items } : statusOf(404);
    writeJson(response, isCollection ? 200 : 404, answer);
  }

  return store;
}
