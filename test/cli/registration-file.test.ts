import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { RegistrationFile, registrationIn, reapplyOf } from '../../src/cli/registration-file.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { clientConfigOf, read, rendered } from '../support/registration.ts';

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

test('none of them, or two of a kind, is a fault', (t) => {
  t.strictSame(faultsOf(yaml({ apiVersion: 'v1', kind: 'Service', metadata: {} })), [
    '- holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration',
  ]);
  t.strictSame(faultsOf(yaml(validating, mutating), 'gate'), [
    '- holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration named "gate"; it has "tenantgate"',
  ]);
  t.strictSame(faultsOf(yaml(validating, mutating, validating), 'tenantgate'), [
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

test('the release is applied once more, or the file where nothing tells of a release', (t) => {
  const [configuration] = [read(validating)];
  t.equal(
    reapplyOf([configuration], 'f.yaml'),
    'helm get manifest gate --namespace tenantgate-system | kubectl apply --server-side --force-conflicts --filename -',
  );
  t.match(reapplyOf([{ ...configuration, labels: {} }], 'f.yaml'), /^helm get manifest tenantgate --namespace /);
  const byUrl = rendered('ValidatingWebhookConfiguration');
  for (const webhook of byUrl.webhooks) webhook.clientConfig = clientConfigOf('https://localhost/validate');
  const apply = 'kubectl apply --server-side --force-conflicts --filename f.yaml';
  t.equal(reapplyOf([read(byUrl)], 'f.yaml'), apply);
  t.equal(reapplyOf([{ ...configuration, webhooks: [] }], 'f.yaml'), apply);
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
