import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { KubeConfig } from '@kubernetes/client-node';
import t, { type Test } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { ListProblem } from '../../src/audit/ports.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { PagedObjectSource, type PagedObjectSourceOptions } from '../../src/kubernetes/paged-object-source.ts';
import type { Kind } from '../../src/policy/objects/kinds.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { RecordingPosture, scanned } from '../support/scan.ts';
import { startFakeApiServer, statusOf, writeJson, type Answerer, type FakeApiServer } from './fake-api-server.ts';
import { expired, pagedApi, type Interception, type ServedObjects } from './paged-api.ts';

/** Objects that are asked for before anything is known of their size. */
const firstPage = 100;

const unbounded = new AbortController().signal;
const quick = { answerMs: 500, giveUpMs: 1_000, shortestPauseMs: 1, longestPauseMs: 10 };

function pods(count: number, padding = ''): readonly Manifest[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${String(index).padStart(5, '0')}`,
      namespace: 'acme-dev',
      managedFields: [{ manager: 'test' }],
    },
    spec: { padding },
  }));
}

interface Given {
  readonly server: FakeApiServer;
  readonly source: PagedObjectSource;
}

async function started(
  t: Test,
  served: ServedObjects,
  intercept?: Interception,
  options: Partial<PagedObjectSourceOptions> = {},
): Promise<Given> {
  const server = await startFakeApiServer(t, t.testdir());
  server.answer = pagedApi(served, intercept);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(readFileSync(server.kubeconfig, 'utf8'));
  const client = new ApiServerClient(kubeConfig);
  return {
    server,
    source: new PagedObjectSource({ client, name: 'fake', pageBytes: firstPage * 4096, patience: quick, ...options }),
  };
}

interface Listed {
  readonly names: readonly unknown[];
  readonly pages: number;
  readonly problem?: ListProblem;
}

async function list(source: PagedObjectSource, kind: Kind, signal = unbounded, namespace?: string): Promise<Listed> {
  const names: unknown[] = [];
  let pages = 0;
  try {
    for await (const page of source.list(kind, signal, namespace)) {
      pages += 1;
      names.push(...[...page].map((object) => (object['metadata'] as Manifest)['name']));
    }
    return { names, pages };
  } catch (error) {
    if (!(error instanceof ListProblem)) throw error;
    return { names, pages, problem: error };
  }
}

const namesOf = (objects: readonly Manifest[]) => objects.map((object) => (object['metadata'] as Manifest)['name']);

/** How many objects each list was asked for. */
function limitsOf({ requests }: FakeApiServer): readonly number[] {
  return requests.flatMap((path) => /limit=(\d+)/.exec(path)?.[1] ?? []).map(Number);
}

/** Does something to the first lists of pods that go on, one after the other. */
function once(...answers: readonly ((response: Parameters<Interception>[0], url: URL) => void)[]): Interception {
  const left = [...answers];
  return (response, url) => {
    if (!url.searchParams.has('continue')) return false;
    const answer = left.shift();
    answer?.(response, url);
    return answer !== undefined;
  };
}

t.test('every object is listed, in pages of at most 500, over one connection', async (t) => {
  const stored = pods(2_000);
  const { server, source } = await started(t, { v1: { pods: stored } });
  const { names, pages } = await list(source, 'Pod');
  t.same(names, namesOf(stored));
  t.ok(pages >= 5, `${pages} pages`);
  t.equal(Math.max(...limitsOf(server)), 500);
  t.equal(server.connections(), 1);
});

t.test('an object has apiVersion and kind, and of its managedFields the time of the last write', async (t) => {
  const fieldsV1 = { 'f:spec': { 'k:{"name":"}"}': {} } };
  const [bare, written] = pods(2) as [Manifest, Manifest];
  const managedFields = ['2026-03-01T00:00:00Z', '2026-05-01T00:00:00Z'].map((time) => ({ time, fieldsV1 }));
  const stored = [bare, { ...written, metadata: { ...(written['metadata'] as Manifest), managedFields } }];
  const { source } = await started(t, { v1: { pods: stored } });
  const found: Manifest[] = [];
  for await (const page of source.list('Pod', unbounded))
    found.push(...[...page].map((object) => JSON.parse(JSON.stringify(object)) as Manifest));
  t.same(found, [
    { ...bare, metadata: { name: 'pod-00000', namespace: 'acme-dev' } },
    {
      ...written,
      metadata: { name: 'pod-00001', namespace: 'acme-dev', managedFields: [{ time: '2026-05-01T00:00:00Z' }] },
    },
  ]);
});

/** Compresses lists, and lets what is made of the first of them be changed; who cannot read them gets none. */
function compressing(served: ServedObjects, change = (body: Buffer): Buffer => body): Answerer {
  let isFirst = true;
  return (request, response, url) => {
    if (!url.searchParams.has('limit')) {
      pagedApi(served)(request, response, url);
      return;
    }
    if (request.headers['accept-encoding'] !== 'gzip') {
      response.writeHead(406).end();
      return;
    }
    const whole = {
      writeHead: () => whole,
      end: (json: string): void => {
        send(json);
      },
    };
    const send = (json: string): void => {
      const body = gzipSync(json);
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(isFirst ? change(body) : body);
      isFirst = false;
    };
    pagedApi(served)(request, whole as unknown as typeof response, url);
  };
}

t.test('pages may be compressed; one that cannot be decoded is asked for again', async (t) => {
  const stored = pods(450, 'x'.repeat(1_000));
  const unchanged = (body: Buffer) => body;
  const changes: ((body: Buffer) => Buffer)[] = [
    unchanged,
    (body) => body.subarray(0, body.length / 2),
    (body) => body.subarray(5),
    () => Buffer.from('[]'),
    () => Buffer.alloc(0),
  ];
  for (const change of changes) {
    const { server, source } = await started(t, {});
    server.answer = compressing({ v1: { pods: stored } }, change);
    const { names, problem } = await list(source, 'Pod');
    t.equal(problem, undefined);
    t.same(names, namesOf(stored));
    const first = server.requests.filter((path) => path.includes('/pods?') && !path.includes('continue'));
    t.equal(first.length, change === unchanged ? 1 : 2);
  }
});

t.test('a compressed page that is too large once it is decoded is asked for again in halves', async (t) => {
  const stored = pods(130, 'x'.repeat(10_000));
  const patience = { ...quick, largestBytes: 200_000 };
  const { server, source } = await started(t, {}, undefined, { patience, pageBytes: 100_000 });
  server.answer = compressing({ v1: { pods: stored } });
  t.same((await list(source, 'Pod')).names, namesOf(stored));
  t.same(limitsOf(server).slice(0, 2), [24, 12]);
});

t.test('the next page is on its way while one is taken, and given up when none is wanted', async (t) => {
  const asked = Promise.withResolvers<undefined>();
  const { server, source } = await started(t, { v1: { pods: pods(450) } }, (response, url) => {
    if (!url.searchParams.has('continue')) return false;
    response.on('close', () => {
      asked.resolve(undefined);
    });
    return true;
  });
  const pages = source.list('Pod', unbounded)[Symbol.asyncIterator]();
  await pages.next();
  while (!server.requests.at(-1)!.includes('continue=100')) await delay(5);
  await pages.return?.();
  await asked.promise;
  t.same(await pages.next(), { done: true, value: undefined });
});

t.test('pages are as large as was asked for', async (t) => {
  const stored = pods(400, 'x'.repeat(1_000));
  const { server, source } = await started(t, { v1: { pods: stored } }, undefined, { pageBytes: 20_000 });
  t.same((await list(source, 'Pod')).names, namesOf(stored));
  const last = limitsOf(server).at(-1)!;
  t.ok(last >= 10 && last <= 20, `the limit is ${last}`);
});

t.test('pages that are held while others are judged are smaller', async (t) => {
  const stored = { v1: { pods: pods(1), namespaces: [], resourcequotas: [] } };
  const { server, source } = await started(t, stored);
  for (const kind of ['Pod', 'Namespace', 'ResourceQuota'] as const) await list(source, kind);
  await list(source, 'ResourceQuota', unbounded, 'acme-dev');
  t.same(limitsOf(server), [firstPage, firstPage, firstPage / 4, firstPage]);
});

t.test('a page that is too large is asked for again in halves', async (t) => {
  const stored = pods(130, 'x'.repeat(10_000));
  const patience = { ...quick, largestBytes: 200_000 };
  const { server, source } = await started(t, { v1: { pods: stored } }, undefined, { patience, pageBytes: 100_000 });
  t.same((await list(source, 'Pod')).names, namesOf(stored));
  t.same(limitsOf(server).slice(0, 2), [24, 12]);
});

t.test('an object that is too large alone ends the list as failed', async (t) => {
  const patience = { ...quick, largestBytes: 20_000 };
  const { source } = await started(t, { v1: { pods: pods(1, 'x'.repeat(30_000)) } }, undefined, { patience });
  const { problem } = await list(source, 'Pod');
  t.match(problem, { state: 'failed', message: 'one of the objects is too large to be read' });
});

t.test('a list that went out of date goes on by the token in the answer', async (t) => {
  const stored = pods(450);
  const intercept = once((response) => {
    writeJson(response, 410, expired('120'));
  });
  const { source } = await started(t, { v1: { pods: stored } }, intercept);
  // The first hundred were read; what is between them and the token has gone in the meantime.
  t.same((await list(source, 'Pod')).names, namesOf([...stored.slice(0, 100), ...stored.slice(120)]));
});

t.test('without a token it is read from the start, and what was seen is left out', async (t) => {
  const stored = pods(450);
  const intercept = once(
    (response) => {
      writeJson(response, 410, expired());
    },
    (response) => {
      writeJson(response, 400, statusOf(400));
    },
  );
  const { source } = await started(t, { v1: { pods: stored } }, intercept);
  t.same((await list(source, 'Pod')).names, namesOf(stored));
});

t.test('that the next page is asked for while one is taken changes nothing', async (t) => {
  for (const taken of [0, 1, 60, 99, 100]) {
    const stored = pods(450);
    const gone = once((response) => {
      writeJson(response, 410, expired());
    });
    const { source } = await started(t, { v1: { pods: stored } }, gone);
    const pages = source.list('Pod', unbounded)[Symbol.asyncIterator]();
    const first = (await pages.next()) as { readonly value: Iterable<Manifest> };
    const objects = first.value[Symbol.iterator]();
    const found = Array.from({ length: taken }, () => objects.next().value as Manifest);
    // Begins anew, as the token is none any more.
    const second = (await pages.next()) as { readonly value: Iterable<Manifest> };
    for (let next = objects.next(); next.done !== true; next = objects.next()) found.push(next.value);
    t.equal(found.length, 100);
    found.push(...second.value);
    for (let page = await pages.next(); page.done !== true; page = await pages.next()) found.push(...page.value);
    t.same(namesOf(found), namesOf(stored), `after ${taken} objects`);
  }
});

t.test('a list in no order cannot be read on from the start', async (t) => {
  const intercept = once((response) => {
    writeJson(response, 410, expired());
  });
  const { source } = await started(t, { v1: { pods: pods(150).toReversed() } }, intercept);
  const { names, problem } = await list(source, 'Pod');
  t.equal(names.length, 100);
  t.match(problem, { state: 'failed', message: /in no order/ });
});

t.test('a list that is out of date each time fails in the end', async (t) => {
  const { source } = await started(t, { v1: { pods: pods(1_000) } }, (response, url) => {
    if (!url.searchParams.has('continue')) return false;
    writeJson(response, 410, expired());
    return true;
  });
  const { names, problem } = await list(source, 'Pod');
  t.equal(names.length, 500);
  t.match(problem, { state: 'failed', message: /again and again/ });
});

t.test('what passes is tried again', async (t) => {
  const stored = pods(450);
  const intercept = once(
    (response) => {
      response.destroy();
    },
    (response) => {
      response.writeHead(429, { 'retry-after': '0' }).end();
    },
    (response) => {
      writeJson(response, 500, statusOf(500));
    },
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"items": [');
    },
    (response) => {
      writeJson(response, 200, { kind: 'Status' });
    },
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.destroy();
    },
    // Never answered.
    () => undefined,
  );
  const patience = { ...quick, answerMs: 200, giveUpMs: 5_000 };
  const { source } = await started(t, { v1: { pods: stored } }, intercept, { patience });
  t.same((await list(source, 'Pod')).names, namesOf(stored));
});

t.test('an API server that asks for time gets it', async (t) => {
  const stored = pods(150);
  const intercept = once((response) => {
    response.writeHead(429, { 'retry-after': '60' }).end();
  });
  const { source } = await started(t, { v1: { pods: stored } }, intercept);
  const { names, problem } = await list(source, 'Pod');
  t.equal(names.length, 100);
  t.match(problem, { state: 'failed', message: 'the API server answered 429 to GET /api/v1/pods' });
});

t.test('what does not pass fails in the end, and what was read stands', async (t) => {
  const { source } = await started(t, { v1: { pods: pods(150) } }, (response, url) => {
    if (!url.searchParams.has('continue')) return false;
    response.destroy();
    return true;
  });
  const { names, problem } = await list(source, 'Pod');
  t.equal(names.length, 100);
  t.match(problem, { state: 'failed', message: /^GET \/api\/v1\/pods failed: / });
});

for (const page of ['first', 'second']) {
  t.test(`who may not list is told what to grant, at the ${page} page`, async (t) => {
    const { source } = await started(t, { v1: { pods: pods(150) } }, (response, url) => {
      const isWanted = url.pathname.endsWith('/pods') && url.searchParams.has('continue') === (page === 'second');
      if (isWanted) writeJson(response, 403, statusOf(403));
      return isWanted;
    });
    const { problem } = await list(source, 'Pod');
    t.match(problem, { state: 'forbidden', message: 'RBAC refuses it: grant the verb "list" on pods' });
  });
}

t.test('a kind is listed in the version that the API server prefers among those that serve it', async (t) => {
  const route = { metadata: { name: 'web', namespace: 'acme-dev' } };
  const served = {
    v1: {},
    'gateway.networking.k8s.io/v1': { httproutes: [route] },
    'gateway.networking.k8s.io/v1alpha2': { httproutes: [], tcproutes: [route] },
  };
  const { source } = await started(t, served);
  t.same((await list(source, 'HTTPRoute')).names, ['web']);
  t.same((await list(source, 'TCPRoute')).names, ['web']);
  t.match((await list(source, 'UDPRoute')).problem, { state: 'absent' });
  t.match((await list(source, 'Kustomization')).problem, { state: 'absent' });
});

t.test('a broken aggregated API fails its own kinds only', async (t) => {
  const served = { v1: { pods: pods(1) }, 'projectcalico.org/v3': { networkpolicies: [] } };
  const { source } = await started(t, served, (response, url) => {
    if (!url.pathname.startsWith('/apis/projectcalico.org')) return false;
    writeJson(response, 503, statusOf(503));
    return true;
  });
  const { problem } = await list(source, 'NetworkPolicy.projectcalico.org');
  t.match(problem, { state: 'failed', message: 'the API server answered 503 to GET /apis/projectcalico.org/v3' });
  t.same((await list(source, 'Pod')).names, ['pod-00000']);
});

t.test('a kind that goes while it is listed is absent, and one that is still served failed', async (t) => {
  const route = { metadata: { name: 'web', namespace: 'acme-dev' } };
  const served: Record<string, Record<string, Manifest[]>> = {
    v1: { pods: [] },
    'gateway.networking.k8s.io/v1': { httproutes: [route] },
  };
  const { source } = await started(t, served, (response, url) => {
    if (!url.searchParams.has('limit')) return false;
    if (url.pathname.endsWith('/httproutes')) delete served['gateway.networking.k8s.io/v1'];
    writeJson(response, 404, statusOf(404));
    return true;
  });
  t.match((await list(source, 'HTTPRoute')).problem, { state: 'absent' });
  t.match((await list(source, 'Pod')).problem, { state: 'failed', message: 'the API server answered 404' });
});

t.test('the end of the signal ends the list', async (t) => {
  const { source } = await started(t, { v1: { pods: pods(150) } }, (_response, url) =>
    url.searchParams.has('continue'),
  );
  const { names, problem } = await list(source, 'Pod', AbortSignal.timeout(200));
  t.equal(names.length, 100);
  t.match(problem, { state: 'failed', message: /^the time for it had passed/ });
});

t.test('one namespace is listed alone, and no other path by its name', async (t) => {
  const other = { metadata: { name: 'other', namespace: 'acme-prod' } };
  const namespaces = [{ metadata: { name: 'acme-dev' } }, { metadata: { name: 'acme-prod' } }];
  const { server, source } = await started(t, { v1: { pods: [...pods(1), other], namespaces } });
  t.same((await list(source, 'Pod', unbounded, 'acme-prod')).names, ['other']);
  t.same((await list(source, 'Namespace', unbounded, 'acme-prod')).names, ['acme-prod']);
  const before = server.requests.length;
  t.same((await list(source, 'Pod', unbounded, '..')).names, []);
  t.equal(server.requests.length, before);
});

t.test('nodes and single ConfigMaps are read for posture', async (t) => {
  const served = { v1: { nodes: [{ metadata: { name: 'node-1' } }] } };
  const { source } = await started(t, served, (response, url) => {
    const answers: Record<string, readonly [number, object]> = {
      '/api/v1/namespaces/kube-system/configmaps/cni': [200, { kind: 'ConfigMap', data: { a: 'b' } }],
      '/api/v1/namespaces/kube-system/configmaps/secret': [403, statusOf(403)],
    };
    const answer = answers[url.pathname];
    if (answer !== undefined) writeJson(response, ...answer);
    return answer !== undefined;
  });
  const read = async (...args: Parameters<PagedObjectSource['listOther']>) => {
    const found = [];
    for await (const page of source.listOther(...args)) found.push(...page);
    return found;
  };
  const configMap = (name: string) =>
    ({ apiVersion: 'v1', resource: 'configmaps', only: { namespace: 'kube-system', name } }) as const;
  t.match(await read({ apiVersion: 'v1', resource: 'nodes' }, unbounded), [
    { kind: 'Node', metadata: { name: 'node-1' } },
  ]);
  t.match(await read(configMap('cni'), unbounded), [{ data: { a: 'b' } }]);
  t.same(await read(configMap('none'), unbounded), []);
  await t.rejects(read(configMap('secret'), unbounded), { name: 'ListProblem', message: /^RBAC refuses it/ });
});

/** Pods of so many bytes on the node’s network, and the namespace that they are in. */
function largePods(...sizes: readonly number[]): ServedObjects {
  const labels = { 'tenantgate.dev/tenant': 'acme' };
  const namespaces = [{ metadata: { name: 'acme-dev', labels } }, { metadata: { name: 'acme-prod', labels } }];
  const stored = sizes.map((bytes, index) => ({
    metadata: { name: `pod-${index}`, namespace: 'acme-dev' },
    spec: { hostNetwork: true, containers: [{ name: 'app', image: 'app', args: ['x'.repeat(bytes)] }] },
  }));
  return { v1: { namespaces, pods: stored } };
}

const mebibyte = 1024 * 1024;
/** Large pages take their time on a machine that runs much else. */
const asShipped = { patience: {}, pageBytes: mebibyte };

t.test('objects of 3 MiB are judged, in the end one to a page', async (t) => {
  const { server, source } = await started(
    t,
    largePods(...Array.from({ length: 5 }, () => 3 * mebibyte)),
    undefined,
    asShipped,
  );
  const { results, scan } = await scanned(source);
  t.same(
    onHosts(results),
    [0, 1, 2, 3, 4].map((index) => `pod-${index}`),
  );
  t.match(
    scan.listings.find(({ resource }) => resource === 'pods'),
    { state: 'read', objects: 5, judged: 5 },
  );
  const limits = server.requests.filter((path) => path.startsWith('/api/v1/pods?')).map(limitOf);
  t.ok(limits[0]! > 1 && limits.at(-1) === 1, `the limits are ${limits.join(', ')}`);
});

t.test('what is beyond the largest answer is unknown, and so is what comes after it', async (t) => {
  const { source } = await started(t, largePods(10, 9 * mebibyte, 10), undefined, asShipped);
  const posture = new RecordingPosture();
  const { results, unknown, scan } = await scanned(source, { posture });
  t.same(onHosts(results), ['pod-0'], 'what was read before it is judged');
  t.match(
    unknown.find(({ resource }) => resource === 'pods'),
    { message: 'one of the objects is too large to be read' },
  );
  t.match(
    scan.listings.find(({ resource }) => resource === 'pods'),
    { state: 'failed' },
  );
  for (const namespace of ['acme-dev', 'acme-prod']) {
    t.ok(posture.namespaces.get(namespace)!.unread.has('Pod'), `${namespace} is not known to be clean`);
    t.equal(posture.namespaces.get(namespace)!.pods, undefined);
  }
});

function onHosts(results: AuditReport['results']): readonly string[] {
  return results.filter(({ rule }) => rule === 'pods/host-network').map(({ object }) => object.name);
}

function limitOf(path: string): number {
  return Number(new URL(path, 'https://localhost').searchParams.get('limit'));
}
