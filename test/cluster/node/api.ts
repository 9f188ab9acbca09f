import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';

import { type Cluster } from '../cluster.ts';

/** What the API server said to one request. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The API server as a component of the cluster talks to it: as administrator, over kept connections. */
export interface Api {
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer>;
  close(): void;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ];
}

const ANSWER_MS = 10_000;

export async function connectApi({ kubeconfig, server }: Pick<Cluster, 'kubeconfig' | 'server'>): Promise<Api> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const agent = new Agent({
    keepAlive: true,
    ca: decoded(clusters[0].cluster['certificate-authority-data']),
    cert: decoded(users[0].user['client-certificate-data']),
    key: decoded(users[0].user['client-key-data']),
  });
  return {
    call: (method, path, body) => send(agent, method, new URL(path, server), body),
    close: () => {
      agent.destroy();
    },
  };
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function send(agent: Agent, method: string, url: URL, body: object | undefined): Promise<ApiAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  // With a length: Node sends the body of a DELETE without any framing otherwise.
  const headers = text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: answer.startsWith('{') ? JSON.parse(answer) : answer });
      });
    });
    sent.on('error', reject).end(text);
  });
}
