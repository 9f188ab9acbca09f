import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';

import type { Cluster, KubernetesObject } from './cluster.ts';

/** Asks the API server many times a second, where a kubectl for each request would take too long. */
export interface QuickClient {
  /** Creates an object as a dry run: webhooks are called, and nothing is stored. Returns what is wrong, or undefined. */
  tryCreate(path: string, object: KubernetesObject): Promise<string | undefined>;
  close(): void;
}

interface AdminKubeconfig {
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

const answerMs = 30_000;

/** Connects with the administrator's certificate. */
export async function connectQuickly(cluster: Cluster): Promise<QuickClient> {
  const { users } = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as AdminKubeconfig;
  const decoded = (name: string): Buffer => Buffer.from(users[0]?.user[name] ?? '', 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: cluster.ca.certificatePem,
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  });
  return {
    tryCreate: (path, object) =>
      new Promise((resolve, reject) => {
        const url = new URL(`${path}?dryRun=All`, cluster.server);
        const headers = { 'content-type': 'application/json' };
        const signal = AbortSignal.timeout(answerMs);
        const sent = request(url, { method: 'POST', agent, headers, signal }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
          response.on('error', reject).on('end', () => {
            resolve(response.statusCode === 201 ? undefined : body);
          });
        });
        sent.on('error', reject).end(JSON.stringify(object));
      }),
    close: () => {
      agent.destroy();
    },
  };
}
