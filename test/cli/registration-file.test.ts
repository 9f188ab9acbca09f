import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { RegistrationFile, registrationIn, reapplyOf } from '../../src/cli/registration-file.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { clientConfigOf, read, rendered, stored } from '../support/registration.ts';

const validating = rendered('ValidatingWebhookConfiguration');
const mutating = rendered('MutatingWebhookConfiguration');
const yaml = (...objects: readonly object[]) => objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
const inText = (text: string, name?: string) => registrationIn(readManifests(['-'], Buffer.from(text)), '-', name);
const faultsOf = (text: string, name?: string) => {
  const reading = inText(text, name);
  return reading.ok ? [] : reading.faults;
};

test('the two objects are picked out of whatever a release renders', (t) => {
  const others = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'tenantgate' } },
    { ...rendered('ValidatingWebhookConfiguration'), metadata: { name: 'cert-manager-webhook' } },
  ];
  const reading = inText(`# Source: chart\n${yaml(...others, mutating, validating)}---\nkind: [broken\n`, 'tenantgate');
  t.match(reading, { ok: true, value: [{ kind: mutating.kind }, { kind: validating.kind }] });
  t.equal(reading.ok && reading.value.length, 2);
  t.match(inText(yaml({ apiVersion: 'v1', kind: 'List', items: [validating] })), { ok: true });
  t.end();
});

test('what the chart mounts for its servers says it where the objects are hooks, which manifests of Helm leave out', (t) => {
  const mounted = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'tenantgate' },
    data: { 'tenancy.yaml': 'kind: Tenancy', 'registration.yaml': yaml(validating, mutating) },
  };
  const others = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { 'registration.yaml': 7 } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: null },
    { apiVersion: 'v1', kind: 'Secret', metadata: {}, data: { 'registration.yaml': yaml(validating) } },
  ];
  t.match(inText(yaml(...others, mounted)), { ok: true, value: [{ kind: validating.kind }, { kind: mutating.kind }] });
  const annotated = { ...validating, metadata: { ...validating.metadata, annotations: { a: 'b' } } };
  const twice = inText(yaml(mounted, annotated, mutating, validating));
  t.match(twice, { ok: true, value: [{ kind: validating.kind, annotations: { a: 'b' } }, { kind: mutating.kind }] });
  t.equal(twice.ok && twice.value.length, 2, 'the same again is no second one');
  t.end();
});

test('none of them, or two of a kind, is a fault', (t) => {
  t.strictSame(faultsOf(yaml({ apiVersion: 'v1', kind: 'Service', metadata: {} })), [
    '- holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration',
  ]);
  t.strictSame(faultsOf(yaml(validating, mutating), 'gate'), [
    '- holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration named "gate"; it has "tenantgate"',
  ]);
  const other = rendered('ValidatingWebhookConfiguration');
  other.webhooks[0]!.failurePolicy = 'Ignore';
  t.strictSame(faultsOf(yaml(validating, mutating, other), 'tenantgate'), [
    '- holds more than one ValidatingWebhookConfiguration named "tenantgate"',
  ]);
  t.match(faultsOf('kind: [broken\n'), [/^<stdin>:\d+:\d+: /, '- holds no ']);
  t.end();
});

test('a configuration that cannot be read is told with the place of each fault', (t) => {
  const text = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: tenantgate
webhooks:
  - name: a.tenantgate.dev
    sideEffects: None
    timeoutSeconds: soon
    clientConfig: {}
`;
  t.match(faultsOf(text, 'tenantgate').slice(0, 2), [
    '<stdin>:9:5: webhooks[0].clientConfig.service: must be an object, not nothing',
    '<stdin>:8:5: webhooks[0].timeoutSeconds: must be a number, not "soon"',
  ]);
  t.end();
});

test('the release is upgraded; a file is applied where it says who writes the CA', (t) => {
  const [configuration] = [read(validating)];
  const upgrade = 'helm upgrade gate CHART --namespace tenantgate-system --reuse-values';
  t.equal(reapplyOf([configuration], undefined), upgrade);
  t.equal(reapplyOf([configuration], 'f.yaml'), upgrade, 'applied, nobody could call what it registers');
  t.match(reapplyOf([{ ...configuration, labels: {} }], undefined), /^helm upgrade tenantgate CHART /);
  t.equal(reapplyOf([], undefined), 'helm upgrade tenantgate CHART --namespace tenantgate-system --reuse-values');
  const apply = 'kubectl apply --server-side --force-conflicts --filename f.yaml';
  const injected = {
    ...configuration,
    annotations: { 'cert-manager.io/inject-ca-from': 'tenantgate-system/tenantgate' },
  };
  t.equal(reapplyOf([injected], 'f.yaml'), apply);
  t.equal(reapplyOf([read(stored('ValidatingWebhookConfiguration', 'AAAA'))], 'f.yaml'), apply);
  const byUrl = rendered('ValidatingWebhookConfiguration');
  for (const webhook of byUrl.webhooks) webhook.clientConfig = clientConfigOf('https://localhost/validate');
  t.match(reapplyOf([read(byUrl)], undefined), '--namespace tenantgate-system ');
  t.end();
});

test('a file is read anew when it changes, and holds on to what it said while it is wrong', (t) => {
  const folder = t.testdir({ 'registration.yaml': yaml(validating, mutating) });
  const path = join(folder, 'registration.yaml');
  const replace = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const file = RegistrationFile.open(path);
  if ('faults' in file) throw new Error(file.faults.join());
  const first = file.current();
  t.equal(first.configurations.length, 2);
  t.equal(file.current(), first, 'nothing is read twice');
  replace('kind: [broken\n');
  const broken = file.current();
  t.equal(broken.configurations, first.configurations);
  t.match(broken.problem, 'registration.yaml:');
  t.equal(file.current(), broken);
  replace(yaml(validating));
  t.match(file.current(), { problem: undefined, configurations: [{ kind: validating.kind }] });
  renameSync(path, `${path}.away`);
  t.match(file.current(), { problem: /registration\.yaml/, configurations: [{ kind: validating.kind }] });
  renameSync(`${path}.away`, path);
  t.equal(file.current().problem, undefined);
  t.end();
});

test('a file that holds no registration is not opened', (t) => {
  const folder = t.testdir({ 'a.yaml': 'a: b\n' });
  t.match(RegistrationFile.open(join(folder, 'a.yaml')), {
    faults: [/is not a Kubernetes object/, /holds no Validating/],
  });
  t.match(RegistrationFile.open(join(folder, 'no-such.yaml')), { faults: [/no-such\.yaml/, /holds no Validating/] });
  t.end();
});
