import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import t from 'tap';
import { parse } from 'yaml';

import { doctorCommand } from '../../src/cli/commands/doctor.ts';
import { runCommand } from '../cli/recording-terminal.ts';
import { issueCertificate } from './certificates.ts';
import { type KubernetesObject } from './cluster.ts';
import { clientCertificate, kubeconfig } from './credentials.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** What becomes of the registration, done by hand to the real API server, and what Tenantgate tells of it. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster, { isWatching: true });
t.teardown(() => tenantgate.stop());

/** It is told within five seconds; the rest is for a machine that has other things to do. */
const waiting = { timeoutMs: 30_000 };
const validating = 'ValidatingWebhookConfiguration';
const resource = 'validatingwebhookconfigurations';
const [namespaces, objects] = ['/webhooks/0', '/webhooks/2'];

interface Told {
  readonly detail: string;
  readonly isReady: boolean;
}

async function readiness(): Promise<Told> {
  const { status, body } = await tenantgate.ready();
  const { checks } = JSON.parse(body) as { readonly checks: readonly { name: string; detail: string }[] };
  return { isReady: status === 200, detail: checks.find(({ name }) => name === 'registration')?.detail ?? '' };
}

const untilAsExpected = () =>
  waitFor('the registration to be as expected', async () => (await readiness()).detail === 'as expected', waiting);

interface Remark {
  readonly status: string;
  readonly message: string;
  readonly fix?: string;
  readonly code?: string;
}

interface Report {
  readonly code: number | undefined;
  readonly result: string;
  readonly checks: readonly { readonly id: string; readonly status: string; readonly remarks: readonly Remark[] }[];
}

/** What `tenantgate doctor` says, as somebody who has a kubeconfig and the rendered file. */
async function examine(
  file = cluster.kubeconfig,
  args = ['--registration', tenantgate.registrationFile],
): Promise<Report> {
  const run = await runCommand(doctorCommand, ['--kubeconfig', file, '--output', 'json', ...args]);
  if (run.output === '') throw new Error(run.errors);
  return { code: run.exitCode, ...(JSON.parse(run.output) as Omit<Report, 'code'>) };
}

const remarksOf = ({ checks }: Report) => checks.flatMap(({ remarks }) => remarks);
/** Which CRDs are installed depends on the files that ran before. */
const isAboutCrds = ({ message }: Remark) => message.startsWith('Not served in this cluster, so never judged: ');
const statusOf = ({ checks }: Report, id: string) => checks.find((check) => check.id === id)?.status;

/** The words of a command line, as a shell takes it apart. */
function wordsOf(command: string): readonly string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

interface Case {
  readonly what: string;
  /** JSON patch of the validating configuration, or what kubectl is asked to do instead. */
  readonly change: readonly object[] | readonly string[];
  readonly code: string;
  readonly detail: RegExp;
  /** Whether the fix is a command for kubectl alone; if not, what was registered is registered again. */
  readonly hasCommand: boolean;
  /** What serves what is seen from the server only. */
  readonly isInvisible?: true;
}

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const add = (path: string, value: unknown) => ({ op: 'add', path, value });

const cases: readonly Case[] = [
  {
    what: 'a failure policy that fails open',
    change: [replace(`${objects}/failurePolicy`, 'Ignore')],
    code: 'failure-policy',
    detail: /webhook validate\.tenantgate\.dev: failurePolicy is Ignore, not Fail/,
    hasCommand: true,
  },
  {
    what: 'a selector that covers the control plane',
    change: [replace(`${objects}/namespaceSelector`, {})],
    code: 'namespace-selector-widened',
    detail: /namespaceSelector covers namespaces that it should leave alone; for example namespace "cert-manager"/,
    hasCommand: true,
  },
  {
    what: 'a selector that leaves out a tenant',
    change: [add(`${objects}/namespaceSelector/matchExpressions/0/values/-`, 'acme-dev')],
    code: 'namespace-selector-narrowed',
    detail: /requests in them go unjudged; for example namespace "acme-dev"/,
    hasCommand: true,
  },
  {
    what: 'labels by which tenants can leave',
    change: [add(`${objects}/objectSelector`, { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] })],
    code: 'object-selector-narrowed',
    detail: /for example an object labelled skip=other/,
    hasCommand: true,
  },
  {
    what: 'a match condition',
    change: [add(`${objects}/matchConditions/-`, { name: 'not-web', expression: "request.name != 'web'" })],
    code: 'match-conditions-narrowed',
    detail: /matchConditions leave out what should be judged: "request\.name != 'web'"/,
    hasCommand: true,
  },
  {
    what: 'an operation less',
    change: [replace(`${namespaces}/rules/0/operations`, ['CREATE'])],
    code: 'rules-narrowed',
    detail: /rules leave out what should be judged: UPDATE of namespaces/,
    hasCommand: true,
  },
  {
    what: 'another path',
    change: [replace(`${objects}/clientConfig/service/path`, '/healthz')],
    code: 'path',
    detail: /clientConfig\.service\.path is "\/healthz", not "\/validate"/,
    hasCommand: true,
  },
  {
    what: 'one more webhook',
    change: [
      add('/webhooks/-', {
        name: 'more.example.com',
        clientConfig: { url: 'https://127.0.0.1:9/' },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      }),
    ],
    code: 'entry-unknown',
    detail: /webhook more\.example\.com was not rendered, and sends requests to https:\/\/127\.0\.0\.1:9\//,
    hasCommand: true,
  },
  {
    what: 'a webhook less',
    change: [{ op: 'remove', path: namespaces }],
    code: 'entry-missing',
    detail: /webhook namespaces\.validate\.tenantgate\.dev is missing/,
    hasCommand: false,
  },
  {
    what: 'an empty caBundle',
    change: [{ op: 'remove', path: `${objects}/clientConfig/caBundle` }],
    code: 'ca-bundle-missing',
    detail: /clientConfig\.caBundle is empty/,
    hasCommand: false,
  },
  {
    what: 'the CA of somebody else',
    change: [replace(`${objects}/clientConfig/caBundle`, Buffer.from(cluster.ca.certificatePem).toString('base64'))],
    code: 'ca-bundle-mismatch',
    isInvisible: true,
    detail: /caBundle holds no certificate that signed the one that is served, which "CN=Tenantgate test CA" issued/,
    hasCommand: false,
  },
  {
    what: 'a configuration deleted',
    change: ['delete', resource, 'tenantgate'],
    code: 'configuration-missing',
    detail: /ValidatingWebhookConfiguration tenantgate is missing: nothing of it is sent/,
    hasCommand: false,
  },
];

function isCommand(change: Case['change']): change is readonly string[] {
  return typeof change[0] === 'string';
}

for (const { what, change, code, detail, hasCommand, isInvisible } of cases) {
  t.test(`${what} is told in readiness, metric and log, and that it has ended`, async (t) => {
    await untilAsExpected();
    const before = (await tenantgate.log()).length;
    const args = isCommand(change)
      ? change
      : ['patch', resource, 'tenantgate', '--type=json', `--patch=${JSON.stringify(change)}`];
    expectSuccess(await cluster.kubectl(args));
    const changedAt = performance.now();
    const { isReady } = await waitFor(
      'readiness to tell it',
      async () => {
        const told = await readiness();
        return detail.test(told.detail) && told;
      },
      waiting,
    );
    t.equal(isReady, true, 'the pod stays in the Service');
    const sample = `tenantgate_registration_drift{configuration="${validating}",code="${code}"} 1`;
    t.ok((await tenantgate.metrics()).split('\n').includes(sample), sample);
    const linesOf = async (message: string) =>
      (await tenantgate.log())
        .slice(before)
        .filter((line) => line.msg === message && line['code'] === code && line['configuration'] === validating);
    const [line] = await waitFor(
      'the log to tell it',
      async () => {
        const lines = await linesOf('the registration has drifted');
        return lines.length > 0 && lines;
      },
      waiting,
    );
    t.comment(`told after ${Math.round(performance.now() - changedAt)} ms`);
    const fix = String(line?.['fix']);
    const report = await examine();
    t.equal(report.code, isInvisible === true ? 0 : 1, 'what the doctor thinks of it');
    const remark = remarksOf(report).find((one) => one.code === code);
    if (isInvisible !== true) t.match(remark, { status: 'wrong', message: String(line?.['problem']) });
    if (hasCommand) t.equal(remark?.fix, fix, 'and it is mended alike');
    if (hasCommand) {
      const [program, ...words] = wordsOf(fix);
      t.equal(program, 'kubectl');
      expectSuccess(await cluster.kubectl(words));
    } else await tenantgate.register();
    await untilAsExpected();
    t.notMatch(await tenantgate.metrics(), /^tenantgate_registration_drift\{/m);
    await waitFor(
      'the log to tell its end',
      async () => (await linesOf('a drift of the registration has ended')).length > 0,
      waiting,
    );
    t.equal((await linesOf('the registration has drifted')).length, 1, 'once, not at each look');
  });
}

t.test('while the API server is away the registration is not known', async (t) => {
  t.teardown(() => cluster.startApiServer());
  await cluster.stopApiServer();
  await waitFor(
    'readiness to tell it',
    async () => (await readiness()).detail.includes(`${validating} tenantgate is not known: `),
    waiting,
  );
  t.match(await tenantgate.metrics(), `tenantgate_registration_known{configuration="${validating}"} 0`);
  await cluster.startApiServer();
  await untilAsExpected();
  t.match(await tenantgate.metrics(), `tenantgate_registration_known{configuration="${validating}"} 1`);
});

t.test('the doctor finds nothing wrong with what is as it was rendered, or as it usually is', async (t) => {
  await untilAsExpected();
  for (const args of [['--registration', tenantgate.registrationFile], []]) {
    const report = await examine(cluster.kubeconfig, args);
    t.strictSame([report.code, report.result], [0, 'ok'], JSON.stringify(remarksOf(report), undefined, 1));
    t.strictSame(
      report.checks.map(({ id }) => id),
      [
        'api-server',
        'registration',
        'rules',
        'failure-policy',
        'selectors',
        'calls',
        'ca-bundle',
        'resources',
        'control-plane',
        'service',
        'servers',
        'other-webhooks',
      ],
    );
    t.match(
      remarksOf(report).filter((remark) => !isAboutCrds(remark)),
      [
        { status: 'note', message: /Service tenantgate-system\/tenantgate leads out of the cluster, to localhost/ },
        { status: 'note', message: /^No pod is known behind the Service/ },
      ],
    );
  }
});

t.test(
  'a name that the API server does not serve is found in discovery, whatever aggregated API is broken',
  async (t) => {
    const group = 'broken.example.com';
    const apiService: KubernetesObject = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1.${group}` },
      spec: {
        group,
        version: 'v1',
        service: { namespace: 'default', name: 'no-such' },
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
      },
    };
    t.teardown(async () => {
      await cluster.kubectl(['delete', 'apiservice', `v1.${group}`]);
      await tenantgate.register();
    });
    expectSuccess(await cluster.apply([apiService]));
    const change = [
      replace(`${namespaces}/rules/1/resources`, ['namespace/finalize', 'namespaces/status']),
      replace(`${namespaces}/rules/0/scope`, 'Namespaced'),
      add(`${objects}/rules/-`, {
        apiGroups: [group],
        apiVersions: ['*'],
        operations: ['CREATE'],
        resources: ['things'],
      }),
      add(`${objects}/rules/-`, {
        apiGroups: ['coordination.k8s.io'],
        apiVersions: ['*'],
        operations: ['UPDATE'],
        resources: ['leases'],
      }),
    ];
    expectSuccess(
      await cluster.kubectl(['patch', resource, 'tenantgate', '--type=json', `--patch=${JSON.stringify(change)}`]),
    );
    const report = await examine();
    t.equal(report.code, 1);
    const found = report.checks.filter(({ id }) => id === 'resources' || id === 'control-plane');
    const about = (status: string) =>
      found
        .flatMap(({ remarks }) => remarks)
        .filter((remark) => remark.status === status && !isAboutCrds(remark))
        .map(({ message }) => message);
    t.strictSame(about('wrong'), [
      '"namespace/finalize" is no resource that the API server serves: is "namespaces/finalize" meant?',
      '"namespaces" is cluster-scoped, and the rule matches scope Namespaced only: it never matches',
      `ValidatingWebhookConfiguration tenantgate, webhook validate.tenantgate.dev matches leases.coordination.k8s.io: the control plane waits for Tenantgate`,
    ]);
    for (const { message } of remarksOf(report).filter(isAboutCrds)) {
      const names = message.slice(message.indexOf(': ') + 2).split(', ');
      const ofKubernetes = names.filter((name) => !/fluxcd|gateway\.networking\.k8s\.io/.test(name));
      t.strictSame(ofKubernetes, [], 'Kubernetes serves all of its own that the rules name');
    }
    t.match(about('unknown'), [/^What \/apis\/broken\.example\.com\/v1 serves cannot be read: /]);
  },
);

t.test('other webhooks are told of where they meet ours', async (t) => {
  const other: KubernetesObject = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'zz-sidecars' },
    webhooks: [
      {
        name: 'sidecars.example.com',
        clientConfig: { url: 'https://127.0.0.1:9/' },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  };
  t.teardown(() => cluster.kubectl(['delete', 'mutatingwebhookconfigurations', 'zz-sidecars']));
  expectSuccess(await cluster.apply([other]));
  const report = await examine();
  t.equal(report.code, 0, 'notes change nothing');
  const notes = report.checks.find(({ id }) => id === 'other-webhooks')?.remarks.map(({ message }) => message);
  t.match(notes, [
    /^MutatingWebhookConfiguration zz-sidecars runs after ours on the same requests \(sidecars\.example\.com\)/,
    /^MutatingWebhookConfiguration zz-sidecars fails closed on pods in tenantgate-system \(sidecars\.example\.com\)/,
  ]);
});

/** The YAML of a ClusterRole in a page of the documentation. */
function roleIn(page: string): KubernetesObject {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
  const [, block = ''] = /^```yaml\n(apiVersion: rbac.*?)^```$/ms.exec(text) ?? [];
  return parse(block) as KubernetesObject;
}

t.test('who has too few rights is told which, and those of the documentation are enough', async (t) => {
  const user = 'doctor-without-rights';
  const client = await issueCertificate(cluster.ca, { commonName: user, usages: ['client'] });
  const file = join(t.testdir({}), 'kubeconfig');
  writeFileSync(file, kubeconfig(cluster.server, cluster.ca, clientCertificate(client)));
  const before = await examine(file);
  t.equal(before.code, 2);
  t.equal(before.result, 'unknown');
  for (const id of [
    'registration',
    'rules',
    'selectors',
    'ca-bundle',
    'control-plane',
    'service',
    'servers',
    'other-webhooks',
  ]) {
    t.equal(statusOf(before, id), 'unknown', id);
  }
  t.equal(statusOf(before, 'resources'), 'ok', 'discovery is for everybody');
  const fixes = new Set(remarksOf(before).flatMap(({ fix }) => fix ?? []));
  t.strictSame([...fixes].sort(), [
    'Grant {apiGroups: [""], resources: [namespaces], resourceNames: [tenantgate-system], verbs: [get]}',
    'Grant {apiGroups: [""], resources: [services], resourceNames: [tenantgate], verbs: [get]} in namespace tenantgate-system',
    'Grant {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [tenantgate], verbs: [get]}',
    'Grant {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [list]}',
    'Grant {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [tenantgate], verbs: [get]}',
    'Grant {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [list]}',
  ]);
  const role = roleIn('doctor.md');
  const name = role.metadata.name ?? '';
  const binding: KubernetesObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
  t.teardown(() => cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', name]));
  expectSuccess(await cluster.apply([role, binding]));
  const after = await waitFor(
    'the rights to be granted',
    async () => {
      const report = await examine(file);
      return report.code === 0 && report;
    },
    waiting,
  );
  t.strictSame(
    remarksOf(after).filter(({ status }) => status !== 'note'),
    [],
  );
});

t.test('a watch needs to read both configurations by their name, and nothing else', async (t) => {
  const role = roleIn('registration.md');
  const name = role.metadata.name ?? '';
  t.teardown(() => cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', name]));
  expectSuccess(await cluster.apply([role]));
  expectSuccess(
    await cluster.kubectl(['create', 'clusterrolebinding', name, `--clusterrole=${name}`, '--user=watcher']),
  );
  const may = async (verb: string, what: string) =>
    (await cluster.kubectl(['auth', 'can-i', verb, what], { as: 'watcher' })).stdout.trim();
  for (const kind of [resource, 'mutatingwebhookconfigurations']) {
    await waitFor('the rights to be granted', async () => (await may('get', `${kind}/tenantgate`)) === 'yes', waiting);
    t.equal(await may('get', `${kind}/other`), 'no');
    t.equal(await may('patch', `${kind}/tenantgate`), 'no');
  }
});
