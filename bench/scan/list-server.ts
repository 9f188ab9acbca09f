/**
 * A paged list server of a cluster at full size: node list-server.ts CERTIFICATE KEY NAMESPACES PODS-PER-NAMESPACE
 * POLICIES-PER-NAMESPACE. Prints its port. Objects are made from their number, so it holds none, and nothing ever happens
 * in its watches.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { listedObject, type ClusterSize } from './generated-objects.ts';

const [certificate = '', key = '', ...sizes] = process.argv.slice(2);
const [namespaces = 0, podsEach = 0, policiesEach = 0] = sizes.map(Number);
const size: ClusterSize = { namespaces, podsEach, policiesEach };

/** As the API server has it: what is longer is compressed at level 1 for whoever asks. */
const leastCompressed = 128 * 1024;

const groups = [
  { version: 'v1', resources: ['namespaces', 'pods', 'resourcequotas', 'limitranges'] },
  { version: 'apps/v1', resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'] },
  { version: 'batch/v1', resources: ['jobs', 'cronjobs'] },
  { version: 'networking.k8s.io/v1', resources: ['networkpolicies'] },
];

function answerTo(url: URL): string | undefined {
  const { pathname, searchParams } = url;
  if (pathname === '/apis') {
    const named = groups.slice(1).map(({ version }) => ({
      name: version.split('/')[0],
      versions: [{ groupVersion: version }],
      preferredVersion: { groupVersion: version },
    }));
    return JSON.stringify({ kind: 'APIGroupList', groups: named });
  }
  const group = groups.find(({ version }) => pathname.startsWith(rootOf(version)));
  if (group === undefined) return undefined;
  const rest = pathname.slice(rootOf(group.version).length + 1);
  if (rest === '') {
    const resources = group.resources.map((name) => ({ name, namespaced: name !== 'namespaces', verbs: ['list'] }));
    return JSON.stringify({ kind: 'APIResourceList', resources });
  }
  if (rest.startsWith('namespaces/')) return '{"kind":"List","metadata":{},"items":[]}';
  return listOf(rest, Number(searchParams.get('limit')), Number(searchParams.get('continue') ?? '0'));
}

/** Made as text: what the server spends is not measured, and should not be waited for. */
function listOf(resource: string, limit: number, from: number): string {
  const items: string[] = [];
  for (let index = from; index < from + limit; index += 1) {
    const object = listedObject(resource, index, size);
    if (object === undefined) break;
    items.push(object);
  }
  const isMore = listedObject(resource, from + limit, size) !== undefined;
  const next = isMore ? `,"continue":"${from + limit}"` : '';
  const metadata = `{"resourceVersion":"1"${next}}`;
  return `{"kind":"List","metadata":${metadata},"items":[${items.join(',')}]}`;
}

function rootOf(version: string): string {
  return version.includes('/') ? `/apis/${version}` : `/api/${version}`;
}

function send(response: ServerResponse, json: string, mayCompress: boolean): void {
  response.setHeader('content-type', 'application/json');
  if (!mayCompress || json.length <= leastCompressed) {
    response.end(json);
    return;
  }
  response.setHeader('content-encoding', 'gzip').end(gzipSync(json, { level: 1 }));
}

const options = { cert: readFileSync(certificate), key: readFileSync(key) };
const server = createServer(options, (request, response) => {
  const url = new URL(request.url ?? '', 'https://localhost');
  if (url.searchParams.get('watch') === 'true') {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    return;
  }
  const answer = answerTo(url);
  response.statusCode = answer === undefined ? 404 : 200;
  send(response, answer ?? '{}', request.headers['accept-encoding'] === 'gzip');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
