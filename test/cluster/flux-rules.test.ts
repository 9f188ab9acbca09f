import t from 'tap';

import { fluxKinds, type FluxKind } from '../../src/policy/objects/flux-kinds.ts';
import { boundaryRows } from '../support/flux-boundary.ts';
import { minimalObject, tweak, type Manifest } from '../support/minimal-objects.ts';
import { type KubernetesObject } from './cluster.ts';
import { installFluxKinds } from './flux-kinds-crds.ts';
import { expectSuccess, type KubectlOutcome } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** Every kind of Flux on a real API server: each field of the boundary crossed and kept, and each served version. */
const cluster = await connectControlPlane();
// The last release that serves the older versions beside the newer ones.
const older = await installFluxKinds(cluster, 'v2.7.5');
const skip = older.ok ? false : older.message;
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
// Some two hundred calls of kubectl, on whatever machine; this only bounds hanging.
t.setTimeout(900_000);
const { acmeDev, acmeProd, globex, asAcme } = await createTenants(cluster, 'flux');

type Assertions = Pick<typeof t, 'equal' | 'ok' | 'match'>;

/** The object in the namespaces of this test. */
function placed(object: Manifest): KubernetesObject {
  const text = JSON.stringify(object)
    .replaceAll('acme-dev', acmeDev)
    .replaceAll('acme-prod', acmeProd)
    .replaceAll('globex-dev', globex);
  const parsed = JSON.parse(text) as KubernetesObject;
  // The operator takes an instance of this name only.
  return parsed.kind === 'FluxInstance' ? { ...parsed, metadata: { ...parsed.metadata, name: 'flux' } } : parsed;
}

function apply(object: Manifest): Promise<KubectlOutcome> {
  return cluster.apply([placed(object)], { ...asAcme, dryRun: true });
}

function isDenied(t: Assertions, outcome: KubectlOutcome, rule: string, field: string): void {
  t.equal(outcome.code, 1, outcome.stderr || outcome.stdout);
  t.match(outcome.stderr, 'admission webhook "validate.tenantgate.dev" denied the request: ');
  for (const part of [`${field}: `, `[${rule}]`]) t.ok(outcome.stderr.includes(part), `${part} in: ${outcome.stderr}`);
}

t.test('an older version of a kind is judged like the newest', { skip, timeout: 300_000 }, async (t) => {
  const inVersion = (kind: FluxKind, version: string): Manifest => ({
    ...minimalObject(kind),
    apiVersion: `${fluxKinds[kind].group}/${version}`,
  });
  const cases: readonly (readonly [kind: FluxKind, version: string, path: string, value: unknown, denied: string])[] = [
    ['Kustomization', 'v1beta2', 'targetNamespace', 'globex-dev', 'flux/own-tenant-targets spec.targetNamespace'],
    ['HelmRelease', 'v2beta2', 'storageNamespace', 'globex-dev', 'flux/own-tenant-targets spec.storageNamespace'],
    ['GitRepository', 'v1beta2', 'url', 'http://example.com/a', 'flux/allowed-source-urls spec.url'],
    [
      'GitRepository',
      'v1beta2',
      'accessFrom',
      { namespaceSelectors: [{ matchLabels: {} }] },
      'flux/own-tenant-references spec.accessFrom.namespaceSelectors[0].matchLabels',
    ],
    ['OCIRepository', 'v1beta2', 'url', 'oci://10.0.0.1/a', 'flux/allowed-source-urls spec.url'],
    ['Bucket', 'v1beta2', 'endpoint', 'minio.globex-dev.svc', 'flux/allowed-source-urls spec.endpoint'],
    ['HelmRepository', 'v1beta2', 'url', 'https://charts.local', 'flux/allowed-source-urls spec.url'],
    [
      'ImagePolicy',
      'v1beta2',
      'imageRepositoryRef.namespace',
      'globex-dev',
      'flux/own-tenant-references spec.imageRepositoryRef.namespace',
    ],
    ['Provider', 'v1beta2', 'address', 'http://example.com/a', 'flux/allowed-source-urls spec.address'],
  ];
  for (const [kind, version, path, value, denied] of cases) {
    const [rule = '', field = ''] = denied.split(' ');
    const object = inVersion(kind, version);
    expectSuccess(await apply(object));
    isDenied(t, await apply(tweak(object, `spec.${path}`, value)), rule, field);
  }
});

t.test('the newest release of Flux is installed over the older one', { skip, timeout: 300_000 }, async (t) => {
  t.same(await installFluxKinds(cluster, 'v2.9.4'), { ok: true });
});

/** Fields that a manifest may have and the API server does not take: no other validation than ours ever sees them. */
const notServed: ReadonlySet<string> = new Set([
  'GitRepository include[].repository.namespace',
  'GitRepository accessFrom',
  'Bucket accessFrom',
  'HelmChart sourceRef.namespace',
  'HelmChart accessFrom',
]);

for (const [kind, rows] of Object.entries(boundaryRows)) {
  t.test(
    `a ${kind} is denied where one of its fields leaves the tenant, and admitted where it stays`,
    { skip },
    async (t) => {
      for (const [path, row] of Object.entries(rows)) {
        const name = `${kind} ${path}`;
        if (typeof row === 'string' || row.subresource !== undefined || kind === 'FluxInstance') continue;
        const denied = await apply(row.crossing);
        if (notServed.has(name)) {
          t.match(denied.stderr, /unknown field/, name);
          continue;
        }
        const staying = await apply(row.staying);
        t.equal(staying.code, 0, `${name} stays: ${staying.stderr}`);
        const [rule = '', field = ''] = row.denied.split(' ');
        isDenied(t, denied, rule, field);
      }
    },
  );
}

t.test('a FluxInstance is the platform’s', { skip, timeout: 300_000 }, async (t) => {
  isDenied(t, await apply(minimalObject('FluxInstance')), 'flux/no-flux-instance', 'kind');
  const platforms = placed(tweak(minimalObject('FluxInstance'), 'metadata.namespace', 'flux-system'));
  expectSuccess(await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } }]));
  expectSuccess(await cluster.apply([platforms], { dryRun: true }));
});

t.test('the status of a source is written by the platform and by no tenant', { skip, timeout: 300_000 }, async (t) => {
  const artifact = {
    url: 'http://evil.example/web.tar.gz',
    path: 'web.tar.gz',
    revision: 'latest@sha256:b0',
    digest: `sha256:${'0'.repeat(64)}`,
    lastUpdateTime: '2026-01-01T00:00:00Z',
  };
  for (const kind of ['ExternalArtifact', 'GitRepository'] as const) {
    expectSuccess(await cluster.apply([placed(minimalObject(kind))], asAcme));
    const patch = [
      'patch',
      fluxKinds[kind].resource,
      'web',
      '-n',
      acmeDev,
      '--type=merge',
      '--subresource=status',
      '-p',
    ];
    const written = [...patch, JSON.stringify({ status: { artifact } })];
    isDenied(t, await cluster.kubectl(written, asAcme), 'flux/flux-status-guarded', 'status.artifact');
    expectSuccess(await cluster.kubectl(written));
    isDenied(
      t,
      await cluster.kubectl([...patch, '{"status":{"artifact":null}}'], asAcme),
      'flux/flux-status-guarded',
      'status.artifact',
    );
    const seen = (await tenantgate.decisions()).filter(({ subresource }) => subresource === 'status');
    t.ok(seen.some(({ outcome }) => outcome === 'denied'));
  }
});

t.test(
  'a chart that may be replaced by another’s is admitted with a warning',
  { skip, timeout: 300_000 },
  async (t) => {
    const chart = {
      spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'web', namespace: 'acme-prod' } },
    };
    const outcome = await apply(tweak(minimalObject('HelmRelease'), 'spec.chart', chart));
    t.match(outcome.stderr, /Warning: Tenantgate: spec\.chart\.spec\.sourceRef\.namespace: makes HelmChart/);
    expectSuccess(outcome);
  },
);
