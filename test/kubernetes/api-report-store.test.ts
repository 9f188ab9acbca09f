import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import type { AuditResult } from '../../src/audit/audit-report.ts';
import { buildPolicyReports } from '../../src/audit/reports/build-policy-reports.ts';
import { ReportPublisher } from '../../src/audit/reports/publish-reports.ts';
import { reportObject, type ReportApi } from '../../src/audit/reports/report-object.ts';
import { ApiReportStore } from '../../src/kubernetes/api-report-store.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { auditOf, auditResult } from '../audit/reports/sample-audit.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import { createObjectStore } from './object-store.ts';

const never = new AbortController().signal;

async function storing(t: Test, api: ReportApi = 'wgpolicyk8s.io', ...resources: readonly string[]) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const store = createObjectStore(...(resources.length > 0 ? resources : ['policyreports', 'clusterpolicyreports']));
  server.answer = store.answer;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const reports = new ApiReportStore(new ApiServerClient(kubeConfig), api);
  const write = (...results: readonly AuditResult[]) =>
    reports.store(
      buildPolicyReports(auditOf(results)).map((report) => reportObject(report, api)),
      never,
    );
  return { server, store, reports, write };
}

const inGlobex = auditResult({ object: { apiVersion: 'v1', kind: 'Pod', namespace: 'globex-dev', name: 'a' } });
const ofCluster = auditResult({ object: { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'a' } });
const acmePath = '/apis/wgpolicyk8s.io/v1alpha2/namespaces/acme-dev/policyreports/tenantgate';

const counts = { created: 0, updated: 0, deleted: 0, unchanged: 0, problems: [] };

void test('reports are made, brought up to date and taken away, and written only where something changed', async (t) => {
  const { store, write } = await storing(t);
  t.same(await write(auditResult(), inGlobex, ofCluster), { state: 'stored', ...counts, created: 3 });
  t.same([...store.objects.keys()].sort(), [
    '/apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/tenantgate',
    acmePath,
    '/apis/wgpolicyk8s.io/v1alpha2/namespaces/globex-dev/policyreports/tenantgate',
  ]);
  store.requests.length = 0;
  t.same(await write(auditResult(), inGlobex, ofCluster), { state: 'stored', ...counts, unchanged: 3 });
  t.same(
    store.requests.filter((request) => !request.startsWith('GET')),
    [],
    'nothing was written',
  );
  t.same(await write(auditResult({ message: 'other' }), ofCluster), {
    state: 'stored',
    ...counts,
    updated: 1,
    deleted: 1,
    unchanged: 1,
  });
  t.match(store.objects.get(acmePath), { results: [{ message: 'spec.hostNetwork: other' }] });
  t.same(await write(), { state: 'stored', ...counts, deleted: 2 });
  t.equal(store.objects.size, 0);
});

void test('what somebody edited is put right', async (t) => {
  const { store, write } = await storing(t);
  await write(auditResult());
  const stored = store.objects.get(acmePath) ?? {};
  store.objects.set(acmePath, { ...stored, summary: { fail: 0 } });
  t.match(await write(auditResult()), { updated: 1 });
  t.match(store.objects.get(acmePath), { summary: { fail: 1 } });
});

void test('one that fails keeps no other from being written', async (t) => {
  const { store, write } = await storing(t);
  store.fail = (method, path) => (method === 'POST' && path.includes('acme-dev') ? 403 : undefined);
  t.match(await write(auditResult(), inGlobex), { state: 'stored', created: 1, problems: [/403 to POST .*acme-dev/] });
  store.fail = (method) => (method === 'DELETE' ? 404 : undefined);
  t.match(await write(auditResult()), { created: 1, deleted: 0, problems: [] }, 'gone already is gone');
  store.fail = (method) => (method === 'PUT' ? 409 : undefined);
  t.match(await write(auditResult({ message: 'other' }), inGlobex), { problems: [/409/] });
});

void test('where reports cannot be read, nothing is changed, and it is said once', async (t) => {
  const { server, store, reports } = await storing(t);
  const said: string[] = [];
  const publisher = new ReportPublisher({
    store: reports,
    api: 'wgpolicyk8s.io',
    warn: (message) => {
      said.push(message);
    },
  });
  const publish = () => publisher.publish(auditOf([auditResult()]), never);
  store.collections.clear();
  t.same(await publish(), { state: 'absent' });
  t.same(await publish(), { state: 'absent' });
  t.match(said, [
    /does not serve policyreports and clusterpolicyreports of wgpolicyk8s.io\/v1alpha2; install their CRDs/,
  ]);
  t.equal(store.objects.size, 0);
  store.fail = () => 403;
  t.match(await publish(), { state: 'failed', problem: /403/ });
  store.fail = (method) => (method === 'POST' ? 403 : undefined);
  store.collections.add('policyreports').add('clusterpolicyreports');
  t.match(await publish(), { state: 'stored', created: 0 });
  t.match(said.slice(1), [/no reports are written: .*403/, /^1 reports could not be brought up to date: .*403/]);
  store.fail = undefined;
  t.match(await publish(), { created: 1 });
  await server.leave();
  t.match(await publish(), { state: 'failed' });
  t.equal(said.length, 4);
});

void test('reports of OpenReports are stored under their own names', async (t) => {
  const { store, write } = await storing(t, 'openreports.io', 'reports', 'clusterreports');
  t.match(await write(auditResult(), ofCluster), { created: 2 });
  t.same([...store.objects.keys()].sort(), [
    '/apis/openreports.io/v1alpha1/clusterreports/tenantgate',
    '/apis/openreports.io/v1alpha1/namespaces/acme-dev/reports/tenantgate',
  ]);
});

void test('long lists are read page by page, and only ours are asked for', async (t) => {
  const { server, reports } = await storing(t);
  const asked: string[] = [];
  server.answer = (_request, response, url) => {
    asked.push(url.search);
    const metadata = { continue: url.searchParams.has('continue') ? '' : 'next page' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ metadata, items: [7] }));
  };
  t.match(await reports.store([], never), { state: 'stored', deleted: 0 });
  const ours = '?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dtenantgate&limit=20';
  t.same(asked, [ours, `${ours}&continue=next+page`, ours, `${ours}&continue=next+page`]);
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  };
  t.match(await reports.store([], never), { state: 'failed', problem: /cannot be read/ });
});
