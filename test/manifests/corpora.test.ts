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

function check(...paths: readonly string[]) {
  return checkManifests({
    manifests: readManifests(
      paths.map((path) => join(corpora, 'flux/flux2-multi-tenancy', path)),
      undefined,
    ),
    namespaces: { documents: [], faults: [] },
    policySet: fluxPolicySet(),
    principal: { kind: 'unknown' },
    defaultNamespace: 'default',
    tenant: undefined,
    today: '2026-06-01',
  });
}

corporaTest('the tenant of Flux’s multi-tenancy example is admitted', (t) => {
  const { summary, results, undecided, faults } = reportOf(check('tenants/base/dev-team'));
  t.strictSame({ results, undecided, faults }, { results: [], undecided: [], faults: [] });
  t.match(summary, { objects: 6, judged: 2 });
});

corporaTest('build files of kustomize are not judged as Flux objects', (t) => {
  const { objects, faults } = check('.');
  t.strictSame(faults, []);
  const buildFiles = objects.filter(({ reference }) => reference.apiVersion.startsWith('kustomize.config.k8s.io/'));
  t.equal(buildFiles.length, 7);
  for (const { isJudged, results } of buildFiles) t.strictSame({ isJudged, results }, { isJudged: false, results: [] });
});
