import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import { checkManifests, reportOf } from '../../src/manifests/check-manifests.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { compiled, shippedDocuments } from '../support/shipped-policies.ts';

const corpora = join(import.meta.dirname, '../../../shared/corpora');

/** A test that needs the corpora: without them it is skipped, but fails in CI. */
function corporaTest(name: string, body: (t: Test) => void): void {
  const isSkipped = !existsSync(corpora) && process.env['CI'] !== 'true';
  void test(name, isSkipped ? { skip: 'the corpora are not here' } : {}, (t) => {
    t.ok(existsSync(corpora), 'the corpora are here');
    body(t);
    t.end();
  });
}

corporaTest('every case of the reachability corpus is read without a fault', (t) => {
  const cases = join(corpora, 'reachability/cases');
  for (const name of readdirSync(cases)) {
    const { documents, faults } = readManifests([join(cases, name)], undefined);
    t.strictSame(faults, [], name);
    t.ok(documents.length > 0, name);
    t.ok(
      documents.every((document) => document.positionOf('metadata.name').column > 1),
      `${name}: every name is found`,
    );
  }
});

/** The documents that ship, with the tenant label that Flux's examples use. */
function fluxPolicySet() {
  const documents = shippedDocuments();
  const tenancy = {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'Tenancy',
    metadata: { name: 'flux' },
    spec: { tenantLabel: 'toolkit.fluxcd.io/tenant', platform: { namespaces: ['kube-system', 'flux-system'] } },
  };
  return compiled([tenancy, documents.get('flux.yaml'), documents.get('namespaces.yaml'), documents.get('pods.yaml')]);
}

/** What a check of files of the Flux corpus finds; samples name no namespace, and are a tenant's. */
function check(paths: readonly string[], tenant?: string) {
  return checkManifests({
    manifests: readManifests(
      paths.map((path) => join(corpora, 'flux', path)),
      undefined,
    ),
    namespaces: { documents: [], faults: [] },
    policySet: fluxPolicySet(),
    principal: { kind: 'unknown' },
    defaultNamespace: 'sample',
    tenant,
    today: '2026-06-01',
  });
}

const multiTenancy = 'flux2-multi-tenancy';

corporaTest('the tenant of Flux’s multi-tenancy example is admitted', (t) => {
  const { summary, results, undecided, faults } = reportOf(check([`${multiTenancy}/tenants/base/dev-team`]));
  t.strictSame({ results, undecided, faults }, { results: [], undecided: [], faults: [] });
  t.match(summary, { objects: 6, judged: 3 });
});

corporaTest('build files of kustomize are not judged as Flux objects', (t) => {
  const { objects, faults } = check([multiTenancy]);
  t.strictSame(faults, []);
  const buildFiles = objects.filter(({ reference }) => reference.apiVersion.startsWith('kustomize.config.k8s.io/'));
  t.equal(buildFiles.length, 7);
  for (const { isJudged, results } of buildFiles) t.strictSame({ isJudged, results }, { isJudged: false, results: [] });
});

/** What the fields of each sample imply for a tenant: the violations of every object that has some. */
const sampleViolations: Readonly<Record<string, readonly string[]>> = {
  'Bucket/bucket-sample': ['flux/allowed-source-urls spec.endpoint', 'flux/allowed-source-urls spec.insecure'],
  'HelmRelease/podinfo-gitrepository': ['flux/service-account-required spec.serviceAccountName'],
  'HelmRelease/podinfo-helmrepository': ['flux/service-account-required spec.serviceAccountName'],
  'HelmRelease/podinfo-ocirepository': ['flux/service-account-required spec.serviceAccountName'],
  'Kustomization/webapp-dev': ['flux/service-account-required spec.serviceAccountName'],
  'Kustomization/webapp-production': [
    'flux/own-tenant-targets spec.healthChecks[0].namespace',
    'flux/own-tenant-targets spec.healthChecks[1].namespace',
    'flux/service-account-required spec.serviceAccountName',
  ],
};

corporaTest('every sample of Flux gets the verdict that its fields imply', (t) => {
  const { objects, faults } = check(['samples'], 'sample-tenant');
  t.strictSame(faults, []);
  t.equal(objects.length, 18);
  const found = objects.flatMap(({ reference: { kind, name }, isJudged, results, undecided }) => {
    t.ok(isJudged, `${kind}/${name} is judged`);
    t.strictSame(undecided, [], `${kind}/${name} is decided`);
    const violations = results.map(({ rule, field }) => `${rule} ${field}`).sort();
    return violations.length === 0 ? [] : [[`${kind}/${name}`, violations] as const];
  });
  t.strictSame(Object.fromEntries(found), sampleViolations);
});
