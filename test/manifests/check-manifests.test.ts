import { test } from 'tap';

import { Ajv } from 'ajv';

import { checkManifests, reportOf, type CheckInput } from '../../src/manifests/check-manifests.ts';
import { checkReportSchema } from '../../src/manifests/check-report.ts';
import { githubReport } from '../../src/manifests/github-report.ts';
import { junitReport } from '../../src/manifests/junit-report.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { sarifReport } from '../../src/manifests/sarif-report.ts';
import { textReport } from '../../src/manifests/text-report.ts';
import { compiled, shippedDocuments, shippedPolicySet } from '../support/shipped-policies.ts';

function manifestsOf(text: string) {
  return readManifests(['-'], new TextEncoder().encode(text));
}

const nothing = { documents: [], faults: [] };

const isValidReport = new Ajv({ strict: true }).compile(checkReportSchema);

function check(text: string, options: Partial<CheckInput> = {}) {
  const outcome = checkManifests({
    manifests: manifestsOf(text),
    namespaces: nothing,
    policySet: shippedPolicySet(),
    principal: { kind: 'unknown' },
    defaultNamespace: 'default',
    tenant: undefined,
    today: '2026-06-01',
    ...options,
  });
  const report = reportOf(outcome);
  if (!isValidReport(report)) throw new Error(JSON.stringify(isValidReport.errors));
  return { ...report, objects: outcome.objects };
}

/** `rule field line:column` of each result. */
function placesOf(report: ReturnType<typeof check>): readonly string[] {
  return report.results.map(({ rule, field, line, column }) => `${rule} ${field} ${line}:${column}`);
}

const acme =
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: acme-dev\n  labels:\n    tenantgate.dev/tenant: acme\n';

const openPolicy = [
  'apiVersion: networking.k8s.io/v1',
  'kind: NetworkPolicy',
  'metadata:',
  '  name: web',
  '  namespace: acme-dev',
  'spec:',
  '  podSelector: {}',
  '  ingress:',
  '    - from:',
  '        - podSelector: {}',
  '        - namespaceSelector: {}',
].join('\n');

void test('a violation is told with its rule, object and place', (t) => {
  const report = check(`${acme}---\n${openPolicy}\n`);
  t.match(report.results, [
    {
      rule: 'network/confined-peers',
      severity: 'critical',
      mode: 'enforce',
      policy: 'network',
      object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'acme-dev', name: 'web' },
      field: 'spec.ingress[0].from[1].namespaceSelector',
      file: '<stdin>',
      line: 18,
      column: 11,
    },
  ]);
  t.strictSame(report.summary, {
    objects: 2,
    judged: 2,
    violations: { enforce: 1, warn: 0, audit: 0 },
    exempt: 0,
    undecided: 0,
    faults: 0,
    expiredExemptions: 0,
  });
  t.end();
});

void test('an object without a namespace is in the default namespace', (t) => {
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true}\n';
  t.match(check(pod).results, [{ object: { namespace: 'default' } }]);
  t.match(check(pod, { defaultNamespace: 'acme-dev' }).results, [{ object: { namespace: 'acme-dev' } }]);
  t.strictSame(check(pod, { defaultNamespace: 'kube-system' }).results, [], 'the platform’s are not judged');
  t.end();
});

void test('given namespaces are facts, and are not judged', (t) => {
  const given = manifestsOf(`${acme}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: nobodys}\n`);
  const report = check(openPolicy, { namespaces: given });
  t.strictSame(placesOf(report), ['network/confined-peers spec.ingress[0].from[1].namespaceSelector 11:11']);
  t.match(report.results[0]?.message, /"acme"/);
  t.equal(report.summary.objects, 1);
  t.end();
});

void test('a given namespace that cannot be read is a fault', (t) => {
  const given = manifestsOf('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: acme-dev\n  labels:\n    a: 1\n');
  t.strictSame(check(acme, { namespaces: given }).faults, [
    { file: '<stdin>', line: 6, column: 5, message: 'Namespace: metadata.labels.a must be of type string' },
  ]);
  t.end();
});

void test('kinds that no rule knows are counted, and never an error', (t) => {
  const report = check(
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: 1',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nspec: {kubeConfig: {}}',
      'apiVersion: example.com/v1\nkind: Pod\nspec: {hostNetwork: true}',
      'apiVersion: a/b/c\nkind: Pod\nspec: {hostNetwork: true}',
    ].join('\n---\n'),
  );
  t.match(report.summary, { objects: 4, judged: 0 });
  t.strictSame([report.results, report.undecided, report.faults], [[], [], []]);
  t.end();
});

void test('an object of the wrong shape is undecided, for every rule that would have judged it', (t) => {
  const report = check(
    `${acme}---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: acme-dev}\nspec:\n  hostNetwork: "no"\n`,
  );
  t.match(
    report.undecided.find(({ rule }) => rule === 'pods/host-network'),
    {
      mode: 'enforce',
      undecided: 'deny',
      field: 'spec.hostNetwork',
      message: 'must be of type boolean or null',
      line: 12,
      column: 3,
    },
  );
  t.strictSame(report.results, []);
  t.end();
});

void test('a namespace that is nobody’s to know leaves rules undecided, unless a tenant is named', (t) => {
  const labelled =
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: acme-dev\n  labels: {tenantgate.dev/tenant: acme}\n';
  t.match(check(labelled).undecided, [{ rule: 'pods/tenant-label-matches', field: '', line: 1, column: 1 }]);
  t.strictSame(check(labelled, { tenant: 'acme' }).undecided, []);
  t.strictSame(check(labelled, { tenant: 'acme' }).results, []);
  t.strictSame(placesOf(check(labelled, { tenant: 'globex' })), [
    'pods/tenant-label-matches metadata.labels["tenantgate.dev/tenant"] 6:12',
  ]);
  t.end();
});

void test('exemptions let pass, and expired ones are told', (t) => {
  const [tenancy, pods] = [shippedDocuments().get('tenancy.yaml'), shippedDocuments().get('pods.yaml')] as readonly {
    spec: object;
  }[];
  const exempt = (expires: string) => ({
    ...pods,
    spec: {
      ...pods?.spec,
      exemptions: [{ rules: ['pods/host-network'], owner: 'ops', reason: 'node agent', expires }],
    },
  });
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true}\n';
  const held = check(pod, { policySet: compiled([tenancy, exempt('2026-06-01')]) });
  t.match(held.results, [{ leniency: { kind: 'exempt', owner: 'ops', reason: 'node agent', expires: '2026-06-01' } }]);
  t.match(held.summary, { violations: { enforce: 0 }, exempt: 1, expiredExemptions: 0 });
  const expired = check(pod, { policySet: compiled([tenancy, exempt('2026-05-31')]) });
  t.equal(expired.results[0]?.leniency, undefined);
  t.match(expired.summary, { violations: { enforce: 1 }, exempt: 0, expiredExemptions: 1 });
  t.match(expired.expiredExemptions, [
    { rule: 'pods/host-network', owner: 'ops', expires: '2026-05-31', line: 1, column: 1 },
  ]);
  t.end();
});

void test('the order is that of file, line, column and rule', (t) => {
  const pod = (name: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {tenantgate.dev/tenant: globex}}\nspec: {hostNetwork: true}\n`;
  const root = t.testdir({ 'b.yaml': pod('b'), 'a.yaml': `${pod('a1')}---\n${pod('a2')}` });
  const report = check('', { manifests: readManifests([`${root}/b.yaml`, root], undefined), tenant: 'acme' });
  t.strictSame(
    report.results.map(({ object, line, rule }) => `${object.name}:${line} ${rule}`),
    [
      'a1:3 pods/tenant-label-matches',
      'a1:4 pods/host-network',
      'a2:8 pods/tenant-label-matches',
      'a2:9 pods/host-network',
      'b:3 pods/tenant-label-matches',
      'b:4 pods/host-network',
    ],
  );
  t.end();
});

void test('keys of the prototype in an object are data', (t) => {
  const report = check(
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {__proto__: x, constructor: z}\n__proto__: {spec: {hostNetwork: true}}\nconstructor: 1\n',
    { tenant: 'acme' },
  );
  t.strictSame([report.results, report.undecided, report.faults], [[], [], []]);
  t.match(report.summary, { objects: 1, judged: 1 });
  t.end();
});

void test('a planned denial is told with its day, in every report', (t) => {
  const planned = compiled([
    ...[...shippedDocuments()].filter(([file]) => file === 'tenancy.yaml').map(([, value]) => value),
    {
      apiVersion: 'tenantgate.dev/v1alpha1',
      kind: 'Policy',
      metadata: { name: 'planned' },
      spec: {
        enforceFrom: '2027-01-31',
        rules: [{ rule: 'network/confined-peers' }, { rule: 'pods/tenant-label-matches' }],
      },
    },
  ]);
  const until = check(`${acme}---\n${openPolicy}\n`, { policySet: planned, today: '2027-01-30' });
  t.match(until.results, [{ mode: 'audit', enforcedFrom: '2027-01-31' }]);
  const notice = /NetworkPolicy acme-dev\/web spec\.ingress\[0\]\.from\[1\].*; will be denied from 2027-01-31/;
  t.match(textReport(until, false), notice);
  t.match(githubReport(until), notice);
  t.match(sarifReport(until, { version: undefined, rules: [] }), notice);
  t.match(
    junitReport({ objects: until.objects, faults: [] }, () => true),
    notice,
  );
  const after = check(`${acme}---\n${openPolicy}\n`, { policySet: planned, today: '2027-01-31' });
  t.match(after.results, [{ mode: 'enforce', enforcedFrom: undefined }]);
  t.notMatch(textReport(after, false), /will be denied/);
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b, labels: {tenantgate.dev/tenant: acme}}\n';
  const unknown = check(`${pod}spec: {containers: [{name: a, image: b}]}\n`, {
    policySet: planned,
    today: '2027-01-30',
  });
  t.match(unknown.undecided, [{ mode: 'audit', enforcedFrom: '2027-01-31' }]);
  t.match(textReport(unknown, false), /; will be denied from 2027-01-31/);
  t.end();
});
