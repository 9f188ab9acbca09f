import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import t, { type Test } from 'tap';
import { parse } from 'yaml';

import { subjectsWithoutPlatform, webhookRules } from '../../../src/admission/webhook-rules.ts';
import { compileDocuments } from '../../../src/config/compile-documents.ts';
import { readManifests } from '../../../src/manifests/read-manifests.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { startCertManager } from '../cert-manager.ts';
import { type KubernetesObject } from '../cluster.ts';
import { helmFor } from '../helm.ts';
import { expectSuccess } from '../kubectl.ts';
import { requireAddons } from '../require-addons.ts';
import { connectControlPlane } from '../session.ts';
import { chartFolder, podOf, renderChart, standing, textOf, webhooksOf, type PodSpec } from './rendered-chart.ts';

/** What the chart renders, without a release: shape, rights, and that the real API server takes all of it. */
const cluster = await connectControlPlane();
const addons = requireAddons(t, cluster);
const helm = helmFor(cluster, addons);
const certManager = await startCertManager(cluster, addons);
await certManager.stop();
const namespace = 'render-tenantgate';
expectSuccess(await cluster.kubectl(['create', 'namespace', namespace]));

const given = ['certificates.mode=secret', 'certificates.secret.name=given-tls', 'certificates.secret.caBundle=Zm9v'];
const selfManaged = ['certificates.mode=self-managed'];
const mutual = ['mtls.enabled=true', 'mtls.clientCA.name=client-ca', 'mtls.clientNames={kube-apiserver}'];
const staged = ['webhooks.staged.enabled=true', 'webhooks.staged.namespaces={team-a-test}'];
const controlPlane = ['kube-node-lease', 'kube-public', 'kube-system'];

t.test('the chart is clean', async (t) => {
  for (const values of [[], ['mode=enforce'], given, selfManaged, mutual, staged]) {
    const { code, stdout, stderr } = await helm([
      'lint',
      '--strict',
      chartFolder,
      ...values.map((value) => `--set=${value}`),
    ]);
    t.equal(code, 0, `${values.join(' ')} ${stdout}${stderr}`);
  }
  const chart = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')) as { version: string; appVersion: string };
  const { version } = JSON.parse(readFileSync(join(chartFolder, '../../package.json'), 'utf8')) as { version: string };
  t.same([chart.version, chart.appVersion], [version, version], 'chart and program are of one version');
});

t.test('the API server takes every combination of the main values', async (t) => {
  const combinations = [
    ...['audit', 'warn', 'enforce'].flatMap((mode) =>
      [[], given, selfManaged].flatMap((certificates) =>
        [[], mutual].map((clients) => [`mode=${mode}`, ...certificates, ...clients]),
      ),
    ),
    ['webhooks.hooks=false', 'mode=enforce'],
    [...staged, 'mode=warn'],
    ['networkPolicy.enabled=false', 'podDisruptionBudget.enabled=false', 'priorityClassName='],
    [
      'networkPolicy.apiServer.addresses={192.0.2.10/32,2001:db8::1/128}',
      'networkPolicy.metricsNamespaces={monitoring}',
    ],
    ['serviceAccount.create=false', 'serviceAccount.name=given', 'rbac.create=false', 'rbac.viewer=false'],
    ['certificates.certManager.issuerRef.name=corporate', 'certificates.certManager.issuerRef.kind=ClusterIssuer'],
    ['fullnameOverride=gate', 'image.tag=1.2.3', 'image.pullSecrets={registry}', 'podLabels.team=platform'],
    ['audit.enabled=true'],
    ['audit.enabled=true', 'audit.reports=open-reports', 'audit.page.enabled=true', ...selfManaged],
    ['audit.enabled=true', 'audit.reports=none', 'events.enabled=false'],
    ['metrics.dashboard.enabled=true', 'webhooks.annotations.team=platform', 'service.port=9443'],
    [
      'policies.topics={network}',
      'policies.set=restricted',
      'replicas=3',
      'server.logLevel=debug',
      'webhooks.failurePolicy=Fail',
    ],
  ];
  for (const values of combinations) {
    const objects = standing(await renderChart(helm, values, { namespace }));
    const outcome = await cluster.apply(objects, { serverSide: true, dryRun: true });
    t.equal(outcome.code, 0, `${values.join(' ')} ${outcome.stderr}`);
    t.notMatch(outcome.stderr, 'Warning', 'without a warning');
  }
});

t.test('wrong, unknown and ill-matched values are refused, with what to do', async (t) => {
  const wrong: readonly (readonly [readonly string[], string | RegExp])[] = [
    [['mode=strict'], "at '/mode': value must be one of 'audit', 'warn', 'enforce'"],
    [['modes=audit'], "additional properties 'modes' not allowed"],
    [['webhooks.timeoutSeconds.validate=11'], /timeoutSeconds\/validate': maximum: got 11, want 10/],
    [['replicas=0'], /replicas': minimum/],
    [['image.digest=latest'], /image\/digest': .*does not match pattern/],
    [['tenancy.platfrom.groups={ops}'], "additional properties 'platfrom' not allowed"],
    [['policies.topics={everything}'], /policies\/topics\/0': value must be one of/],
    [['policies.set=strict'], /policies\/set': value must be one of/],
    [['policies.custom.mine.rules[0].rule=network/no-such-rule'], /policies\/custom\/mine\/rules\/0\/rule/],
    [['policies.custom.mine.rules[0].rule=pods/host-network', 'policies.custom.mine.mode=hard'], /mine\/mode/],
    [['certificates.mode=secret'], 'certificates.secret.name: is missing'],
    [['certificates.mode=secret'], 'certificates.secret.caBundle: is missing'],
    [['certificates.secret.name=x'], 'certificates.secret: is for certificates.mode `secret`, which is `cert-manager`'],
    [['mtls.enabled=true'], 'mtls.clientCA.name: is missing'],
    [['webhooks.staged.enabled=true'], 'webhooks.staged.namespaces: is empty'],
    [[...staged, 'webhooks.failurePolicy=Fail'], 'a staged roll-out (webhooks.staged.enabled) fails open'],
    [['policies.topics=null'], 'policies: no topic of the set and no policy of your own'],
    [['policies.custom.pods.rules[0].rule=pods/host-network'], 'policies.custom.pods: has the name of a topic'],
  ];
  for (const [values, message] of wrong) {
    const { code, stderr } = await helm(['template', 'x', chartFolder, ...values.map((value) => `--set=${value}`)]);
    t.not(code, 0, values.join(' '));
    t.match(stderr, message);
  }
});

t.test('the registration is what the rules need, and nothing beyond it', async (t) => {
  const objects = await renderChart(helm, ['mode=enforce']);
  const wanted = webhookRules(rules);
  t.same(
    webhooksOf(objects).map(({ name, rules, clientConfig }) => ({ name, rules, path: clientConfig.service.path })),
    [...wanted.validating, ...wanted.mutating].map(({ name, rules, path }) => ({ name, rules, path })),
  );
  const conditions = webhooksOf(objects).map(({ matchConditions }) => matchConditions.map(({ name }) => name));
  t.same(
    conditions,
    [...wanted.validating, ...wanted.mutating].map(({ matchConditions, subject }) => [
      ...matchConditions.map(({ name }) => name),
      ...(subjectsWithoutPlatform.has(subject) ? ['not-the-platform'] : []),
    ]),
  );
  for (const webhook of webhooksOf(objects)) {
    t.match(webhook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: webhook.clientConfig.service.path === '/validate' ? 'NoneOnDryRun' : 'None',
      admissionReviewVersions: ['v1'],
      objectSelector: {},
      timeoutSeconds: webhook.clientConfig.service.path === '/validate' ? 3 : 2,
      reinvocationPolicy: webhook.clientConfig.service.path === '/validate' ? undefined : 'IfNeeded',
    });
    const [requirement, ...others] = webhook.namespaceSelector.matchExpressions;
    t.same(others, []);
    const isPlatforms = webhook.name === 'platform.validate.tenantgate.dev';
    t.match(requirement, { key: 'kubernetes.io/metadata.name', operator: isPlatforms ? 'In' : 'NotIn' });
    for (const name of [...controlPlane, 'flux-system', 'cert-manager', 'tenantgate-system']) {
      t.ok(requirement.values.includes(name), `${name} is in the list`);
    }
    const resources = webhook.rules.flatMap((rule) => rule.resources);
    t.notMatch(
      resources.join(' '),
      /\*|\bleases|nodes|reviews|webhookconfigurations/,
      'no wildcard, and nothing that the control plane needs',
    );
    t.ok(webhook.rules.every(({ apiGroups }) => !apiGroups.includes('*')));
  }
});

/** Groups that every API server has. */
const ownGroups: ReadonlySet<string> = new Set([
  '',
  'apps',
  'batch',
  'discovery.k8s.io',
  'networking.k8s.io',
  'rbac.authorization.k8s.io',
]);

t.test('each resource of the registration resolves in the discovery of the API server', async (t) => {
  const groups = new Set(
    webhooksOf(await renderChart(helm)).flatMap(({ rules }) => rules.flatMap((rule) => rule.apiGroups)),
  );
  const discovered = new Map<string, ReadonlySet<string>>();
  for (const group of groups) discovered.set(group, await resourcesOf(group));
  const named = webhooksOf(await renderChart(helm)).flatMap(({ rules }) =>
    rules.flatMap(({ apiGroups, resources }) => resources.map((resource) => [apiGroups[0] ?? '', resource] as const)),
  );
  for (const [group, resource] of named) {
    const served = discovered.get(group);
    // What comes with CRDs is not installed here: its names are held by the tests that install them.
    if (served?.size === 0) t.notOk(ownGroups.has(group), `${group} comes with CRDs`);
    else t.ok(served?.has(resource), `${group}/${resource} is served`);
  }
});

async function resourcesOf(group: string): Promise<ReadonlySet<string>> {
  const { stdout } = await cluster.kubectl(['get', '--raw', group === '' ? '/api' : `/apis/${group}`]);
  if (stdout === '') return new Set();
  const { versions } = JSON.parse(stdout) as { readonly versions: readonly (string | { readonly version: string })[] };
  const names = await Promise.all(
    versions.map(async (entry) => {
      const version = typeof entry === 'string' ? entry : entry.version;
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const list = JSON.parse(expectSuccess(await cluster.kubectl(['get', '--raw', path]))) as {
        readonly resources: readonly { readonly name: string }[];
      };
      return list.resources.map(({ name }) => name);
    }),
  );
  return new Set(names.flat());
}

t.test('the failure policy follows the mode, and a staged roll-out fails open in its namespaces only', async (t) => {
  const policyOf = async (...values: readonly string[]): Promise<readonly string[]> => [
    ...new Set(webhooksOf(await renderChart(helm, values)).map(({ failurePolicy }) => failurePolicy)),
  ];
  t.same(await policyOf('mode=audit'), ['Ignore']);
  t.same(await policyOf('mode=warn'), ['Ignore']);
  t.same(await policyOf('mode=enforce'), ['Fail']);
  t.same(await policyOf('mode=audit', 'webhooks.failurePolicy=Fail'), ['Fail']);
  t.same(await policyOf('mode=enforce', 'webhooks.failurePolicy=Ignore'), ['Ignore']);
  t.same(await policyOf('mode=enforce', ...staged), ['Ignore']);
  for (const { namespaceSelector } of webhooksOf(await renderChart(helm, ['mode=enforce', ...staged]))) {
    t.same(namespaceSelector, {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['team-a-test'] }],
    });
  }
});

t.test('the platform always has the control plane and the release, whatever the values say', async (t) => {
  const objects = await renderChart(helm, ['tenancy.platform.namespaces={ops}'], { namespace: 'gate' });
  const tenancy = parse(textOf(objects, 'tenancy.yaml')) as {
    spec: { platform: { namespaces: string[]; groups: string[] } };
  };
  t.same(tenancy.spec.platform.namespaces, ['ops', 'kube-system', 'kube-public', 'kube-node-lease', 'gate']);
  t.ok(tenancy.spec.platform.groups.includes('system:masters'), 'what is not replaced stays');
  for (const { namespaceSelector } of webhooksOf(objects)) {
    t.same(namespaceSelector.matchExpressions[0].values, ['gate', ...controlPlane, 'ops']);
  }
});

t.test('the documents that it mounts are those that the server takes', async (t) => {
  const custom = ['policies.custom.strict.mode=warn', 'policies.custom.strict.rules[0].rule=pods/host-network'];
  const objects = await renderChart(helm, custom);
  const folder = t.testdir({
    'tenancy.yaml': textOf(objects, 'tenancy.yaml'),
    'policies.yaml': textOf(objects, 'policies.yaml'),
  });
  const { documents, faults } = readManifests([folder], undefined);
  t.same(faults, []);
  const compiled = compileDocuments(documents, { rules, strongestMode: 'enforce' });
  t.ok(compiled.ok, compiled.ok ? '' : JSON.stringify(compiled.faults));
  const names = documents.map(({ value }) => (value as KubernetesObject).metadata.name);
  t.same(names, ['access', 'flux', 'namespaces', 'network', 'pods', 'quota', 'services', 'strict', 'tenantgate']);
});

t.test('the pods are restricted, and have no CPU limit', async (t) => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const strict: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'render-strict', labels } };
  expectSuccess(await cluster.apply([strict]));
  for (const values of [[], selfManaged, mutual]) {
    const objects = await renderChart(helm, values);
    for (const kind of ['Deployment', 'Job'] as const) {
      const spec = podOf(objects, kind);
      const metadata = { name: kind.toLowerCase(), namespace: 'render-strict' };
      // Only Pod Security is the subject: the service account is not there.
      const object: KubernetesObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec: withoutAccount(spec) };
      const { stderr } = await cluster.apply([object], { dryRun: true });
      t.notMatch(stderr, 'PodSecurity', `${kind} ${values.join(' ')} ${stderr}`);
      for (const container of spec.containers) holdsContainer(t, container);
    }
  }
});

function withoutAccount(spec: PodSpec): object {
  return { ...spec, serviceAccountName: undefined };
}

function holdsContainer(t: Test, { securityContext, resources }: PodSpec['containers'][number]): void {
  t.equal(securityContext?.['readOnlyRootFilesystem'], true);
  t.notOk(resources?.limits?.['cpu']);
  t.ok(resources?.requests?.['cpu']);
  t.ok(resources?.limits?.['memory']);
}

t.test('a server has more time to stop than it takes to drain and to answer', async (t) => {
  const objects = await renderChart(helm, ['server.drainSeconds=100']);
  const { containers, terminationGracePeriodSeconds } = podOf(objects, 'Deployment');
  t.ok(containers[0]?.args.includes('--drain-seconds=100'));
  t.ok(terminationGracePeriodSeconds > 100 + 12);
});

interface Role {
  readonly kind: string;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

async function rightsOf(values: readonly string[]): Promise<Role['rules']> {
  const objects = (await renderChart(helm, values)).filter(({ metadata }) => !metadata.name?.endsWith('-viewer'));
  return objects
    .filter((object) => object.kind === 'ClusterRole' || object.kind === 'Role')
    .flatMap((object) => (object as unknown as Role).rules);
}

t.test('the servers read what rules ask for, and write nothing but Events', async (t) => {
  const rights = await rightsOf(['events.enabled=false']);
  const verbs = new Set(rights.flatMap((rule) => rule.verbs));
  t.same([...verbs].sort(), ['get', 'list', 'watch'], 'read only');
  const resources = rights.flatMap((rule) => rule.resources);
  t.notMatch(resources.join(' '), /\*|secrets/);
  t.ok(rights.every(({ apiGroups }) => !apiGroups.includes('*')));
  const before = rights.map((rule) => JSON.stringify(rule));
  t.same(
    (await rightsOf([])).filter((rule) => !before.includes(JSON.stringify(rule))),
    [{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'get', 'update'] }],
  );
});

t.test('without Events nothing is a side effect, and the servers make none', async (t) => {
  const objects = await renderChart(helm, ['events.enabled=false']);
  for (const { sideEffects } of webhooksOf(objects)) t.equal(sideEffects, 'None');
  t.notMatch(JSON.stringify(objects), '--events');
  t.match(JSON.stringify(await renderChart(helm, [])), '"--events=on"');
});

t.test('a certificate that Tenantgate manages itself needs three more rights, each on one object', async (t) => {
  const before = (await rightsOf([])).map((rule) => JSON.stringify(rule));
  const added = (await rightsOf(selfManaged)).filter((rule) => !before.includes(JSON.stringify(rule)));
  t.same(added, [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      resourceNames: ['tenantgate'],
      verbs: ['get', 'patch'],
    },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['tenantgate-tls'], verbs: ['get', 'update'] },
  ]);
});

t.test('its own NetworkPolicies hold under its own rules as far as addresses are known', async (t) => {
  const tenancy = (await shippedTenancy()) as { spec: { platform: { namespaces: string[] }; flows: object[] } };
  const mine = {
    ...tenancy,
    spec: {
      ...tenancy.spec,
      platform: { ...tenancy.spec.platform, namespaces: ['kube-system'] },
      flows: [
        ...tenancy.spec.flows,
        { name: 'calls', direction: 'ingress', addresses: ['192.0.2.10/32'], ports: [{ port: 8443 }] },
        { name: 'scrapes', direction: 'ingress', namespaces: { names: ['monitoring'] }, ports: [{ port: 8080 }] },
      ],
    },
  };
  const values = ['networkPolicy.apiServer.addresses={192.0.2.10/32}', 'networkPolicy.metricsNamespaces={monitoring}'];
  const known = await check(t, mine, await renderChart(helm, values));
  t.same(known, [], 'with addresses: as narrow as a tenant’s');
  const unknown = await check(t, mine, await renderChart(helm));
  t.same(
    unknown.map(({ rule, field }) => `${rule} ${field}`),
    ['network/confined-peers spec.ingress[0].from', 'network/confined-peers spec.egress[0].to'],
    'without: open on the ports of the webhook and of the API server only',
  );
});

async function shippedTenancy(): Promise<unknown> {
  return parse(textOf(await renderChart(helm), 'tenancy.yaml'));
}

/** What `tenantgate check` says of the NetworkPolicies, as if their namespace were a tenant’s. */
async function check(
  t: Test,
  tenancy: unknown,
  objects: readonly KubernetesObject[],
): Promise<readonly { readonly rule: string; readonly field: string }[]> {
  const owner = { 'tenantgate.dev/tenant': 'tenantgate' };
  const namespaces = ['tenantgate-system', 'monitoring'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: name === 'monitoring' ? { 'tenantgate.dev/tenant': 'monitoring' } : owner },
  }));
  const folder = t.testdir({
    'tenancy.yaml': JSON.stringify(tenancy),
    'namespaces.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: namespaces }),
    'policies.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: objects.filter(({ kind }) => kind === 'NetworkPolicy'),
    }),
  });
  const { runCommand } = await import('../../cli/recording-terminal.ts');
  const { checkCommand } = await import('../../../src/cli/commands/check.ts');
  const run = await runCommand(checkCommand, [
    join(folder, 'policies.yaml'),
    ...['--tenancy', join(folder, 'tenancy.yaml'), '--namespaces', join(folder, 'namespaces.yaml')],
    ...['--output', 'json'],
  ]);
  return (JSON.parse(run.output) as { readonly results: { readonly rule: string; readonly field: string }[] }).results;
}
