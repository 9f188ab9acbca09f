import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { subjectsWithoutPlatform, webhookRules } from '../../src/admission/webhook-rules.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { issueCertificate, makeCa } from './certificates.ts';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { freePorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';
import {
  exposeAsService,
  registerWebhooks,
  removeWebhooks,
  webhookConfigurations,
  type WebhookEntry,
  type WebhookProbe,
} from './webhook.ts';

/** The namespaces that the shipped Tenancy lists as the platform's: nothing in them is sent to us, but what tenants do to them. */
const platformNamespaces = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'flux-system',
  'cert-manager',
  'tenantgate-system',
];

/** The principals of the shipped Tenancy, as the chart leaves them out. */
const platformGroups = [
  'system:masters',
  'kubeadm:cluster-admins',
  ...platformNamespaces.map((name) => `system:serviceaccounts:${name}`),
];
const notThePlatform = {
  name: 'not-the-platform',
  expression: `!request.userInfo.groups.exists(group, group in ${JSON.stringify(platformGroups)})`,
};

const service = { namespace: 'tenantgate-system', name: 'tenantgate' };
const registrationName = 'tenantgate';
/** Bounds hanging only: a machine that runs much else starts slowly. */
const startTimeoutMs = 90_000;

/** A `tenantgate serve` that the API server of a test calls. */
export interface RunningTenantgate {
  readonly port: number;
  readonly metricsPort: number;
  /** PEM of the authority that signed its certificate. */
  readonly caCertificate: string;
  /** The webhook configurations as they are rendered, in a file. */
  readonly registrationFile: string;
  /** Lines of the log so far; it is flushed once a second. */
  log(): Promise<readonly LogLine[]>;
  /** Decision lines of the log so far. */
  decisions(): Promise<readonly DecisionLine[]>;
  metrics(): Promise<string>;
  ready(): Promise<{ readonly status: number; readonly body: string }>;
  /** Runs something while the API server does not call us: what was there before we came. */
  pause<T>(action: () => Promise<T>): Promise<T>;
  /** Registers once more what is registered at the start. */
  register(): Promise<void>;
  /** SIGTERM, and its exit code. The registration stays: the API server is now without its webhook. */
  stopProcess(): Promise<number | null>;
  /** Takes the registration away, then ends the process. */
  stop(): Promise<void>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

export interface DecisionLine {
  readonly msg: string;
  readonly path: string;
  readonly outcome: string;
  readonly rules: readonly string[];
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly dryRun: boolean;
  readonly operation: string;
  readonly subresource: string;
}

export interface TenantgateOptions {
  readonly mode?: 'audit' | 'warn' | 'enforce';
  readonly args?: readonly string[];
  /** Whether it watches its registration. */
  readonly isWatching?: boolean;
  /** Shows that the API server calls us: without it the default probe waits for a refusal, or for a label in dry run. */
  readonly probes?: readonly WebhookProbe[];
  /** Starts the process; without it the sources of this checkout are run. */
  readonly launch?: ServerLauncher;
}

export interface ServerCall {
  /** The command and its flags. All files that they name lie in the folder. */
  readonly args: readonly string[];
  readonly folder: string;
  /** File descriptor for all that the server writes. */
  readonly output: number;
}

/** Starts a server that SIGTERM to the process ends. */
export type ServerLauncher = (call: ServerCall) => Promise<ChildProcess>;

/** What the API server is told to send: derived from the rules, as the chart does it. */
export function webhookEntries(): readonly WebhookEntry[] {
  const { validating, mutating } = webhookRules(rules);
  return [...validating, ...mutating].map(({ name, path, rules: wanted, matchConditions, subject }) => ({
    name,
    path,
    rules: wanted,
    matchConditions: subjectsWithoutPlatform.has(subject) ? [...matchConditions, notThePlatform] : matchConditions,
    timeoutSeconds: path === '/validate' ? 3 : 2,
    // By name, which no label can forge: the control plane does not depend on us.
    namespaceSelector: {
      matchExpressions: [
        {
          key: 'kubernetes.io/metadata.name',
          operator: subject === 'platform' ? 'In' : 'NotIn',
          values: platformNamespaces,
        },
      ],
    },
  }));
}

/** A Namespace without a tenant, which enforcement refuses. */
const orphan: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tenantgate-probe' } };

/** Starts the server beside the control plane, registers it as a Service, and waits until the API server calls it. */
export async function startTenantgate(cluster: Cluster, options: TenantgateOptions = {}): Promise<RunningTenantgate> {
  const mode = options.mode ?? 'enforce';
  const folder = await mkdtemp(join(tmpdir(), 'tenantgate-server-'));
  const ca = await makeCa('Tenantgate test CA');
  const pair = await issueCertificate(ca, {
    commonName: 'tenantgate',
    dnsNames: [`${service.name}.${service.namespace}.svc`, 'localhost'],
    usages: ['server'],
  });
  const names = ['tls.crt', 'tls.key', 'kubeconfig', 'log.jsonl', 'registration.json'];
  const [certFile, keyFile, kubeconfig, logFile, registrationFile] = names.map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const [port, metricsPort] = (await freePorts(2)) as [number, number];
  const registration = {
    name: registrationName,
    endpoint: { service: { ...service, port } },
    entries: webhookEntries(),
  };
  const items = webhookConfigurations({ ...registration, caBundle: undefined });
  await Promise.all([
    writeFile(certFile, pair.certificatePem),
    writeFile(keyFile, pair.privateKeyPem),
    copyFile(cluster.kubeconfig, kubeconfig),
    writeFile(registrationFile, JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
  ]);
  const args = [
    ...['serve', '--kubeconfig', kubeconfig, '--address', '127.0.0.1', '--mode', mode],
    ...['--port', String(port), '--metrics-port', String(metricsPort)],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--drain-seconds', '1'],
    ...(options.isWatching === true ? ['--registration', registrationFile] : []),
    ...(options.args ?? []),
  ];
  const child = await startLogged(options.launch ?? launchSources, { args, folder, logFile });
  const probes = options.probes ?? (mode === 'enforce' ? [{ object: orphan, until: 'refused' as const }] : []);
  const register = (): Promise<void> =>
    registerWebhooks(cluster, { ...registration, caBundle: ca.certificatePem }, probes);
  const running: RunningTenantgate = {
    port,
    metricsPort,
    caCertificate: ca.certificatePem,
    registrationFile,
    register,
    log: () => readLog(logFile),
    decisions: async () => {
      // The log is flushed once a second.
      await delay(1_100);
      const lines = (await readLog(logFile)) as readonly (LogLine & DecisionLine)[];
      return lines.filter(({ msg }) => msg === 'decision');
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    ready: () => get(port, ca.certificatePem, '/readyz'),
    pause: async (action) => {
      await removeWebhooks(cluster, registrationName, [{ object: orphan, until: 'admitted' }]);
      const result = await action();
      await register();
      return result;
    },
    stopProcess: () => endProcess(child),
    stop: async () => {
      await removeWebhooks(cluster, registrationName);
      await endProcess(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await waitFor('Tenantgate to be ready', async () => (await running.ready()).status === 200, {
      timeoutMs: startTimeoutMs,
    });
    await exposeAsService(cluster, { ...service, port });
    await register();
    // In the other modes nothing is refused: only our own count shows that the API server calls us.
    if (mode !== 'enforce') await untilCalled(cluster, running);
    return running;
  } catch (error) {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    await running.stop();
    throw new Error(`Tenantgate did not start; its log: ${log}`, { cause: error });
  }
}

async function untilCalled(cluster: Cluster, running: RunningTenantgate): Promise<void> {
  await waitFor(
    'the API server to call Tenantgate',
    async () => {
      await cluster.apply([orphan], { dryRun: true });
      return /^tenantgate_admission_decisions_total\{path="validate"/m.test(await running.metrics());
    },
    { timeoutMs: startTimeoutMs },
  );
}

async function startLogged(
  launch: ServerLauncher,
  { args, folder, logFile }: { readonly args: readonly string[]; readonly folder: string; readonly logFile: string },
): Promise<ChildProcess> {
  const log = await open(logFile, 'a');
  try {
    return await launch({ args, folder, output: log.fd });
  } finally {
    await log.close();
  }
}

async function launchSources({ args, output }: ServerCall): Promise<ChildProcess> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], HOME: tmpdir() },
  });
  // Whatever becomes of the test, the server does not outlive it.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  await once(child, 'spawn');
  return child;
}

async function endProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  return code;
}

async function readLog(file: string): Promise<readonly LogLine[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}

function get(port: number, ca: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(5_000);
    const sent = request({ host: 'localhost', port, path, ca, signal, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    sent.on('error', () => {
      resolve({ status: 0, body: '' });
    });
    sent.end();
  });
}
