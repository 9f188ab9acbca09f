import { KubeConfig } from '@kubernetes/client-node';
import t from 'tap';

import { buildPolicyReports } from '../../src/audit/reports/build-policy-reports.ts';
import { reportApis, reportKinds, reportObject, type ReportObject } from '../../src/audit/reports/report-object.ts';
import { ApiReportStore } from '../../src/kubernetes/api-report-store.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { auditOf, auditResult } from '../audit/reports/sample-audit.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { installReportCrds } from './report-crds.ts';

/** Reports on a real API server, which holds them against the CRDs of both APIs. */
const cluster = await connectControlPlane();
const { acmeDev } = await createTenants(cluster, 'reports');
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(cluster.kubeconfig);
const client = new ApiServerClient(kubeConfig);
const { signal } = new AbortController();

const inAcme = auditResult({
  object: { apiVersion: 'v1', kind: 'Pod', namespace: acmeDev, name: 'web', uid: '0a1b' },
  since: '2026-06-01T10:00:00.25Z',
});
const many = Array.from({ length: 2_000 }, (_, index) => ({ ...inAcme, message: `is true, the ${index}th time` }));
const unknown = [{ resource: 'secrets', message: 'forbidden' }];

async function stored(resource: string, ...args: readonly string[]): Promise<ReportObject> {
  const found = await cluster.kubectl(['get', resource, 'tenantgate', ...args, '-o', 'json']);
  expectSuccess(found);
  return JSON.parse(found.stdout) as ReportObject;
}

t.test('without their CRDs reports are told to be absent', async (t) => {
  const found = await cluster.kubectl(['get', 'crd', 'policyreports.wgpolicyk8s.io']);
  if (found.code === 0) return;
  t.same(await new ApiReportStore(client, 'wgpolicyk8s.io').store([], signal), { state: 'absent' });
});

const installed = await installReportCrds(cluster);

for (const api of reportApis) {
  const { apiVersion, namespaced, cluster: clusterWide } = reportKinds[api];
  const skip = installed.ok ? false : installed.message;
  t.test(`reports of ${apiVersion} are written, read back, updated and removed`, { skip }, async (t) => {
    const reports = new ApiReportStore(client, api);
    const write = (audit: Parameters<typeof buildPolicyReports>[0]) =>
      reports.store(
        buildPolicyReports(audit).map((report) => reportObject(report, api)),
        signal,
      );
    const [plural, clusterPlural] = [namespaced, clusterWide].map(({ resource }) => `${resource}.${api}`) as [
      string,
      string,
    ];
    t.match(await write(auditOf([inAcme], unknown)), { state: 'stored', created: 2, problems: [] });
    const [wanted] = buildPolicyReports(auditOf([inAcme])).map((report) => reportObject(report, api));
    const report = await stored(plural, '-n', acmeDev);
    t.same({ ...report, metadata: undefined }, { ...wanted, metadata: undefined }, 'no field is unknown to the API');
    t.match(await stored(clusterPlural), { results: [{ result: 'error', properties: { resource: 'secrets' } }] });
    const table = await cluster.kubectl(['get', plural, '-n', acmeDev]);
    t.match(table.stdout, /tenantgate/);

    t.match(await write(auditOf([inAcme], unknown)), { unchanged: 2, updated: 0 });
    t.same(await stored(plural, '-n', acmeDev), report, 'not even its version is another');

    t.match(await write(auditOf(many, unknown)), { updated: 1, unchanged: 1, problems: [] }, 'as large as they get');
    t.match(await stored(plural, '-n', acmeDev), { summary: { fail: 2_000 } });

    const foreign = { ...wanted, metadata: { name: 'foreign', namespace: acmeDev } };
    expectSuccess(await cluster.apply([foreign as ReportObject]));
    t.match(await write(auditOf([])), { deleted: 2 });
    const left = await cluster.kubectl(['get', plural, '-n', acmeDev, '-o', 'name']);
    t.match(left.stdout, /\/foreign\n$/, 'that of somebody else stays');
    t.notMatch(left.stdout, /\/tenantgate/);
  });
}
