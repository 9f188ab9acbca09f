import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { test, type Test } from 'tap';

import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { loadUntilRefused } from '../server/load-until-refused.ts';
import { openClient } from '../server/tls-client.ts';
import { mountFolder } from '../support/mounted-folder.ts';
import { goodReview, hostNetworkPod, reviewFor, reviewOf } from './review.ts';
import { startServing, runTenantgate, startTenantgate, type ServingProcess } from './tenantgate-process.ts';

/** Files are looked at once a second; the rest is for a machine that has other things to do. */
const reloadMs = 10_000;

/** A server that ends with the test. */
async function serving(
  t: Test,
  args: readonly string[] = [],
  options: Parameters<typeof startServing>[1] = {},
): Promise<ServingProcess> {
  const server = await startServing(['--drain-seconds', '0', ...args], options);
  t.teardown(() => server.stop());
  return server;
}

async function readyChecks(server: ServingProcess) {
  const { status, body } = await server.get('/readyz');
  const { checks } = JSON.parse(body) as {
    readonly checks: readonly { name: string; ready: boolean; detail: string }[];
  };
  return { status, detailOf: (name: string) => checks.find((check) => check.name === name)?.detail ?? '' };
}

async function judge(server: ServingProcess, review: string) {
  return reviewOf(await server.post('/validate', review)).response;
}

void test('development mode needs no cluster, no certificate and no option', async (t) => {
  const server = await serving(t);
  t.match(
    server.errors(),
    `Development mode: https://localhost:${server.port}, metrics at http://localhost:${server.metricsPort}/metrics\n`,
  );
  t.match(new X509Certificate(server.ca).ca, true, 'the caBundle is a CA, and the requests of this test trust it');
  t.equal((await judge(server, goodReview)).allowed, true);
  t.match(
    (await judge(server, reviewFor(hostNetworkPod))).status?.message,
    /^spec\.hostNetwork: .*\[pods\/host-network\]\n {2}Fix: /,
  );
  t.match(await server.get('/healthz'), { status: 200, body: '{"status":"ok"}' });
  const { body } = await server.get('/readyz');
  t.same(await server.readiness(), { status: 200, body }, 'the port of metrics says the same, without TLS');
  const { status, detailOf } = await readyChecks(server);
  t.equal(status, 200);
  t.match(detailOf('namespaces'), /^\d+ from .*cluster\.yaml$/);
  t.match(detailOf('certificate'), /^throw-away certificate, valid until /);
  t.equal(await server.metric('tenantgate_ready'), 1);
});

void test('all faults of the configuration are told at once', async (t) => {
  const flags = [
    ['port', '65536'],
    ['metrics-port', 'http'],
    ['drain-seconds', '-1'],
    ['max-in-flight', '0'],
    ['mode', 'deny'],
    ['tls-min-version', '1.1'],
    ['tls-cert-file', '/no/such.crt'],
    ['tls-client-name', 'kube-apiserver'],
    ['policies', '/no/such/folder'],
  ];
  const ending = await runTenantgate(['serve', ...flags.flatMap(([flag, value]) => [`--${flag ?? ''}`, value ?? ''])], {
    environment: { TENANTGATE_LOG_LEVEL: 'loud', TENANTGATE_TENANCY: '/no/such/tenancy.yaml', TENANTGATE_PORT: '1' },
  });
  t.equal(ending.code, 2);
  t.equal(ending.output, '');
  const [title, ...faults] = ending.errors.trimEnd().split('\n');
  t.equal(title, 'The configuration is wrong:');
  t.strictSame(faults.sort(), [
    '  --drain-seconds: must be a whole number from 0 to 300, not "-1"',
    '  --log-level: must be one of debug, info, warn, error, silent, not "loud"',
    '  --max-in-flight: must be a whole number from 1 to 100000, not "0"',
    '  --metrics-port: must be a whole number from 0 to 65535, not "http"',
    '  --mode: must be one of audit, warn, enforce, not "deny"',
    '  --policies: "/no/such/folder" does not exist',
    '  --port: must be a whole number from 0 to 65535, not "65536"',
    '  --tenancy: "/no/such/tenancy.yaml" does not exist',
    '  --tls-cert-file: "/no/such.crt" does not exist',
    '  --tls-client-name: needs --tls-client-ca-file: without a CA names prove nothing',
    '  --tls-key-file: is missing: certificate and key go together',
    '  --tls-min-version: must be one of 1.2, 1.3, not "1.1"',
  ]);
});

const policyHead = 'apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata:\n';
const policyText = (name: string, rule: string) =>
  `${policyHead}  name: ${name}\nspec:\n  rules:\n    - rule: ${rule}\n`;

void test('all faults of all documents are told at once, each with file, line and column', async (t) => {
  const folder = t.testdir({
    'tenancy.yaml':
      'apiVersion: tenantgate.dev/v1alpha1\nkind: Tenancy\nmetadata:\n  name: mine\nspec:\n  tenantLabel: a b\n  cluster:\n    pods: [10.0.0.1/8]\n',
    policies: {
      'a.yaml': policyText('a', 'no/such-rule'),
      'b.yaml': `${policyText('b', 'pods/host-network')}      params:\n        unknown: 1\n  extra: true\n`,
      'c.yaml': 'apiVersion: [',
      'd.yaml': policyText('a', 'pods/host-network').replace('v1alpha1', 'v9'),
    },
  });
  const args = ['--tenancy', join(folder, 'tenancy.yaml'), '--policies', join(folder, 'policies')];
  const ending = await runTenantgate(['serve', '--port', '0', '--metrics-port', '0', ...args]);
  t.equal(ending.code, 2);
  t.equal(ending.output, '');
  const [title, ...faults] = ending.errors.trimEnd().split('\n');
  t.equal(title, 'The policies are wrong:');
  const places = faults.map((fault) => fault.trim().replace(`${folder}/`, '').split(': ').slice(0, 2).join(' '));
  t.strictSame(places.sort(), [
    'policies/a.yaml:7:7 spec.rules[0].rule',
    'policies/b.yaml:10:3 spec.extra',
    'policies/c.yaml:1:14 is not valid YAML',
    'policies/d.yaml:1:1 apiVersion',
    'tenancy.yaml:6:3 spec.tenantLabel',
    'tenancy.yaml:8:12 spec.cluster.pods[0]',
  ]);
});

void test('a certificate that cannot be served ends the start', async (t) => {
  const folder = t.testdir({ 'tls.crt': 'nonsense', 'tls.key': 'nonsense' });
  const files = ['--tls-cert-file', join(folder, 'tls.crt'), '--tls-key-file', join(folder, 'tls.key')];
  const ending = await runTenantgate(['serve', '--port', '0', '--metrics-port', '0', ...files]);
  t.equal(ending.code, 2);
  t.match(ending.errors, /^The certificate cannot be served:\n {2}Certificate, key or client CA is not usable PEM: /);
});

void test('manifests of development mode and kubeconfigs that cannot be read end the start', async (t) => {
  const folder = t.testdir({ 'namespaces.yaml': 'kind: [', kubeconfig: 'clusters: [' });
  const ports = ['serve', '--port', '0', '--metrics-port', '0'];
  const namespaces = await runTenantgate([...ports, '--namespaces', join(folder, 'namespaces.yaml')]);
  t.match(namespaces, {
    code: 2,
    errors: `The cluster cannot be read:\n  ${folder}/namespaces.yaml:1:8: is not valid YAML`,
  });
  const kubeconfig = await runTenantgate([...ports, '--kubeconfig', join(folder, 'kubeconfig')]);
  t.match(kubeconfig, { code: 2, errors: 'The cluster cannot be read:\n  --kubeconfig: ' });
});

void test('a port that cannot be opened is told', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const isUsed = `127.0.0.1:${port} is in use; end the process that holds it, or choose another\n`;
  const cases = [
    [['--port', String(port), '--metrics-port', '0'], `--port: ${isUsed}`],
    [['--port', '0', '--metrics-port', String(port)], `--metrics-port: ${isUsed}`],
    [
      ['--port', '0', '--metrics-port', '0', '--address', '192.0.2.1'],
      '--metrics-port: 192.0.2.1:0 is no address of this machine; check --address\n',
    ],
  ] as const;
  for (const [args, message] of cases) {
    const ending = await runTenantgate(['serve', ...args]);
    t.match(ending, { code: 2, errors: `The port cannot be opened:\n  ${message}` }, message);
  }
});

void test('another policy is in force soon after its file changed', async (t) => {
  const folder = t.testdir({ 'policy.yaml': policyText('mine', 'network/confined-peers') });
  const file = join(folder, 'policy.yaml');
  const server = await serving(t, ['--policies', file]);
  const before = await judge(server, reviewFor(hostNetworkPod));
  t.equal(before.allowed, true);
  writeFileSync(file, policyText('mine', 'pods/host-network'));
  const after = await waitFor(
    'the change to be in force',
    async () => {
      const answer = await judge(server, reviewFor(hostNetworkPod));
      return answer.allowed ? undefined : answer;
    },
    { timeoutMs: reloadMs },
  );
  const { policy } = after.auditAnnotations;
  t.not(policy, before.auditAnnotations['policy'], 'the hash of the set is another');
  t.equal(await server.metric('tenantgate_policy_reload_total{result="success"}'), 1);
  t.equal(await server.metric(`tenantgate_policy_info{hash="${policy ?? ''}"}`), 1);
  const line = await waitFor('the log', () => server.log().find(({ msg }) => msg === 'policies reloaded'), {
    timeoutMs: 5_000,
  });
  t.match(line, { level: 'info', hash: policy });
});

void test('a bad change keeps the set in force, and readiness, log and metric tell', async (t) => {
  const folder = t.testdir({ 'policy.yaml': policyText('mine', 'pods/host-network') });
  const file = join(folder, 'policy.yaml');
  const server = await serving(t, ['--policies', file]);
  const { policy } = (await judge(server, goodReview)).auditAnnotations;
  const failures = () => server.metric('tenantgate_policy_reload_total{result="failure"}');
  const changes = [`${policyText('mine', 'pods/host-network')}  extra: 1\n`, 'a: [', '', policyText('mine', 'no/such')];
  for (const [index, text] of changes.entries()) {
    writeFileSync(file, text);
    await waitFor('the reload to fail', async () => (await failures()) === index + 1, { timeoutMs: reloadMs });
    const answer = await judge(server, reviewFor(hostNetworkPod));
    t.strictSame([answer.allowed, answer.auditAnnotations['policy']], [false, policy], 'the old set is in force');
  }
  const { status, detailOf } = await readyChecks(server);
  t.equal(status, 200, 'the old set is right to serve');
  t.match(
    detailOf('policies'),
    `set ${policy ?? ''} is in force; its files have changed and are wrong: ${file}:7:7: spec.rules[0].rule: `,
  );
  const told = () => server.log().filter(({ msg }) => msg === 'policies not reloaded; the old set stays in force');
  await waitFor('the log', () => told().length === changes.length, { timeoutMs: 5_000 });
  t.match(told()[0], { level: 'error', problem: `${file}:8:3: spec.extra: ` });
  writeFileSync(file, `# mended\n${policyText('mine', 'pods/host-network')}`);
  await waitFor(
    'the mended file',
    async () => (await readyChecks(server)).detailOf('policies') === `set ${policy ?? ''} is in force`,
    { timeoutMs: reloadMs },
  );
});

void test('policies of a mounted ConfigMap are read once, and followed', async (t) => {
  const mount = t.testdir({});
  const mounted = mountFolder(mount, { 'policy.yaml': policyText('mine', 'network/confined-peers') });
  const server = await serving(t, ['--policies', mount]);
  t.equal((await judge(server, reviewFor(hostNetworkPod))).allowed, true);
  mounted.swap({ 'policy.yaml': policyText('mine', 'pods/host-network') });
  await waitFor('the change', async () => !(await judge(server, reviewFor(hostNetworkPod))).allowed, {
    timeoutMs: reloadMs,
  });
});

void test('a renewed certificate is served soon, and no connection is dropped', async (t) => {
  const [first, second] = await Promise.all([0, 1].map(() => createDevelopmentCertificate({ now: new Date() })));
  if (first === undefined || second === undefined) throw new Error('no certificates');
  const folder = t.testdir({ 'tls.crt': first.certificate, 'tls.key': first.key });
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const ca = first.caCertificate + second.caCertificate;
  const server = await serving(t, ['--tls-cert-file', certFile, '--tls-key-file', keyFile], { ca });
  const old = await openClient(server.port, ca);
  t.equal(old.socket.getPeerCertificate().fingerprint256, new X509Certificate(first.certificate).fingerprint256);
  writeFileSync(certFile, second.certificate);
  await waitFor(
    'the half-written pair to be refused',
    async () => (await server.metric('tenantgate_certificate_reload_total{result="failure"}')) === 1,
    { timeoutMs: reloadMs },
  );
  t.match(
    (await readyChecks(server)).detailOf('certificate'),
    'its files have changed and are wrong: The key does not belong to the certificate',
  );
  t.equal((await readyChecks(server)).status, 200, 'the old one is still right to serve');
  const told = await waitFor('the log', () => server.log().find(({ level }) => level === 'error'), {
    timeoutMs: 5_000,
  });
  t.match(told, { msg: 'certificate not reloaded; the old one stays in force', problem: /^The key does not belong/ });
  writeFileSync(keyFile, second.key);
  const wanted = new X509Certificate(second.certificate).fingerprint256;
  await waitFor(
    'the new certificate',
    async () => {
      const { socket } = await openClient(server.port, ca);
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256 === wanted;
    },
    { timeoutMs: reloadMs },
  );
  t.equal((await old.ask('/validate', goodReview)).statusCode, 200, 'the old connection goes on');
  t.equal(await server.metric('tenantgate_certificate_reload_total{result="success"}'), 1);
  old.socket.destroy();
});

void test('SIGTERM: readiness goes, connections are told to close, no request is lost, exit code 0', async (t) => {
  const server = await startServing(['--drain-seconds', '1']);
  const spare = await openClient(server.port, server.ca);
  const watcher = await openClient(server.port, server.ca);
  const { report, ended } = loadUntilRefused({
    port: server.port,
    ca: server.ca,
    connections: 8,
    path: '/validate',
    body: goodReview,
  });
  await delay(500);
  const before = report.answered;
  server.send('SIGTERM');
  await delay(300);
  watcher.socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await watcher.closed;
  t.match(watcher.received(), /^HTTP\/1\.1 503 /);
  t.match(watcher.received(), /^Connection: close\r$/im);
  t.match(watcher.received(), '"reason":"serving: draining before the stop"');
  const drained = await server.readiness();
  t.equal(drained.status, 503, 'the port of metrics says so too');
  t.match(drained.body, '"reason":"serving: draining before the stop"');
  const late = await spare.ask('/validate', goodReview);
  t.strictSame([late.statusCode, late.isLast], [200, true], 'a connection from before the signal is served once more');
  const { code, signal } = await server.ended;
  await ended;
  t.strictSame([code, signal], [0, null]);
  t.strictSame(report.lost, []);
  t.ok(before > 0 && report.answered > before, `${before} before the signal, ${report.answered - before} after it`);
  t.ok(report.toldToClose >= 8);
});

void test('SIGTERM while starting ends with 0, also when the API server hangs', async (t) => {
  const hanging = createServer().listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  t.teardown(() => hanging.close());
  const [refusing = 0] = await freePorts(1);
  for (const port of [(hanging.address() as AddressInfo).port, refusing]) {
    const folder = t.testdir({ kubeconfig: kubeconfigFor(`https://127.0.0.1:${port}`) });
    const metricsPort = (await freePorts(1))[0] ?? 0;
    const args = ['--port', '0', '--metrics-port', String(metricsPort), '--kubeconfig', join(folder, 'kubeconfig')];
    const starting = startTenantgate(['serve', ...args, '--address', '127.0.0.1']);
    const metrics = () =>
      fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
    await waitFor('the start', async () => (await metrics()).includes('tenantgate_ready 0'), { timeoutMs: 20_000 });
    await delay(200);
    starting.send('SIGTERM');
    const signalled = performance.now();
    const { code, output, errors } = await starting.ended;
    t.equal(code, 0, errors);
    t.ok(performance.now() - signalled < 5_000, 'it does not wait for the API server');
    t.notMatch(output, '"serving"', 'the port of the webhook was never opened');
  }
});

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

void test('one object in the three modes: refused, admitted with a warning, admitted in silence', async (t) => {
  const review = reviewFor(hostNetworkPod);
  const decided = (mode: string, outcome: string) =>
    `tenantgate_admission_decisions_total{path="validate",outcome="${outcome}",kind="Pod",operation="CREATE",mode="${mode}",dry_run="false"}`;
  const expected = { enforce: [false, 0], warn: [true, 1], audit: [true, 0] } as const;
  for (const [mode, [isAllowed, warnings]] of Object.entries(expected)) {
    const server = await serving(t, [], { environment: { TENANTGATE_MODE: mode } });
    const response = await judge(server, review);
    t.equal(response.allowed, isAllowed, mode);
    t.equal(response.warnings?.length ?? 0, warnings, mode);
    t.match(
      response.auditAnnotations,
      { rules: 'pods/host-network', violations: `[${mode}] pods/host-network spec.hostNetwork: ` },
      mode,
    );
    t.equal(await server.metric(decided(mode, isAllowed ? 'allowed' : 'denied')), 1, mode);
    t.equal(
      await server.metric(
        `tenantgate_rule_violations_total{rule="pods/host-network",mode="${mode}",kind="Pod",operation="CREATE",dry_run="false"}`,
      ),
      1,
      mode,
    );
    const line = await waitFor('the log', () => server.log().find(({ msg }) => msg === 'decision'), {
      timeoutMs: 5_000,
    });
    t.match(
      line,
      { level: 'info', mode, rules: ['pods/host-network'], outcome: response.auditAnnotations['decision'] },
      mode,
    );
  }
});

void test('log lines are JSON and hold nothing of an object but its name', async (t) => {
  const server = await startServing();
  const secret = 'c2VjcmV0LXZhbHVl';
  const object = {
    ...hostNetworkPod,
    data: { password: secret },
    metadata: { name: 'web', namespace: 'acme-dev', annotations: { secret } },
  };
  await server.post('/validate', reviewFor(object));
  await server.post('/mutate', reviewFor(object, { dryRun: true }));
  await server.post('/validate', reviewFor(object, { object: { ...object, spec: secret } }));
  await server.post('/validate', reviewFor(object).replace('"uid"', `"${secret}`));
  await server.post('/validate', `{"${secret}`);
  const { code, output, errors } = await server.stop();
  t.equal(code, 0);
  for (const text of [output, errors]) t.notMatch(text, secret);
  const decisions = server.log().filter(({ msg }) => msg === 'decision');
  t.match(decisions, [
    {
      path: 'validate',
      uid: 'e2e-1',
      name: 'web',
      namespace: 'acme-dev',
      user: 'jane',
      kind: 'v1/Pod',
      dryRun: false,
      outcome: 'denied',
    },
    { path: 'mutate', dryRun: true },
    { path: 'validate', outcome: 'undecided' },
  ]);
  for (const { level, time } of server.log()) t.match([level, time], ['info', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/]);
});
