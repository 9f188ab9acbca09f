import t from 'tap';

import { installFluxCrds } from './flux-crds.ts';
import { expectSuccess, type KubectlOutcome } from './kubectl.ts';
import { helmRelease, kustomization, networkPolicy, pod, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** Denied and admitted twins for every rule, as kubectl shows them, on a real API server. */
const cluster = await connectControlPlane();
const flux = await installFluxCrds(cluster);
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, acmeProd, globex, asAcme } = await createTenants(cluster, 'enforce');

type Assertions = Pick<typeof t, 'equal' | 'match' | 'ok'>;

const nameLabel = 'kubernetes.io/metadata.name';
const tenantLabel = 'tenantgate.dev/tenant';
const dns = {
  namespaceSelector: { matchLabels: { [nameLabel]: 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};
const dnsPorts = [
  { port: 53, protocol: 'UDP' },
  { port: 53, protocol: 'TCP' },
];
const ingress = (...from: object[]) => ({ policyTypes: ['Ingress'], ingress: [{ from }] });
const egress = (to: object[], ports?: object[]) => ({
  policyTypes: ['Egress'],
  egress: [{ to, ...(ports === undefined ? {} : { ports }) }],
});
const expression = (key: string, operator: string, values?: string[]) => ({
  namespaceSelector: { matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] },
});

function isDenied(t: Assertions, outcome: KubectlOutcome, ...parts: readonly string[]): void {
  t.equal(outcome.code, 1, outcome.stderr || outcome.stdout);
  t.match(outcome.stderr, /^Error from server \(Forbidden\):[^]* admission webhook "[a-z.]+" denied the request: /m);
  for (const part of parts) t.ok(outcome.stderr.includes(part), `${part} in: ${outcome.stderr}`);
}

t.test('a NetworkPolicy that lets another tenant in is refused, with the proof in the message', async (t) => {
  const outcome = await cluster.apply([networkPolicy(acmeDev, 'open', ingress({ namespaceSelector: {} }))], asAcme);
  t.equal(outcome.code, 1);
  t.equal(
    outcome.stderr.replace(/^.*denied the request: /, ''),
    'spec.ingress[0].from[0].namespaceSelector: {} lets in namespaces beyond those of tenant "acme" on every port; ' +
      'counterexample: any pod in a namespace labelled tenantgate.dev/tenant=other [network/confined-peers]\n' +
      '  Fix: Pin the peer to the tenant:\n    from:\n      - namespaceSelector:\n          matchLabels:\n' +
      '            tenantgate.dev/tenant: acme\n',
  );
  const again = await cluster.apply([networkPolicy(acmeDev, 'open', ingress({ namespaceSelector: {} }))], asAcme);
  t.equal(again.stderr, outcome.stderr, 'the message is the same bytes at every try');
});

const broad: readonly (readonly [string, object])[] = [
  ['every name', ingress(expression(nameLabel, 'Exists'))],
  ['not some tenant', ingress(expression(tenantLabel, 'NotIn', ['x']))],
  ['no such label', ingress(expression('quarantined', 'DoesNotExist'))],
  ['own tenant or another', ingress(expression(tenantLabel, 'In', ['acme', 'globex']))],
  ['a label that tenants set', ingress({ namespaceSelector: { matchLabels: { env: 'prod' } } })],
  [
    'a selector that only looks narrow',
    ingress({ namespaceSelector: { matchLabels: { team: 'acme' } }, podSelector: { matchLabels: { app: 'web' } } }),
  ],
  ['absent from', { policyTypes: ['Ingress'], ingress: [{}] }],
  ['every port towards DNS', egress([dns])],
  ['two halves', egress([{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }])],
  ['all but a few', egress([{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.0.0/16'] } }])],
  ['all of IPv6', egress([{ ipBlock: { cidr: '::/0' } }])],
  ['the pod range', egress([{ ipBlock: { cidr: '10.244.0.0/16' } }])],
  ['a name that no namespace has yet', ingress(expression(nameLabel, 'In', ['enforce-acme-later']))],
  ['another tenant by name', ingress(expression(nameLabel, 'In', [globex]))],
];
for (const [name, spec] of broad) {
  t.test(`refused: ${name}`, async (t) => {
    isDenied(t, await cluster.apply([networkPolicy(acmeDev, 'broad', spec)], asAcme), '[network/');
  });
}

const confined: readonly (readonly [string, object])[] = [
  ['own-namespace', ingress({ podSelector: {} })],
  ['own-tenant', ingress({ namespaceSelector: { matchLabels: { [tenantLabel]: 'acme' } } })],
  ['own-tenant-and-more', ingress({ namespaceSelector: { matchLabels: { [tenantLabel]: 'acme', env: 'prod' } } })],
  ['own-names', ingress(expression(nameLabel, 'In', [acmeProd, acmeDev]))],
  ['dns', egress([dns], dnsPorts)],
  [
    'dns-udp-only',
    egress(
      [{ ...expression(nameLabel, 'In', ['kube-system']), podSelector: dns.podSelector }],
      [{ port: 53, protocol: 'UDP' }],
    ),
  ],
  ['small-block', egress([{ ipBlock: { cidr: '203.0.113.0/24' } }])],
];
for (const [name, spec] of confined) {
  t.test(`admitted: ${name}, with the tenant label in the stored object`, async (t) => {
    expectSuccess(await cluster.apply([networkPolicy(acmeDev, name, spec)], asAcme));
    const path = `jsonpath={.metadata.labels['tenantgate\\.dev/tenant']}`;
    const stored = await cluster.kubectl(['get', 'networkpolicy', name, '-n', acmeDev, '-o', path]);
    t.equal(stored.stdout, 'acme');
  });
}

t.test('server-side apply, dry run, patch and edit are judged alike', async (t) => {
  const open = networkPolicy(acmeDev, 'paths', ingress({ namespaceSelector: {} }));
  const closed = networkPolicy(acmeDev, 'paths', ingress({ podSelector: {} }));
  isDenied(t, await cluster.apply([open], { ...asAcme, serverSide: true }), '[network/confined-peers]');
  isDenied(t, await cluster.apply([open], { ...asAcme, dryRun: true }), '[network/confined-peers]');
  expectSuccess(await cluster.apply([closed], { ...asAcme, dryRun: true }));
  expectSuccess(await cluster.apply([closed], { ...asAcme, serverSide: true }));
  const widen = JSON.stringify({ spec: { ingress: [{ from: [{ namespaceSelector: {} }] }] } });
  const patch = ['patch', 'networkpolicy', 'paths', '-n', acmeDev, '--type=merge', '-p', widen];
  isDenied(t, await cluster.kubectl(patch, asAcme), '[network/confined-peers]');
  const edit = ['edit', 'networkpolicy', 'paths', '-n', acmeDev];
  const editor = { KUBE_EDITOR: "sed -i 's/- podSelector: {}/- namespaceSelector: {}/'" };
  const edited = await cluster.kubectl(edit, { ...asAcme, env: editor });
  t.not(edited.code, 0);
  t.match(edited.stderr + edited.stdout, /network\/confined-peers/);
});

t.test('isolation is kept: the default-deny can neither be deleted nor narrowed by the tenant', async (t) => {
  const remove = ['delete', 'networkpolicy', 'default-deny', '-n', acmeProd];
  isDenied(t, await cluster.kubectl(remove, asAcme), '[network/isolation-kept]', 'ingress default-deny');
  isDenied(
    t,
    await cluster.kubectl(['delete', 'networkpolicies', '--all', '-n', acmeProd], asAcme),
    '[network/isolation-kept]',
  );
  const narrow = JSON.stringify({ spec: { podSelector: { matchLabels: { app: 'web' } } } });
  const patch = ['patch', 'networkpolicy', 'default-deny', '-n', acmeProd, '--type=merge', '-p'];
  isDenied(t, await cluster.kubectl([...patch, narrow], asAcme), '[network/isolation-kept]');
  const ingressOnly = JSON.stringify({ spec: { policyTypes: ['Ingress'] } });
  isDenied(t, await cluster.kubectl([...patch, ingressOnly], asAcme), 'egress default-deny');
  expectSuccess(
    await cluster.apply([networkPolicy(acmeProd, 'second-deny', { policyTypes: ['Ingress', 'Egress'] })], asAcme),
  );
  expectSuccess(await cluster.kubectl(remove, asAcme));
});

t.test('isolation cannot be left to a policy that is on its way out, nor to the garbage collector', async (t) => {
  // Where only second-deny is left of those that select every pod.
  const remove = ['delete', 'networkpolicy', 'second-deny', '-n', acmeProd];
  const twin = networkPolicy(acmeProd, 'going', { policyTypes: ['Ingress', 'Egress'] });
  const held = { ...twin, metadata: { ...twin.metadata, finalizers: ['example.com/hold'] } };
  expectSuccess(await cluster.apply([held], asAcme));
  expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', 'going', '-n', acmeProd, '--wait=false'], asAcme));
  isDenied(t, await cluster.kubectl(remove, asAcme), '[network/isolation-kept]');
  const release = ['patch', 'networkpolicy', 'going', '-n', acmeProd, '--type=merge', '-p'];
  expectSuccess(await cluster.kubectl([...release, '{"metadata":{"finalizers":null}}'], asAcme));
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '7d5a5b7e-0000-4000-8000-000000000000' };
  const give = JSON.stringify({ metadata: { ownerReferences: [owner] } });
  const patch = ['patch', 'networkpolicy', 'second-deny', '-n', acmeProd, '--type=merge', '-p', give];
  isDenied(t, await cluster.kubectl(patch, asAcme), '[network/isolation-kept]');
});

t.test('hostNetwork is refused in a Pod and in every pod template', async (t) => {
  isDenied(
    t,
    await cluster.apply([pod(acmeDev, 'host', { hostNetwork: true })], asAcme),
    'spec.hostNetwork: true',
    '[pods/host-network]',
  );
  for (const { field, object } of workloads(acmeDev, { hostNetwork: true })) {
    isDenied(t, await cluster.apply([object], asAcme), `${field}.spec.hostNetwork: true`);
  }
  for (const { object } of workloads(acmeDev, {}))
    expectSuccess(await cluster.apply([object], { ...asAcme, dryRun: true }));
});

t.test(
  'a Deployment’s Pods, made by the ReplicaSet controller, get the tenant label; its template does not',
  async (t) => {
    const [deployment] = workloads(acmeProd, {});
    expectSuccess(await cluster.apply([deployment!.object], asAcme));
    expectSuccess(
      await cluster.kubectl(['scale', 'deployment', 'w-deployment', '--replicas=2', '-n', acmeProd], asAcme),
    );
    const pods = await waitFor(
      'two labelled pods',
      async () => {
        const list = await cluster.kubectl([
          'get',
          'pods',
          '-n',
          acmeProd,
          '-l',
          `app=w,${tenantLabel}=acme`,
          '-o',
          'name',
        ]);
        const names = list.stdout.trim().split('\n');
        return names.length === 2 && names;
      },
      { timeoutMs: 30_000 },
    );
    t.equal(pods.length, 2);
    const labels = await cluster.kubectl([
      'get',
      'deployment',
      'w-deployment',
      '-n',
      acmeProd,
      '-o',
      'jsonpath={.spec.template.metadata.labels}',
    ]);
    t.same(JSON.parse(labels.stdout), { app: 'w' });
    const makers = (await tenantgate.decisions()).filter(({ kind }) => kind === 'v1/Pod').map(({ user }) => user);
    t.ok(makers.includes('system:serviceaccount:kube-system:replicaset-controller'));
  },
);

t.test('a label that names another tenant is left as it is, and refused', async (t) => {
  const foreign = { [tenantLabel]: 'globex' };
  isDenied(
    t,
    await cluster.apply([pod(acmeDev, 'dressed', {}, foreign)], asAcme),
    '"globex" is not the tenant',
    '[pods/tenant-label-matches]',
  );
  expectSuccess(await cluster.apply([pod(acmeDev, 'plain')], asAcme));
  const stored = await cluster.kubectl(['get', 'pod', 'plain', '-n', acmeDev, '-o', 'jsonpath={.metadata.labels}']);
  t.same(JSON.parse(stored.stdout), { [tenantLabel]: 'acme' });
});

t.test('an ephemeral container and a resize reach the webhook through their subresources', async (t) => {
  const debug = { spec: { ephemeralContainers: [{ name: 'debug', image: 'registry.example/debug:1.0' }] } };
  const patch = [
    'patch',
    'pod',
    'plain',
    '-n',
    acmeDev,
    '--subresource=ephemeralcontainers',
    '-p',
    JSON.stringify(debug),
  ];
  expectSuccess(await cluster.kubectl(patch, asAcme));
  const seen = (await tenantgate.decisions()).filter(({ subresource }) => subresource === 'ephemeralcontainers');
  t.equal(seen.length, 1);
});

t.test(
  'Flux objects act as the tenant, from its own sources, in this cluster',
  { skip: flux.ok ? false : flux.message },
  async (t) => {
    const kubeConfig = { configMapRef: { name: 'remote' } };
    for (const make of [kustomization, helmRelease]) {
      isDenied(
        t,
        await cluster.apply([make(acmeDev, 'app', { serviceAccountName: null })], asAcme),
        '[flux/service-account-required]',
      );
      isDenied(
        t,
        await cluster.apply([make(acmeDev, 'app', { dependsOn: [{ name: 'x', namespace: globex }] })], asAcme),
        'spec.dependsOn[0].namespace',
        'belongs to tenant "globex"',
      );
      isDenied(t, await cluster.apply([make(acmeDev, 'app', { kubeConfig })], asAcme), '[flux/no-kube-config]');
      expectSuccess(
        await cluster.apply([make(acmeDev, 'app', { dependsOn: [{ name: 'x', namespace: acmeProd }] })], asAcme),
      );
    }
    const chart = { kind: 'HelmRepository', name: 'charts', namespace: globex };
    for (const [field, spec] of [
      ['spec.chart.spec.sourceRef.namespace', { chart: { spec: { chart: 'app', sourceRef: chart } } }],
      [
        'spec.chartRef.namespace',
        { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'app', namespace: globex } },
      ],
    ] as const) {
      const release = helmRelease(acmeDev, 'release', spec);
      isDenied(t, await cluster.apply([release], asAcme), field, '[flux/own-tenant-references]');
      isDenied(
        t,
        await cluster.apply([release], { ...asAcme, serverSide: true }),
        field,
        '[flux/own-tenant-references]',
      );
    }
    // What helm-controller does without a dry run before, Tenantgate judges in the one call that there is.
    const own = { chart: { spec: { chart: 'app', sourceRef: { ...chart, namespace: acmeProd } } } };
    expectSuccess(await cluster.apply([helmRelease(acmeDev, 'release', own)], asAcme));
    const widen = JSON.stringify({ spec: { chart: { spec: { sourceRef: { namespace: globex } } } } });
    const patch = ['patch', 'helmrelease', 'release', '-n', acmeDev, '--type=merge', '-p', widen];
    isDenied(
      t,
      await cluster.kubectl(patch, asAcme),
      'spec.chart.spec.sourceRef.namespace',
      'belongs to tenant "globex"',
    );
    const foreign = { sourceRef: { kind: 'GitRepository', name: 'app', namespace: globex } };
    isDenied(
      t,
      await cluster.apply([kustomization(acmeDev, 'app', foreign)], asAcme),
      'spec.sourceRef.namespace',
      '[flux/own-tenant-references]',
    );
  },
);

t.test('all violations of an object come at once, with causes', async (t) => {
  const both = networkPolicy(acmeDev, 'both', {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ namespaceSelector: {} }] }],
    egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
  });
  isDenied(t, await cluster.apply([both], asAcme), '[network/confined-peers]', '[network/bounded-addresses]');
});

t.test('an old object that is wrong can be repaired step by step, and its finalizer removed', async (t) => {
  const name = 'legacy';
  const ofEnv = (labels: Record<string, string>) => ({ namespaceSelector: { matchLabels: labels } });
  const bad = networkPolicy(acmeDev, name, ingress(ofEnv({ env: 'prod' })));
  // The platform put it there before: its namespace was the platform's business then, so the webhook is off for it.
  await tenantgate.pause(async () =>
    expectSuccess(await cluster.apply([{ ...bad, metadata: { ...bad.metadata, finalizers: ['example.com/hold'] } }])),
  );
  const annotate = await cluster.kubectl(['annotate', 'networkpolicy', name, '-n', acmeDev, 'note=kept'], asAcme);
  expectSuccess(annotate);
  t.match(annotate.stderr, /Warning: Tenantgate: spec\.ingress\[0\]\.from\[0\]\.namespaceSelector/);
  const patch = ['patch', 'networkpolicy', name, '-n', acmeDev, '--type=merge', '-p'];
  const worse = JSON.stringify({ spec: ingress(ofEnv({ env: 'prod' }), { namespaceSelector: {} }) });
  isDenied(t, await cluster.kubectl([...patch, worse], asAcme), 'from[1]');
  const better = JSON.stringify({ spec: ingress(ofEnv({ env: 'prod', team: 'web' })) });
  expectSuccess(await cluster.kubectl([...patch, better], asAcme));
  expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', name, '-n', acmeDev, '--wait=false'], asAcme));
  const release = JSON.stringify({ metadata: { finalizers: null } });
  expectSuccess(await cluster.kubectl([...patch, release], asAcme));
});

t.test('the platform’s namespaces are never in the way', async () => {
  expectSuccess(await cluster.apply([pod('kube-system', 'host-agent', { hostNetwork: true })]));
  expectSuccess(await cluster.kubectl(['delete', 'pod', 'host-agent', '-n', 'kube-system', '--wait=false']));
});

t.test('a whole namespace can be deleted: its policies and pods go with it', async (t) => {
  expectSuccess(await cluster.kubectl(['delete', 'namespace', acmeProd, '--timeout=60s']));
  const gone = await cluster.kubectl(['get', 'namespace', acmeProd]);
  t.match(gone.stderr, /NotFound/);
});
