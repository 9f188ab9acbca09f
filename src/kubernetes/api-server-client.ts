import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';

import type { Cluster, KubeConfig } from '@kubernetes/client-node';

import type { ApiServerAccess } from './api-server-access.ts';
import { acceptGzip } from './content-encoding.ts';
import { KeepAliveAgents } from './keep-alive-agents.ts';
import type { RawAnswer, RawBounds, RawClient } from './raw-client.ts';
import { readBody, readRawAnswer } from './response-body.ts';
import { sendRequest } from './send-request.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The API server answered with a status that is not the one hoped for. */
export class ApiServerError extends Error {
  readonly statusCode: number;

  constructor(path: string, statusCode: number, method: Method = 'GET') {
    super(`the API server answered ${statusCode} to ${method} ${path}`);
    this.name = 'ApiServerError';
    this.statusCode = statusCode;
  }
}

/**
 * A live answer larger than this is not read: it is held several times over while it is parsed, and a tenant that fills its
 * namespace with large objects must not take the process down.
 */
const largestAnswerBytes = 16 * 1024 * 1024;

/** etcd takes no larger object. */
const largestBodyBytes = 1536 * 1024;

/** Two copies of the largest object that the API server stores would fit. */
const largestLineLength = 8 * 1024 * 1024;

/** How long a connection may be silent before the kernel asks whether the other end is still there. */
const keepAliveMs = 1_000;

/** How a stream of JSON lines is followed. */
export interface FollowOptions {
  readonly signal: AbortSignal;
  /** The stream is given up when nothing comes for so long: a connection that died says nothing either. */
  readonly silenceMs: number;
  /** Media type that is asked for; plain JSON by default. */
  readonly accept?: string;
  /** Called once, when the server has agreed to send. */
  readonly onOpen: () => void;
  /** Called for each line; what it throws ends the stream. */
  readonly onLine: (value: unknown) => void;
}

/** An answer, and when it was given by the API server’s clock, if it told. */
export interface JsonAnswer {
  readonly value: unknown;
  readonly serverTime: Date | undefined;
}

/** A body, and how it becomes the object: it replaces it, or lists of it are merged by their keys. */
interface Content {
  readonly type: 'application/json' | 'application/strategic-merge-patch+json';
  readonly body: Buffer;
}

/** How a request is sent. */
interface Sending {
  readonly content?: Content;
  readonly accept?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Keeps the connection for the next one. */
  readonly agents?: KeepAliveAgents;
}

/**
 * Requests of plain JSON. The typed API of the client library renames fields (`from` becomes `_from`), and objects are to be
 * judged as they are; its watch skips lines that it cannot read, and an event that is missed is a cache that is wrong.
 * Authentication, with its reload of tokens, is the library's.
 */
export class ApiServerClient implements RawClient {
  readonly #kubeConfig: KubeConfig;
  readonly #keepAlive = new KeepAliveAgents();

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
  }

  /** Reads JSON, within the signal's deadline. Rejects with {@link ApiServerError} for any status but 200. */
  async getJson(path: string, signal: AbortSignal): Promise<unknown> {
    return (await this.getAnswer(path, signal)).value;
  }

  /** As {@link getJson}, with the time of the answer. */
  async getAnswer(path: string, signal: AbortSignal): Promise<JsonAnswer> {
    return readJson('GET', path, await this.#send('GET', path, signal));
  }

  /**
   * Reads an answer of any status, over connections that are kept for the next. For many requests in a row; who asks must
   * ask again when a connection that was kept has died. Rejects with {@link AnswerTooLargeError}.
   */
  async getRaw(path: string, { signal, largestBytes }: RawBounds): Promise<RawAnswer> {
    const response = await this.#send('GET', path, signal, { headers: acceptGzip, agents: this.#keepAlive });
    return readRawAnswer(path, response, largestBytes);
  }

  /** How the API server is reached by others, for some time: tokens are renewed. Undefined where it is behind a proxy. */
  async access(): Promise<ApiServerAccess | undefined> {
    const { server, proxyUrl } = this.#cluster();
    if (proxyUrl !== undefined) return undefined;
    const options: RequestOptions = { headers: { Accept: 'application/json', ...acceptGzip } };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername, auth, headers } = options;
    // Undefined is no default to Node: it means that certificates are to be checked whatever the environment says.
    const checking = rejectUnauthorized === undefined ? {} : { rejectUnauthorized };
    const tls = { ca, cert, key, servername, ...checking };
    return { server, tls, auth: auth ?? undefined, headers };
  }

  /** Makes an object in a collection and reads what became of it. Rejects with {@link ApiServerError} for any status but 201. */
  async postJson(path: string, object: object, signal: AbortSignal): Promise<JsonAnswer> {
    return this.#write('POST', path, 'application/json', object, signal);
  }

  /** Deletes an object, if it is still this one: another of the same name is left alone (409). */
  async deleteObject(path: string, { uid }: { readonly uid: string }, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } }));
    const content = { type: 'application/json', body } as const;
    const response = await this.#send('DELETE', path, signal, { content });
    if (response.statusCode !== 200 && response.statusCode !== 202) throw refusalOf('DELETE', path, response);
    response.destroy();
  }

  /** Replaces an object and reads what became of it, with the bounds and rejections of {@link getJson}. */
  async putJson(path: string, object: object, signal: AbortSignal): Promise<JsonAnswer> {
    return this.#write('PUT', path, 'application/json', object, signal);
  }

  /** Merges a patch into an object, as the API server knows its type, and reads what became of it. */
  async patchJson(path: string, patch: object, signal: AbortSignal): Promise<JsonAnswer> {
    return this.#write('PATCH', path, 'application/strategic-merge-patch+json', patch, signal);
  }

  /** The time on an answer, whatever its status; undefined where it has none. */
  async readTime(path: string, signal: AbortSignal): Promise<Date | undefined> {
    const response = await this.#send('GET', path, signal);
    response.destroy();
    const time = new Date(response.headers.date ?? '');
    return Number.isNaN(time.getTime()) ? undefined : time;
  }

  /**
   * Reads JSON lines until the server ends them or falls silent. Rejects when it never answers, answers with another
   * status than 200, breaks off, or sends what is not JSON.
   */
  async followJson(path: string, { signal, silenceMs, accept, onOpen, onLine }: FollowOptions): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort(new Error(`the API server did not answer GET ${path} within ${silenceMs} ms`));
    }, silenceMs);
    let isOpen = false;
    try {
      const response = await this.#send('GET', path, AbortSignal.any([signal, silence.signal]), {
        ...(accept === undefined ? {} : { accept }),
      });
      if (response.statusCode !== 200) throw refusalOf('GET', path, response);
      isOpen = true;
      onOpen();
      // A watch sends nothing: without this, nobody would notice that the machine at its other end is another one now.
      response.socket.setKeepAlive(true, keepAliveMs);
      for await (const value of jsonLines(path, response, () => timer.refresh())) onLine(value);
    } catch (error) {
      if (!silence.signal.aborted) throw error;
      if (!isOpen) throw silence.signal.reason;
    } finally {
      clearTimeout(timer);
    }
  }

  async #write(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    type: Content['type'],
    object: object,
    signal: AbortSignal,
  ): Promise<JsonAnswer> {
    const body = Buffer.from(JSON.stringify(object));
    if (body.length > largestBodyBytes) throw new Error(`the body of ${method} ${path} is too large`);
    // Named, so that the object’s managedFields tell who wrote what.
    const target = `${path}?fieldManager=tenantgate`;
    return readJson(method, path, await this.#send(method, target, signal, { content: { type, body } }));
  }

  async #send(
    method: Method,
    path: string,
    signal: AbortSignal,
    { content, accept = 'application/json', headers, agents }: Sending = {},
  ): Promise<IncomingMessage> {
    const url = new URL(`${this.#cluster().server}${path}`);
    const describing = content && { 'Content-Type': content.type, 'Content-Length': content.body.length };
    const options: RequestOptions = { method, headers: { Accept: accept, ...describing, ...headers }, signal };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    if (agents !== undefined) options.agent = agents.of(options.agent);
    return sendRequest(url, options, content?.body);
  }

  #cluster(): Cluster {
    const cluster = this.#kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster');
    return cluster;
  }
}

/** Nobody reads on: the connection is given back at once. */
function refusalOf(method: Method, path: string, response: IncomingMessage): ApiServerError {
  response.destroy();
  return new ApiServerError(path, response.statusCode ?? 0, method);
}

async function readJson(method: Method, path: string, response: IncomingMessage): Promise<JsonAnswer> {
  if (response.statusCode !== (method === 'POST' ? 201 : 200)) throw refusalOf(method, path, response);
  const body = await readBody(method, path, response, largestAnswerBytes);
  return { value: parseJson(method, path, body), serverTime: timeOf(response.headers.date) };
}

/** The parser’s own message quotes what it could not parse, which may be a Secret. */
function parseJson(method: Method, path: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new SyntaxError(`the API server’s answer to ${method} ${path} is no JSON`);
  }
}

function timeOf(header: string | undefined): Date | undefined {
  const time = new Date(header ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

async function* jsonLines(path: string, response: IncomingMessage, onData: () => void): AsyncIterable<unknown> {
  let rest = '';
  for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
    onData();
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > largestLineLength)
      throw new Error(`a line of the API server’s answer to GET ${path} is too long`);
    for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown;
  }
  if (rest !== '') throw new Error(`the API server’s answer to GET ${path} ended in the middle of a line`);
}
