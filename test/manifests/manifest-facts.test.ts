import { test } from 'tap';

import { createManifestFacts } from '../../src/manifests/manifest-facts.ts';
import { readManifestObject, type ManifestObject } from '../../src/manifests/manifest-object.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const { tenancy } = shippedPolicySet();

function objectsOf(text: string): readonly ManifestObject[] {
  const { documents, faults } = readManifests(
    ['-'],
    new TextEncoder().encode(text || 'apiVersion: v1\nkind: Secret\n'),
  );
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const readObject = createObjectReader();
  return documents.map((document) => readManifestObject(document, 'home', readObject));
}

function factsOf(manifests: string, given = '', assumedTenant?: string) {
  const [objects, givenNamespaces] = [objectsOf(manifests), objectsOf(given)];
  return createManifestFacts({ tenancy, objects, givenNamespaces, assumedTenant, today: '2026-06-01' });
}

function namespace(name: string, labels = ''): string {
  return `---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n  labels: {${labels}}\n`;
}

const tenant = (name: string) => `tenantgate.dev/tenant: ${name}`;

void test('namespaces come from the manifests, the platform’s are known, and others are missing', (t) => {
  const facts = factsOf(namespace('acme-dev', `${tenant('acme')}, kubernetes.io/metadata.name: kube-system`));
  t.strictSame(facts.namespace('acme-dev'), {
    name: 'acme-dev',
    labels: { 'tenantgate.dev/tenant': 'acme', 'kubernetes.io/metadata.name': 'acme-dev' },
  });
  t.strictSame(facts.namespace('kube-system'), {
    name: 'kube-system',
    labels: { 'kubernetes.io/metadata.name': 'kube-system' },
  });
  t.equal(facts.namespace('nowhere'), 'missing');
  t.equal(facts.today, '2026-06-01');
  t.strictSame(facts.faults, []);
  t.end();
});

void test('namespaces that the operator gave win over those that are checked', (t) => {
  const facts = factsOf(namespace('globex-dev', tenant('acme')), namespace('globex-dev', tenant('globex')));
  t.match(facts.namespace('globex-dev'), { labels: { 'tenantgate.dev/tenant': 'globex' } });
  t.strictSame(facts.faults, []);
  t.end();
});

void test('a namespace that is declared in two ways is not known, and that is a fault', (t) => {
  const twice = (first: string, second: string) => factsOf(namespace('a', first) + namespace('a', second));
  const facts = twice(tenant('acme'), tenant('globex'));
  t.equal(facts.namespace('a'), undefined);
  t.strictSame(facts.faults, [
    {
      file: '<stdin>',
      line: 12,
      column: 3,
      message: 'Namespace "a" is declared more than once with different labels; whose it is cannot be told',
    },
  ]);
  t.equal(twice(tenant('acme'), '').namespace('a'), undefined, 'a label that is gone');
  t.match(
    twice(`${tenant('acme')}, env: a`, `${tenant('acme')}, env: b`).namespace('a'),
    { name: 'a' },
    'what proves nothing',
  );
  t.end();
});

void test('a namespace whose labels cannot be read is not known', (t) => {
  t.equal(factsOf(namespace('a', 'b: 1')).namespace('a'), undefined);
  t.equal(factsOf('', namespace('a', 'b: 1')).namespace('a'), undefined);
  t.end();
});

void test('a tenant is assumed only for the undeclared namespaces that objects are in', (t) => {
  const manifests = `${namespace('nobodys')}---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: acme-dev}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: kube-system}\n`;
  const facts = factsOf(manifests, '', 'acme');
  t.match(facts.namespace('acme-dev'), { labels: { 'tenantgate.dev/tenant': 'acme' } });
  t.equal(facts.namespace('referred-to'), 'missing');
  t.strictSame(facts.namespace('nobodys'), { name: 'nobodys', labels: { 'kubernetes.io/metadata.name': 'nobodys' } });
  t.strictSame(facts.namespace('kube-system'), {
    name: 'kube-system',
    labels: { 'kubernetes.io/metadata.name': 'kube-system' },
  });
  t.equal(factsOf(manifests).namespace('acme-dev'), 'missing');
  t.end();
});

void test('pods and NetworkPolicies are facts of their namespace', (t) => {
  const facts = factsOf(
    [
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {hostNetwork: true}',
      'apiVersion: v1\nkind: Pod\nmetadata: {generateName: job-}\nstatus: {phase: Running}',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: done}\nstatus: {phase: Succeeded}',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: broken, namespace: other, labels: 1}',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: bad, namespace: other}\nspec: []',
    ].join('\n---\n'),
  );
  t.strictSame(facts.podsOf('home'), [
    { labels: { app: 'web' }, hostNetwork: true, ports: [], name: 'web', addresses: [] },
    { labels: {}, hostNetwork: false, ports: [], name: '', addresses: [] },
  ]);
  t.match(facts.networkPoliciesOf('home'), [{ metadata: { name: 'deny' } }]);
  t.equal(facts.podsOf('other'), undefined, 'not known: one could not be read');
  t.equal(facts.networkPoliciesOf('other'), undefined);
  t.strictSame(facts.podsOf('empty'), []);
  t.end();
});

void test('quotas, limit ranges and the addresses of pods are facts', (t) => {
  const head = (kind: string): string =>
    `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: a, namespace: acme-dev}\n`;
  const facts = factsOf(
    `${head('ResourceQuota')}spec: {hard: {pods: 4}}\n${head('LimitRange')}${head('Pod')}status: {podIPs: [{ip: 10.0.0.5}, {}, x]}\n`,
  );
  t.match(facts.resourceQuotasOf('acme-dev'), [{ kind: 'ResourceQuota', spec: { hard: { pods: 4 } } }]);
  t.match(facts.limitRangesOf('acme-dev'), [{ kind: 'LimitRange' }]);
  t.match(facts.podsOf('acme-dev'), [{ addresses: ['10.0.0.5'] }]);
  t.strictSame(facts.resourceQuotasOf('elsewhere'), []);
  t.equal(factsOf(`${head('LimitRange')}spec: {limits: none}\n`).limitRangesOf('acme-dev'), undefined);
  t.end();
});

void test('templates of workloads are facts, with the ports that their containers declare', (t) => {
  const facts = factsOf(
    [
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http, containerPort: 80}]}]}}}',
      'apiVersion: v1\nkind: PodTemplate\nmetadata: {name: empty}',
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: bad, namespace: other}\nspec: []',
    ].join('\n---\n'),
  );
  t.strictSame(facts.podTemplatesOf('home'), [
    {
      labels: { app: 'web' },
      hostNetwork: false,
      ports: [{ containerPort: 80, name: 'http', protocol: undefined }],
    },
  ]);
  t.equal(facts.podTemplatesOf('other'), undefined, 'not known: one could not be read');
  t.strictSame(facts.podsOf('home'), [], 'a template is no pod');
  t.end();
});

void test('all namespaces are known, unless one of them is not', (t) => {
  const names = (facts: ReturnType<typeof factsOf>) => facts.namespaces?.()?.map(({ name }) => name);
  const facts = factsOf(namespace('acme-dev', tenant('acme')), namespace('globex-dev', tenant('globex')));
  t.strictSame(names(facts), ['globex-dev', 'acme-dev', ...tenancy.platformNamespaces]);
  const twice = factsOf(namespace('a', tenant('acme')) + namespace('a', tenant('globex')));
  t.equal(names(twice), undefined);
  t.end();
});

void test('Flux’s controllers are facts where they run, and the platform runs them', (t) => {
  const deployment = (namespace: string): string =>
    `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: helm-controller, namespace: ${namespace}}\n` +
    'spec: {template: {spec: {containers: [{name: manager, args: [--no-cross-namespace-refs]}]}}}\n';
  const factsWith = (running: string | undefined) =>
    createManifestFacts({
      tenancy,
      objects: objectsOf(deployment('flux-system')),
      givenNamespaces: [],
      assumedTenant: undefined,
      today: '2026-06-01',
      ...(running === undefined ? {} : { running: objectsOf(running) }),
    }).fluxControllers;
  const flags = { noCrossNamespaceRefs: true, defaultServiceAccount: false };
  t.strictSame(factsWith(deployment('flux-system'))?.get('helm-controller'), flags);
  t.equal(factsWith(deployment('acme-dev'))?.size, 0, 'a tenant’s Deployment of that name is no controller');
  t.equal(factsWith(undefined)?.size, 0, 'what is only checked does not run');
  t.end();
});
