import { join } from 'node:path';

import { test } from 'tap';

import type { FlagValues } from '../../src/config/option-reader.ts';
import { readServeConfig } from '../../src/config/serve-config.ts';
import { environmentName, serveOptions } from '../../src/config/serve-options.ts';

function faultsOf(flags: FlagValues, environment: Readonly<Record<string, string>> = {}): readonly string[] {
  const config = readServeConfig(flags, environment);
  return config.ok ? [] : config.faults.map(({ field, message }) => `${field}: ${message}`);
}

function configOf(flags: FlagValues, environment: Readonly<Record<string, string>> = {}) {
  const config = readServeConfig(flags, environment);
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return config.value;
}

void test('without anything it is development mode on loopback, enforcing what ships', (t) => {
  t.strictSame(configOf({}), {
    address: '127.0.0.1',
    port: 8443,
    metricsPort: 8080,
    tls: {
      files: undefined,
      selfManaged: undefined,
      hosts: [],
      clientCaFile: undefined,
      clientNames: [],
      minVersion: '1.3',
    },
    tenancy: undefined,
    policies: undefined,
    mode: 'enforce',
    cluster: undefined,
    registration: undefined,
    audit: undefined,
    events: false,
    namespaces: [],
    logLevel: 'info',
    drainMs: 2000,
    maxInFlight: 200,
  });
  t.end();
});

void test('flags win over the environment, and the environment over defaults', (t) => {
  const environment = { TENANTGATE_PORT: '1000', TENANTGATE_MODE: 'audit', TENANTGATE_LOG_LEVEL: '' };
  const config = configOf({ port: '2000' }, environment);
  t.equal(config.port, 2000);
  t.equal(config.mode, 'audit');
  t.equal(config.logLevel, 'info', 'an empty variable is none');
  t.equal(faultsOf({ port: '2000' }, { TENANTGATE_PORT: 'x' }).length, 0, 'what is not used is not judged');
  t.end();
});

void test('every option has an environment variable', (t) => {
  const names = serveOptions.map(({ flag }) => environmentName(flag));
  t.equal(new Set(names).size, serveOptions.length);
  for (const name of names) t.match(name, /^TENANTGATE_[A-Z_]+$/);
  t.equal(environmentName('tls-client-ca-file'), 'TENANTGATE_TLS_CLIENT_CA_FILE');
  t.end();
});

void test('lists are repeated as flags and separated by commas in the environment', (t) => {
  t.strictSame(configOf({ 'tls-host': ['a', 'b,c'] }).tls.hosts, ['a', 'b,c']);
  t.strictSame(configOf({}, { TENANTGATE_TLS_HOST: 'a, b' }).tls.hosts, ['a', 'b']);
  t.end();
});

void test('in a cluster it listens everywhere and needs a certificate', (t) => {
  const folder = t.testdir({ crt: '', key: '', kubeconfig: '' });
  const files = { 'tls-cert-file': join(folder, 'crt'), 'tls-key-file': join(folder, 'key') };
  const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const config = configOf(files, inPod);
  t.strictSame([config.address, config.cluster], ['0.0.0.0', { kubeconfig: undefined }]);
  t.strictSame(faultsOf({}, inPod), [
    '--tls-cert-file: and --tls-key-file, or --tls-secret, must be given in a cluster, so that the API server can trust the answer',
  ]);
  const kubeconfig = join(folder, 'kubeconfig');
  t.strictSame(configOf({ kubeconfig }).cluster, { kubeconfig }, 'beside a cluster the throw-away one will do');
  t.strictSame(faultsOf({ kubeconfig, namespaces: [folder] }), [
    '--namespaces: is for development mode only; with a cluster namespaces are read from it',
  ]);
  t.end();
});

void test('what is registered can be watched where there is a cluster', (t) => {
  const folder = t.testdir({ kubeconfig: '', 'registration.yaml': '' });
  const [kubeconfig, registration] = ['kubeconfig', 'registration.yaml'].map((name) => join(folder, name));
  t.equal(configOf({ kubeconfig, registration }).registration, registration);
  t.strictSame(faultsOf({ registration }), [
    '--registration: needs a cluster: in development mode nothing is registered',
  ]);
  t.match(faultsOf({ kubeconfig, registration: join(folder, 'no-such') }), [
    /^--registration: ".*no-such" does not exist$/,
  ]);
  t.end();
});

void test('numbers are whole, written plainly, and within their bounds', (t) => {
  for (const value of ['', ' 1', '1.5', '1e3', '-1', '+1', '0x10', '65536', '9'.repeat(400), 'NaN']) {
    t.strictSame(faultsOf({ port: value }), [
      `--port: must be a whole number from 0 to 65535, not ${JSON.stringify(value)}`,
    ]);
  }
  t.strictSame(faultsOf({ 'drain-seconds': '301' }), [
    '--drain-seconds: must be a whole number from 0 to 300, not "301"',
  ]);
  t.equal(configOf({ 'drain-seconds': '300' }).drainMs, 300_000);
  t.equal(faultsOf({ 'max-in-flight': '0' }).length, 1);
  t.end();
});

void test('both ports cannot be one, unless any free one is taken', (t) => {
  t.strictSame(faultsOf({ port: '9000', 'metrics-port': '9000' }), [
    '--metrics-port: must differ from --port, which is 9000 too',
  ]);
  t.strictSame(faultsOf({ port: '0', 'metrics-port': '0' }), []);
  t.end();
});

void test('options of TLS that would have no effect are faults', (t) => {
  const folder = t.testdir({ crt: '', key: '', ca: '' });
  const [crt, key, ca] = ['crt', 'key', 'ca'].map((name) => join(folder, name));
  const pair = { 'tls-cert-file': crt, 'tls-key-file': key };
  t.strictSame(faultsOf({ 'tls-key-file': key }), ['--tls-cert-file: is missing: certificate and key go together']);
  t.strictSame(faultsOf({ 'tls-client-ca-file': ca }), [
    '--tls-client-ca-file: needs --tls-cert-file and --tls-key-file, or --tls-secret: no caller trusts a throw-away server',
  ]);
  t.strictSame(faultsOf({ ...pair, 'tls-client-name': ['a'] }), [
    '--tls-client-name: needs --tls-client-ca-file: without a CA names prove nothing',
  ]);
  t.strictSame(faultsOf({ ...pair, 'tls-host': ['a'] }), [
    '--tls-host: is not for the certificate of --tls-cert-file, which has its names already',
  ]);
  t.strictSame(configOf({ ...pair, 'tls-client-ca-file': ca, 'tls-client-name': ['a'] }).tls, {
    files: { certFile: crt, keyFile: key },
    selfManaged: undefined,
    hosts: [],
    clientCaFile: ca,
    clientNames: ['a'],
    minVersion: '1.3',
  });
  t.end();
});

void test('a certificate of its own has a Secret, names, and webhook configurations that trust it', (t) => {
  const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const folder = t.testdir({ ca: '' });
  const given = {
    'tls-secret': 'tenantgate-system/tenantgate.tls',
    'webhook-configuration': 'tenantgate',
    'tls-host': ['tenantgate.tenantgate-system.svc', '10.0.0.7', 'fd00::7'],
    'tls-client-ca-file': join(folder, 'ca'),
  };
  t.match(configOf(given, inPod).tls, {
    files: undefined,
    selfManaged: {
      secret: { namespace: 'tenantgate-system', name: 'tenantgate.tls' },
      webhookConfiguration: 'tenantgate',
    },
    hosts: given['tls-host'],
    clientCaFile: given['tls-client-ca-file'],
  });
  t.end();
});

void test('a certificate of its own that cannot come about is a fault, with all others at once', (t) => {
  const folder = t.testdir({ crt: '', key: '' });
  const files = { 'tls-cert-file': join(folder, 'crt'), 'tls-key-file': join(folder, 'key') };
  const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const good = { 'tls-secret': 'a/b', 'webhook-configuration': 'c', 'tls-host': ['d'] };
  t.strictSame(faultsOf(good, inPod), []);
  t.strictSame(faultsOf(good), ['--tls-secret: needs a cluster: there is none without --kubeconfig']);
  t.strictSame(faultsOf({ 'webhook-configuration': 'c', ...files }, inPod), [
    '--webhook-configuration: needs --tls-secret: only of a certificate of its own does the server know the CA',
  ]);
  t.strictSame(faultsOf({ ...good, ...files }, inPod), [
    '--tls-secret: and --tls-cert-file exclude each other: one certificate is served',
    '--tls-host: is not for the certificate of --tls-cert-file, which has its names already',
  ]);
  t.strictSame(faultsOf({ 'tls-secret': 'x', 'tls-host': ['-a', 'b c', '*.d'] }), [
    '--tls-secret: must be NAMESPACE/NAME, not "x"',
    ...['-a', 'b c', '*.d'].map(
      (name) => `--tls-host: must be a DNS name or an IP address, not ${JSON.stringify(name)}`,
    ),
    '--webhook-configuration: is missing: --tls-secret needs it, so that API servers learn each new CA',
    '--tls-secret: needs a cluster: there is none without --kubeconfig',
  ]);
  t.strictSame(faultsOf({ 'tls-secret': 'a/b', 'webhook-configuration': 'A' }, inPod), [
    '--tls-host: is missing: the certificate of --tls-secret needs a name, such as SERVICE.NAMESPACE.svc',
    '--webhook-configuration: must be the name of webhook configurations, not "A"',
  ]);
  for (const secret of ['', 'a', 'a/', '/b', 'a/b/c', 'A/b', 'a/B', 'a.b/c', 'a/b.', `${'a'.repeat(64)}/b`, 'a/..']) {
    t.match(faultsOf({ ...good, 'tls-secret': secret }, inPod), [/^--tls-secret: must be NAMESPACE\/NAME/], secret);
  }
  t.end();
});

void test('files and folders must exist, each of a list', (t) => {
  const folder = t.testdir({ 'a.yaml': '' });
  const missing = join(folder, 'b.yaml');
  t.strictSame(faultsOf({ policies: [folder, missing], tenancy: missing }), [
    `--tenancy: ${JSON.stringify(missing)} does not exist`,
    `--policies: ${JSON.stringify(missing)} does not exist`,
  ]);
  t.end();
});

void test('audits need a cluster, and what belongs to them needs audits', (t) => {
  const kubeconfig = join(t.testdir({ kubeconfig: '' }), 'kubeconfig');
  t.strictSame(configOf({ kubeconfig }).audit, undefined, 'off by default');
  t.strictSame(configOf({ kubeconfig, 'audit-interval-minutes': '30' }).audit, {
    intervalMs: 1_800_000,
    lease: undefined,
    reports: 'none',
    pagePort: undefined,
  });
  const given = {
    'audit-interval-minutes': '1',
    'audit-lease': 'tenantgate-system/tenantgate-audit',
    'audit-reports': 'open-reports',
    'audit-page-port': '0',
  };
  t.strictSame(configOf({ kubeconfig, ...given }).audit, {
    intervalMs: 60_000,
    lease: { namespace: 'tenantgate-system', name: 'tenantgate-audit' },
    reports: 'open-reports',
    pagePort: 0,
  });
  t.strictSame(faultsOf(given), ['--audit-interval-minutes: needs a cluster: there is none without --kubeconfig']);
  t.strictSame(faultsOf({ ...given, kubeconfig, 'audit-interval-minutes': '0' }), [
    '--audit-lease: needs --audit-interval-minutes: without it nothing is audited',
    '--audit-reports: needs --audit-interval-minutes: without it nothing is audited',
    '--audit-page-port: needs --audit-interval-minutes: without it nothing is audited',
  ]);
  const wrong = {
    kubeconfig,
    'audit-interval-minutes': '1.5',
    'audit-lease': 'tenantgate-audit',
    'audit-reports': 'kyverno',
    'audit-page-port': '65536',
  };
  t.match(faultsOf(wrong), [
    '--audit-interval-minutes: must be a whole number from 0 to 10080, not "1.5"',
    '--audit-lease: must be NAMESPACE/NAME, not "tenantgate-audit"',
    '--audit-reports: must be one of none, policy-report, open-reports, not "kyverno"',
    '--audit-page-port: must be a whole number from 0 to 65535, not "65536"',
  ]);
  t.end();
});

void test('Events are off unless they are asked for, and need a cluster', (t) => {
  t.strictSame(faultsOf({ events: 'on' }), [
    '--events: needs a cluster: in development mode there is nowhere to write them',
  ]);
  t.strictSame(faultsOf({ events: 'yes' }), ['--events: must be one of off, on, not "yes"']);
  t.equal(configOf({ events: 'on', kubeconfig: import.meta.filename }).events, true);
  t.end();
});
