import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';

import { issueCertificate } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { kubeconfig } from './credentials.ts';

/** Does something to a request in place of the API server; false: lets it through. */
export type Fault = (response: ServerResponse, url: URL) => boolean;

/** Stands between a client and the API server, as whoever is an administrator. */
export interface FaultyProxy {
  /** Leads here. */
  readonly kubeconfig: string;
  fault: Fault | undefined;
  stop(): Promise<void>;
}

interface AdminKubeconfig {
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

export async function startFaultyProxy(cluster: Cluster): Promise<FaultyProxy> {
  const { users } = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as AdminKubeconfig;
  const decoded = (name: string): Buffer => Buffer.from(users[0]?.user[name] ?? '', 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: cluster.ca.certificatePem,
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  });
  const pair = await issueCertificate(cluster.ca, {
    commonName: 'proxy',
    usages: ['server'],
    ipAddresses: ['127.0.0.1'],
  });
  const listener = createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, (incoming, response) => {
    const url = new URL(incoming.url ?? '', cluster.server);
    if (proxy.fault?.(response, url) === true) return;
    const sent = request(url, { agent, headers: { accept: 'application/json' } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy()).end();
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const proxy: FaultyProxy = {
    kubeconfig: kubeconfig(`https://127.0.0.1:${port}`, cluster.ca, {}),
    fault: undefined,
    stop: async () => {
      const closed = once(listener.close(), 'close');
      listener.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
  return proxy;
}
