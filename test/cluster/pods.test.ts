import t from 'tap';

import { expectSuccess, type KubectlOutcome } from './kubectl.ts';
import { pod, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** Denied and admitted twins for the rules of pods, as kubectl shows them, on a real API server. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, globex, asAcme } = await createTenants(cluster, 'pods');

type Assertions = Pick<typeof t, 'equal' | 'match' | 'ok'>;

function isDenied(t: Assertions, outcome: KubectlOutcome, ...parts: readonly string[]): void {
  t.equal(outcome.code, 1, outcome.stderr || outcome.stdout);
  t.match(outcome.stderr, /^Error from server \(Forbidden\):[^]* admission webhook "[a-z.]+" denied the request: /m);
  for (const part of parts) t.ok(outcome.stderr.includes(part), `${part} in: ${outcome.stderr}`);
}

const image = 'registry.example/app:1.0';
const container = (more: object) => ({ containers: [{ name: 'app', image, ...more }] });
const token = (audience?: string) => ({
  volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience } }] } }],
});

interface Case {
  readonly rule: string;
  readonly field: string;
  readonly denied: object;
  readonly admitted: object;
}

const cases: readonly Case[] = [
  {
    rule: 'pods/pod-security',
    field: 'spec.containers[0].securityContext.privileged',
    denied: container({ securityContext: { privileged: true } }),
    admitted: container({ securityContext: { privileged: false } }),
  },
  { rule: 'pods/host-namespaces', field: 'spec.hostPID', denied: { hostPID: true }, admitted: { hostPID: false } },
  {
    rule: 'pods/host-ports',
    field: 'spec.containers[0].ports[0].hostPort',
    denied: container({ ports: [{ containerPort: 80, hostPort: 8080 }] }),
    admitted: container({ ports: [{ containerPort: 80 }] }),
  },
  {
    rule: 'pods/no-foreign-service-account-token',
    field: 'spec.volumes[0].projected.sources[0].serviceAccountToken.audience',
    denied: token('vault.example'),
    admitted: token(),
  },
  { rule: 'pods/no-node-pinning', field: 'spec.nodeName', denied: { nodeName: 'node-1' }, admitted: {} },
  {
    rule: 'pods/no-node-pinning',
    field: 'spec.tolerations[0]',
    denied: { tolerations: [{ operator: 'Exists' }] },
    admitted: { tolerations: [{ key: 'dedicated', operator: 'Exists' }] },
  },
  {
    rule: 'pods/no-system-priority',
    field: 'spec.priorityClassName',
    denied: { priorityClassName: 'system-node-critical' },
    admitted: {},
  },
];

for (const { rule, field, denied, admitted } of cases) {
  t.test(`${rule} refuses ${field} in a Pod and in every pod template, and admits the twin`, async (t) => {
    isDenied(
      t,
      await cluster.apply([pod(acmeDev, 'bad', denied)], { ...asAcme, dryRun: true }),
      `${field}: `,
      `[${rule}]`,
    );
    expectSuccess(await cluster.apply([pod(acmeDev, 'good', admitted)], { ...asAcme, dryRun: true }));
    for (const workload of workloads(acmeDev, denied)) {
      isDenied(
        t,
        await cluster.apply([workload.object], { ...asAcme, dryRun: true }),
        `${workload.field}.${field}: `,
        `[${rule}]`,
      );
    }
    const good = workloads(acmeDev, admitted).map(({ object }) => object);
    expectSuccess(await cluster.apply(good, { ...asAcme, dryRun: true }));
  });
}

t.test('pods/pod-security follows the namespace’s own label, at workloads too', async (t) => {
  const label = (level: string) => [
    'label',
    'namespace',
    acmeDev,
    `pod-security.kubernetes.io/enforce=${level}`,
    '--overwrite',
  ];
  expectSuccess(await cluster.kubectl(label('restricted')));
  t.teardown(async () => expectSuccess(await cluster.kubectl(label('privileged'))));
  const [deployment] = workloads(acmeDev, {});
  isDenied(
    t,
    await cluster.apply([deployment!.object], { ...asAcme, dryRun: true }),
    'violates PodSecurity "restricted:latest", which the namespace’s label enforces: runAsNonRoot: ',
    'capabilities_restricted: ',
  );
});

t.test('pods/pod-security sees ephemeral containers and resizes through their subresources', async (t) => {
  // A resize may not change the class of service, so there is a request to begin with.
  const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
  expectSuccess(await cluster.apply([pod(acmeDev, 'running', container(requests('10m')))], asAcme));
  const add = (securityContext: object): readonly string[] => {
    const ephemeralContainers = [{ name: 'debug', image, securityContext }];
    const patch = JSON.stringify({ spec: { ephemeralContainers } });
    return ['patch', 'pod', 'running', '-n', acmeDev, '--subresource=ephemeralcontainers', '-p', patch];
  };
  isDenied(
    t,
    await cluster.kubectl(add({ privileged: true }), asAcme),
    'spec.ephemeralContainers[0].securityContext.privileged: ',
    '[pods/pod-security]',
  );
  expectSuccess(await cluster.kubectl(add({ privileged: false }), asAcme));
  const resize = JSON.stringify({ spec: { containers: [{ name: 'app', ...requests('20m') }] } });
  expectSuccess(
    await cluster.kubectl(['patch', 'pod', 'running', '-n', acmeDev, '--subresource=resize', '-p', resize], asAcme),
  );
  const seen = (await tenantgate.decisions()).map(({ subresource }) => subresource);
  t.ok(seen.includes('ephemeralcontainers') && seen.includes('resize'));
});

t.test(
  'pods/isolated-before-start warns in a namespace without a NetworkPolicy, and not where there is one',
  async (t) => {
    const open = await cluster.apply([pod(globex, 'open')], { dryRun: true });
    expectSuccess(open);
    t.match(open.stderr, /Warning: Tenantgate: metadata\.labels: a pod with .* would start without ingress isolation/);
    const covered = await cluster.apply([pod(acmeDev, 'covered')], { ...asAcme, dryRun: true });
    expectSuccess(covered);
    t.notMatch(covered.stderr, 'isolated-before-start');
  },
);

t.test('a Pod that broke the standards before is warned of, until it runs something new', async (t) => {
  const bad = pod(acmeDev, 'legacy', container({ securityContext: { privileged: true } }));
  await tenantgate.pause(async () => expectSuccess(await cluster.apply([bad], asAcme)));
  const labelled = await cluster.kubectl(['label', 'pod', 'legacy', '-n', acmeDev, 'note=kept'], asAcme);
  expectSuccess(labelled);
  t.match(labelled.stderr, /Warning: Tenantgate: spec\.containers\[0\]\.securityContext\.privileged/);
  const image = ['set', 'image', 'pod/legacy', '-n', acmeDev, 'app=registry.example/app:2.0'];
  const changed = await cluster.kubectl(image, asAcme);
  t.equal(changed.code, 1);
  t.match(
    changed.stderr,
    /denied the request: spec\.containers\[0\]\.securityContext\.privileged: .*\[pods\/pod-security\]/,
  );
});
