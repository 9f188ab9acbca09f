import t from 'tap';

import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantgate } from './tenantgate.ts';
import { createTenants } from './tenants.ts';

/** What tenants are warned of in NetworkPolicies, as kubectl shows it: each rule once warns, and once has nothing to say. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, acmeProd, asAcme } = await createTenants(cluster, 'traps');

const labelled = (app: string) => ({ podSelector: { matchLabels: { app } } });
const everyPod = { podSelector: {} };
const acme = { namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } } };
const kubeDns = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};
const dnsPorts = [
  { port: 53, protocol: 'UDP' },
  { port: 53, protocol: 'TCP' },
];
const ingress = (...from: object[]) => ({ policyTypes: ['Ingress'], ingress: [{ from }] });
const egress = (...rules: object[]) => ({ ...labelled('web'), policyTypes: ['Egress'], egress: rules });
const toDatabase = { to: [labelled('web')], ports: [{ port: 5432 }] };
const onPort = (port: string) => ({ policyTypes: ['Ingress'], ingress: [{ from: [everyPod], ports: [{ port }] }] });

interface Case {
  readonly rule: string;
  /** Where the warned policy is applied, if not in the same namespace as the silent one. */
  readonly namespace?: string;
  readonly field: string;
  readonly fix: string;
  readonly warned: object;
  readonly silent: object;
}

const cases: readonly Case[] = [
  {
    rule: 'or-instead-of-and',
    field: 'spec.ingress[0].from[1]',
    fix: 'from: [{namespaceSelector: {matchLabels: {tenantgate.dev/tenant: acme}}, podSelector: {matchLabels: {app: web}}}]',
    warned: ingress(acme, labelled('web')),
    silent: ingress({ ...acme, ...labelled('web') }),
  },
  {
    rule: 'egress-without-dns',
    field: 'spec.egress',
    fix: 'egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}',
    warned: egress(toDatabase),
    silent: egress(toDatabase, { to: [kubeDns], ports: dnsPorts }),
  },
  {
    rule: 'policy-types-missing',
    field: 'spec.egress',
    fix: 'policyTypes: [Ingress, Egress]',
    warned: { policyTypes: ['Ingress'], egress: [{ to: [everyPod] }] },
    silent: { egress: [{ to: [everyPod] }] },
  },
  {
    rule: 'selects-nothing',
    field: 'spec.podSelector',
    fix: 'podSelector: {}',
    warned: { ...labelled('wbe'), ...ingress(everyPod) },
    silent: { ...labelled('nightly'), ...ingress(everyPod) },
  },
  {
    rule: 'host-network-not-governed',
    namespace: acmeProd,
    field: 'spec.podSelector',
    fix: 'hostNetwork: false',
    warned: ingress(everyPod),
    silent: ingress(everyPod),
  },
  {
    rule: 'named-port-unknown',
    field: 'spec.ingress[0].ports[0].port',
    fix: 'port: http',
    warned: onPort('https'),
    silent: onPort('http'),
  },
  {
    rule: 'rule-without-effect',
    field: 'spec.ingress[1]',
    fix: 'Remove spec.ingress[1]',
    warned: { policyTypes: ['Ingress'], ingress: [{ from: [everyPod] }, { from: [labelled('web')] }] },
    silent: ingress(everyPod, labelled('web')),
  },
  {
    rule: 'peer-matches-nothing',
    field: 'spec.ingress[0].from[0].podSelector',
    fix: 'kubectl get namespaces,pods --show-labels',
    warned: ingress(labelled('wbe')),
    silent: ingress(labelled('nightly')),
  },
];

t.before(async () => {
  const web = { name: 'app', image: 'registry.example/app:1.0', ports: [{ name: 'http', containerPort: 8080 }] };
  const template = { metadata: { labels: { app: 'nightly' } }, spec: { restartPolicy: 'Never', containers: [web] } };
  const nightly = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: acmeDev },
    spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template } } },
  };
  await tenantgate.pause(async () => {
    const objects = [
      pod(acmeDev, 'web', { containers: [web] }, { app: 'web' }),
      nightly,
      pod(acmeProd, 'agent', { hostNetwork: true }, { app: 'agent' }),
    ];
    expectSuccess(await cluster.apply(objects, asAcme));
  });
});

for (const { rule, namespace = acmeDev, field, fix, warned, silent } of cases) {
  t.test(`network/${rule} warns, with the fix on a line of its own, and admits`, async (t) => {
    const outcome = await cluster.apply([networkPolicy(namespace, 'trap', warned)], { ...asAcme, dryRun: true });
    expectSuccess(outcome);
    const lines = outcome.stderr.split('\n');
    const index = lines.findIndex((line) => line.startsWith(`Warning: Tenantgate: ${field}: `) && line.includes(rule));
    t.ok(index >= 0, outcome.stderr);
    t.ok(lines[index]?.endsWith(` [network/${rule}]`), 'the whole warning fits');
    t.ok(lines[index + 1]?.startsWith('Warning: Tenantgate: fix: '), outcome.stderr);
    t.ok(lines[index + 1]?.includes(fix), `${fix} in: ${outcome.stderr}`);
  });

  t.test(`network/${rule} has nothing to say of the twin`, async (t) => {
    const outcome = await cluster.apply([networkPolicy(acmeDev, 'twin', silent)], { ...asAcme, dryRun: true });
    expectSuccess(outcome);
    t.notMatch(outcome.stderr, rule);
  });
}

t.test('what the API server refuses by itself reaches no webhook', async (t) => {
  const before = (await tenantgate.decisions()).length;
  const ports: readonly (readonly [object, RegExp])[] = [
    [{ endPort: 90 }, /ports\[0\]\.endPort: Invalid value/],
    [{ port: 80, endPort: 70 }, /ports\[0\]\.endPort: Invalid value/],
    [{ port: 'http', endPort: 90 }, /ports\[0\]\.endPort: Invalid value/],
  ];
  for (const [port, message] of ports) {
    const policy = networkPolicy(acmeDev, 'range', { ingress: [{ from: [everyPod], ports: [port] }] });
    const outcome = await cluster.apply([policy], { ...asAcme, dryRun: true });
    t.equal(outcome.code, 1);
    t.match(outcome.stderr, message);
    t.notMatch(outcome.stderr, 'admission webhook');
  }
  const seen = (await tenantgate.decisions()).slice(before);
  t.same(
    seen.filter(({ path }) => path === 'validate'),
    [],
  );
});
