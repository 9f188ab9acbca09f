import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';

import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { postureJudge } from '../../src/audit/posture/posture-judge.ts';
import { scanInThread, type ScanRequest } from '../../src/cli/scan-thread.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { PagedObjectSource } from '../../src/kubernetes/paged-object-source.ts';
import type { RawClient } from '../../src/kubernetes/raw-client.ts';
import { startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { pagedApi, type Interception } from '../kubernetes/paged-api.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { scanned } from '../support/scan.ts';
import { shippedDocuments, shippedPolicySet } from '../support/shipped-policies.ts';

const tenants = 120;
const unbounded = new AbortController().signal;
const homes = Array.from({ length: tenants }, (_, index) => `home-${String(index).padStart(3, '0')}`);
const namespaces = homes.map((name): Manifest => {
  return { metadata: { name, labels: { 'kubernetes.io/metadata.name': name, 'tenantgate.dev/tenant': name } } };
});
const pods = homes.map((namespace): Manifest => {
  return {
    metadata: { name: 'web', namespace },
    spec: { hostNetwork: true, containers: [{ name: 'web', image: 'a' }] },
  };
});
const open = homes.map((namespace): Manifest => {
  const peers = [{ namespaceSelector: {} }];
  return { metadata: { name: 'open', namespace }, spec: { podSelector: {}, ingress: [{ from: peers }] } };
});

async function clientOf(t: Test, intercept?: Interception): Promise<ApiServerClient> {
  const server = await startFakeApiServer(t, t.testdir());
  const served = { v1: { namespaces, pods }, 'networking.k8s.io/v1': { networkpolicies: open } };
  server.answer = pagedApi(served, intercept);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(readFileSync(server.kubeconfig, 'utf8'));
  return new ApiServerClient(kubeConfig);
}

const request: ScanRequest = {
  name: 'fake',
  documents: [...shippedDocuments().values()],
  strongestMode: 'warn',
  startedMs: Date.parse('2026-06-01T12:00:00Z'),
  longestMs: 60_000,
};

/** A report as JSON has it, without the times. */
function timeless(report: AuditReport): object {
  const { scan, ...rest } = JSON.parse(JSON.stringify(report)) as AuditReport;
  return { ...rest, scan: { ...scan, startedAt: '', finishedAt: '' } };
}

void test('a thread finds what a scan here finds, by the same policies', async (t) => {
  const client = await clientOf(t);
  const policySet = shippedPolicySet('warn');
  const report = await scanInThread(request, client, unbounded);
  const source = new PagedObjectSource({ client, name: 'fake' });
  const here = await scanned(source, { policySet, posture: postureJudge(policySet.tenancy) });
  t.strictSame(timeless(report), timeless(here));
  t.equal(report.posture.tenants.length, tenants);
  t.ok(report.results.length >= 2 * tenants, `${report.results.length} results come in several parts`);
  t.match(report.scan, { startedAt: /^2026-06-01T12:00:0/, policyHash: policySet.hash });
});

void test('a thread asks by way of the client only where it cannot ask itself, and finds the same', async (t) => {
  const client = await clientOf(t);
  const paths: string[] = [];
  const getRaw: RawClient['getRaw'] = (path, bounds) => {
    paths.push(path);
    return client.getRaw(path, bounds);
  };
  const direct = await scanInThread(request, { getRaw, access: () => client.access() }, unbounded);
  t.strictSame(paths, []);
  const indirect = await scanInThread(request, { getRaw }, unbounded);
  t.ok(paths.some((path) => path.startsWith('/api/v1/pods?')));
  t.strictSame(timeless(direct), timeless(indirect));
});

const isLinux = process.platform === 'linux';

/** The priorities of this process's threads that are called so. */
function prioritiesOf(name: string): readonly number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      const isNamed = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim() === name;
      return isNamed ? [getPriority(Number(thread))] : [];
    } catch {
      // It has ended.
      return [];
    }
  });
}

void test('on Linux, calls go before the thread and the helpers of V8', { skip: !isLinux }, async (t) => {
  const low = constants.priority.PRIORITY_LOW;
  const own = getPriority();
  const seen: (readonly number[])[] = [];
  const client = await clientOf(t, (_response, { pathname }) => {
    if (pathname.endsWith('/pods')) seen.push(prioritiesOf('WorkerThread'), prioritiesOf('V8Worker'));
    return false;
  });
  await scanInThread(request, client, unbounded);
  const [workers, helpers] = seen;
  t.ok(workers?.includes(low), 'the thread');
  t.ok(helpers !== undefined && helpers.length > 0 && helpers.every((one) => one === low), 'the helpers');
  t.equal(getPriority(), own, 'and not whoever answers calls');
});

void test('a thread that is told to stop does', async (t) => {
  const stop = new AbortController();
  const client = await clientOf(t, (_response, { pathname }) => {
    if (!pathname.endsWith('/pods')) return false;
    stop.abort(new Error('enough'));
    return true;
  });
  await t.rejects(scanInThread(request, client, stop.signal), { name: 'AbortError' });
  await t.rejects(scanInThread(request, client, stop.signal), { message: 'enough' }, 'or never begins');
});

void test('what is not read in time is unknown', async (t) => {
  const client = await clientOf(t, (_response, { pathname }) => pathname.endsWith('/pods'));
  const report = await scanInThread({ ...request, longestMs: 1_000 }, client, unbounded);
  t.ok(report.unknown.some(({ resource }) => resource === 'pods'));
});

void test('an answer that is too large is asked for in parts there as well', async (t) => {
  const client = await clientOf(t);
  const narrow: RawClient = { getRaw: (path, bounds) => client.getRaw(path, { ...bounds, largestBytes: 9_000 }) };
  const report = await scanInThread(request, narrow, unbounded);
  t.match(
    report.scan.listings.find(({ resource }) => resource === 'pods'),
    { state: 'read', objects: tenants },
  );
});

void test('a thread that fails says why', async (t) => {
  const client = await clientOf(t);
  await t.rejects(scanInThread({ ...request, documents: [] }, client, unbounded), /no Tenancy document/);
});

void test('a thread that hangs ends soon after its deadline', async (t) => {
  const client: RawClient = {
    getRaw: () => Promise.reject(new Error('not asked for')),
    access: () => new Promise(() => undefined),
  };
  const scanned = scanInThread({ ...request, longestMs: 1 }, client, unbounded, { longestGraceMs: 500 });
  await t.rejects(scanned, { name: 'AbortError', cause: { name: 'TimeoutError' } });
});

void test('a heap that is too small ends the scan, and nothing else', async (t) => {
  const client = await clientOf(t);
  const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 };
  await t.rejects(scanInThread(request, client, unbounded, { resourceLimits }), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
});
