import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';

import type { Cluster } from './cluster.ts';

/** An answer of the API server to one request. */
export interface ApiAnswer {
  readonly status: number;
  /** The object, or the Status that says why there is none. */
  readonly body: unknown;
}

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a request says beside its body. */
export interface ApiRequestOptions {
  /** Of a PATCH the kind of patch, of anything else JSON. */
  readonly contentType?: string;
  /** Impersonated user; RBAC holds for it. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
}

/** Talks to the API server as the administrator, over connections that are kept: thousands of requests in a minute. */
export interface ApiClient {
  send(method: ApiMethod, path: string, body?: unknown, options?: ApiRequestOptions): Promise<ApiAnswer>;
  close(): void;
}

const timeoutMs = 30_000;

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ];
}

export async function connectApiClient({ server, kubeconfig }: Cluster, connections: number): Promise<ApiClient> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const plain = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connections,
    ca: plain(cluster['certificate-authority-data']),
    cert: plain(user['client-certificate-data']),
    key: plain(user['client-key-data']),
  });
  const send: ApiClient['send'] = (method, path, body, { contentType, as, asGroups } = {}) =>
    new Promise((resolve, reject) => {
      const usual = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        'content-type': contentType ?? usual,
        accept: 'application/json',
        'content-length': Buffer.byteLength(text),
        ...(as === undefined ? {} : { 'impersonate-user': as, 'impersonate-group': [...(asGroups ?? [])] }),
      };
      const options = { method, agent, headers, signal: AbortSignal.timeout(timeoutMs) };
      const sent = request(new URL(path, server), options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as unknown });
        });
      });
      sent.on('error', reject).end(text);
    });
  return {
    send,
    close: () => {
      agent.destroy();
    },
  };
}

/** Runs an action for each item, so many at a time. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) await action(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
