import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { compareRegistration } from '../../src/admission/registration/compare-registration.ts';
import type { WebhookConfiguration } from '../../src/admission/registration/webhook-configuration.ts';
import { webhookRules } from '../../src/admission/webhook-rules.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { addedLabelsOf, withLabels } from '../../src/policy/json-patch.ts';
import { mutate } from '../../src/policy/mutate.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { operationsOn } from '../../src/policy/rule.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { fakeAdmissionService } from '../support/fake-admission-service.ts';
import { coverageOf } from '../support/coverage/coverage.ts';
import { factsOf, twoTenants } from '../support/facts.ts';
import { fixturesOf, rulesWithFixtures } from '../support/fixtures.ts';
import { subjectOf } from '../support/judge.ts';
import { minimalObject, minimalPod, minimalService, tweak } from '../support/minimal-objects.ts';
import { read, rendered, stored } from '../support/registration.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import {
  bodyOf,
  createTestAdmission,
  indexOf,
  requestOf,
  responseOf,
  reviewOf,
  unbounded,
} from '../support/test-admission.ts';
import { listenForTest } from '../server/listening-app.ts';
import { createClientAuthority, openClient } from '../server/tls-client.ts';
import { admits, changed, decide, denies } from './decide.ts';

const material = await createDevelopmentCertificate({ now: new Date() });

void test('T1: a call that would have to wait for facts is sent away at once where too many wait', async (t) => {
  const { service, seen } = createTestAdmission({ namespaces: indexOf({ namespaces: { 'acme-dev': undefined } }) });
  const body = bodyOf(reviewOf(requestOf(minimalObject('NetworkPolicy'))));
  const answer = await service.validate(body, () => undefined);
  t.equal(answer.statusCode, 503);
  t.same(seen.decisions, [], 'nothing was decided');
  t.equal((await service.validate(body, unbounded)).statusCode, 200);
});

void test('T2: an object with ten thousand violations is denied with a page of them', async (t) => {
  const containers = Array.from({ length: 10_000 }, (_, index) => ({
    name: `c${index}`,
    image: 'a',
    ports: [{ containerPort: 1, hostPort: 1 }],
  }));
  const { service } = createTestAdmission();
  const pod = tweak(minimalPod(), 'spec.containers', containers);
  const answer = await service.validate(bodyOf(reviewOf(requestOf(pod))), unbounded);
  t.equal(responseOf(answer).allowed, false);
  t.ok(answer.body.length < 100_000, `${answer.body.length} bytes`);
});

void test('T3: whatever a rule judges is registered, and a registration that sends less is told', (t) => {
  const { validating } = webhookRules(rules);
  const sent = validating.flatMap((entry) => entry.rules);
  for (const rule of rules.filter(({ type }) => type === 'check')) {
    for (const kind of rule.kinds) {
      const { group, resource } = kinds[kind];
      const matching = sent.filter(({ apiGroups, resources }) => {
        return apiGroups.includes(group) && resources.some((name) => name.split('/')[0] === resource);
      });
      for (const operation of operationsOn(rule, kind))
        t.ok(
          matching.some(({ operations }) => operations.includes(operation)),
          `${rule.id} ${kind} ${operation}`,
        );
    }
  }
  t.end();
});

void test('T4: a registration that is gone or was edited is drift', async (t) => {
  const dnsNames = ['tenantgate.tenantgate-system.svc'];
  const { caBundle, certificate } = await createDevelopmentCertificate({ now: new Date(), dnsNames });
  const [validating, mutating] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
  const question = {
    expected: [read(rendered(validating)), read(rendered(mutating))],
    wasRegistered: true,
    rules,
    served: certificate,
    now: new Date(),
    reapply: 'again',
  };
  const intact = new Map([validating, mutating].map((kind) => [kind, read(stored(kind, caBundle))] as const));
  const before = compareRegistration({ ...question, live: intact }).length;
  const edited = stored(validating, caBundle);
  edited.webhooks = edited.webhooks.map((webhook) => ({ ...webhook, failurePolicy: 'Ignore' }));
  const weakened = new Map(intact).set(validating, read(edited));
  t.ok(compareRegistration({ ...question, live: weakened }).length > before, 'edited');
  const gone = new Map<typeof validating | typeof mutating, WebhookConfiguration | 'missing'>(intact).set(
    validating,
    'missing',
  );
  t.ok(compareRegistration({ ...question, live: gone }).length > before, 'deleted');
});

void test('T5: the answer to an admitted object tells nothing of the cluster', async (t) => {
  const { service } = createTestAdmission();
  const answer = await service.validate(bodyOf(reviewOf(requestOf(minimalService()))), unbounded);
  const { response } = JSON.parse(answer.body) as { readonly response: Readonly<Record<string, unknown>> };
  t.same(Object.keys(response).sort(), ['allowed', 'auditAnnotations', 'uid']);
  t.same(Object.keys(response['auditAnnotations'] as object).sort(), ['decision', 'policy', 'rules']);
});

void test('T7: nothing older than TLS 1.3 is spoken unless the operator asks for it', async (t) => {
  const { port } = await listenForTest(t, { material });
  await t.rejects(openClient(port, material.caCertificate, { maxVersion: 'TLSv1.2' }));
  t.equal((await openClient(port, material.caCertificate, {})).socket.getProtocol(), 'TLSv1.3');
});

void test('T8: a caller without the certificate of the API server reaches nothing', async (t) => {
  const authority = await createClientAuthority();
  const service = fakeAdmissionService();
  const clients = { material: { ...material, clientCa: authority.ca }, clientNames: ['kube-apiserver'], service };
  const { port } = await listenForTest(t, clients);
  for (const stranger of [{}, await authority.issue('somebody')])
    await t.rejects(openClient(port, material.caCertificate, stranger).then((client) => client.ask('/validate')));
  t.equal(service.validated.length, 0);
  const client = await openClient(port, material.caCertificate, await authority.issue('kube-apiserver'));
  t.equal((await client.ask('/validate')).statusCode, 200);
});

void test('T9: a Service of a tenant takes no addresses of others', (t) => {
  denies(t, 'services/no-external-ips', tweak(minimalService(), 'spec.externalIPs', ['10.96.0.10']));
  admits(t, minimalService());
  t.end();
});

/** Whether a default gives what the rule asks for: then it is there to admit. */
function isFilledIn(rule: string): boolean {
  return rules.some((one) => one.type === 'default' && one.satisfies === rule);
}

void test('T10: what is denied stays denied with what defaults add', (t) => {
  const set = shippedPolicySet();
  let mutated = 0;
  for (const { rule, name, manifest, doing } of rulesWithFixtures().flatMap((id) => fixturesOf(id, 'fail'))) {
    const subject = subjectOf(manifest, doing);
    const facts = factsOf(doing.world);
    const before = evaluate(subject, set, facts);
    const labels = addedLabelsOf(mutate(subject, set, facts).patch);
    if (before.admitted || Object.keys(labels).length === 0 || isFilledIn(rule)) continue;
    mutated += 1;
    t.equal(
      evaluate({ ...subject, object: withLabels(subject.object, labels) }, set, facts).admitted,
      false,
      `${rule} ${name}`,
    );
  }
  t.ok(mutated > 50, `${mutated} were mutated`);
  t.end();
});

void test('T11: no label of a namespace makes it exempt', (t) => {
  const pod = tweak(minimalPod(), 'spec.hostNetwork', true);
  for (const label of [
    'tenantgate.dev/exempt',
    'kubernetes.io/metadata.name',
    'control-plane',
    'tenantgate.dev/platform',
  ]) {
    const labels = {
      'tenantgate.dev/tenant': 'acme',
      [label]: label === 'kubernetes.io/metadata.name' ? 'kube-system' : 'true',
    };
    denies(t, 'pods/host-network', pod, { world: { namespaces: { ...twoTenants, 'acme-dev': labels } } });
  }
  t.end();
});

void test('T12: every rule that looks at containers sees each list of each kind', (t) => {
  const cells = coverageOf(rules).filter(({ list }) => list !== undefined);
  t.ok(cells.length > 50);
  for (const { rule, kind, list, operation, trial } of cells) t.ok(trial, `${rule} ${kind} ${list ?? ''} ${operation}`);
  t.end();
});

const repository = (url: string) => tweak(minimalObject('GitRepository'), 'spec.url', url);

void test('T13: a host is found however it is written', (t) => {
  for (const url of [
    'https://LOCALHOST/x',
    'https://kubernetes.default.svc./x',
    'https://github.com@169.254.169.254/x',
    'https://[::ffff:169.254.169.254]/x',
    'https://0xa9fea9fe/x',
    'http://github.com/acme/web',
  ])
    denies(t, 'flux/allowed-source-urls', repository(url));
  admits(t, repository('https://github.com/acme/web'));
  t.end();
});

void test('T14: an unknown version and an unknown subresource are judged by the kind of the body', (t) => {
  const pod = changed(minimalPod(), { 'spec.hostNetwork': true, apiVersion: 'v9' });
  denies(t, 'pods/host-network', pod);
  denies(t, 'pods/host-network', pod, { old: minimalPod(), subresource: 'not-known-yet' });
  t.end();
});

void test('T15: a privileged pod is denied', (t) => {
  const securityContext = { privileged: true };
  denies(t, 'pods/pod-security', tweak(minimalPod(), 'spec.containers', [{ name: 'a', image: 'a', securityContext }]));
  t.end();
});

void test('T16: a hostPath is denied', (t) => {
  denies(t, 'pods/pod-security', tweak(minimalPod(), 'spec.volumes', [{ name: 'a', hostPath: { path: '/var/lib' } }]));
  t.end();
});

void test('T18: nothing that judges can reach network, files or processes', (t) => {
  const source = join(import.meta.dirname, '../../src');
  for (const folder of ['algebra', 'tenancy', 'policy']) {
    for (const file of readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(join(source, folder, file), 'utf8');
      t.notMatch(text, /from 'node:|\bfetch\(|\bprocess\.(?:env|exit)|\bimport\(/, `${folder}/${file}`);
    }
  }
  t.ok(decide(minimalPod()).admitted);
  t.end();
});
