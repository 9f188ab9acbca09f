import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditPolicy } from './audit-log.ts';
import { type ControlPlaneBinaries } from './binaries.ts';
import { clusterAt, type Cluster, type ClusterLocation } from './cluster.ts';
import { apiServerArguments, controllerManagerArguments, etcdArguments, type Layout } from './command-lines.ts';
import { writeCredentials } from './credentials.ts';
import { freePorts } from './free-ports.ts';
import { startGuardian, type Guardian } from './guardian.ts';
import { httpProbe, type Answer } from './http-probe.ts';
import { launch, type ManagedProcess } from './managed-process.ts';
import { waitFor } from './wait-for.ts';

export interface ControlPlaneOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each server to become ready. */
  readonly readyTimeoutMs?: number;
}

/** A control plane that this process has started, and ends. */
export interface ControlPlane extends Cluster {
  readonly location: ClusterLocation;
  /** Everything that belongs to it lies here, and goes with it. */
  readonly folder: string;
  pids(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** What is running now; the guardian ends it if this process dies first. */
interface Running {
  readonly binaries: ControlPlaneBinaries;
  readonly folder: string;
  readonly layout: Layout;
  readonly server: string;
  readonly readyTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly guardian: Guardian;
  readonly processes: Map<string, ManagedProcess>;
}

const STOP_DEADLINE_MS = 10_000;
/**
 * It stops listening at once, but then lets its watches run on for as long as a request may take (60 s), which is how long
 * a client would not notice. Everything it knows is in etcd: ending it early loses nothing and cuts the watches.
 */
const API_SERVER_STOP_DEADLINE_MS = 1000;

/** Starts etcd, kube-apiserver and kube-controller-manager on loopback, and settles when all of them work. */
export async function startControlPlane(
  binaries: ControlPlaneBinaries,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const running = await prepare(binaries, options);
  try {
    await startEtcd(running);
    await startApiServer(running);
    await startControllerManager(running);
    const location = locate(running);
    const cluster = clusterAt(location, {
      stopApiServer: () => stopProcess(running, 'kube-apiserver'),
      startApiServer: () => startApiServer(running),
    });
    return { ...cluster, location, folder: running.folder, pids: () => pidsOf(running), stop: () => stopAll(running) };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

async function prepare(binaries: ControlPlaneBinaries, options: ControlPlaneOptions): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantgate-cluster-'));
  try {
    const [etcdClients, etcdPeers, apiServer, controllerManager] = await freePorts(4);
    const server = `https://127.0.0.1:${apiServer!}`;
    const layout: Layout = {
      ports: {
        etcdClients: etcdClients!,
        etcdPeers: etcdPeers!,
        apiServer: apiServer!,
        controllerManager: controllerManager!,
      },
      credentials: await writeCredentials(join(folder, 'credentials'), server),
      etcdData: join(folder, 'etcd'),
      auditPolicyFile: join(folder, 'audit-policy.json'),
      auditLog: join(folder, 'audit.log'),
      scratch: join(folder, 'scratch'),
    };
    await Promise.all([
      mkdir(layout.scratch),
      mkdir(join(folder, 'home')),
      writeFile(layout.auditPolicyFile, JSON.stringify(auditPolicy)),
      writeFile(layout.auditLog, ''),
    ]);
    const { readyTimeoutMs = 60_000, signal } = options;
    const guardian = startGuardian(folder);
    return { binaries, folder, layout, server, readyTimeoutMs, signal, guardian, processes: new Map() };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startEtcd(running: Running): Promise<void> {
  const started = start(running, 'etcd', running.binaries.etcd, etcdArguments(running.layout));
  await untilReady(running, started, async () => {
    const answer = await httpProbe(`http://127.0.0.1:${running.layout.ports.etcdClients}/health`);
    return answer?.status === 200;
  });
}

async function startApiServer(running: Running): Promise<void> {
  const present = running.processes.get('kube-apiserver');
  if (present !== undefined && present.ending() === undefined) return;
  const started = start(running, 'kube-apiserver', running.binaries.kubeApiserver, apiServerArguments(running.layout));
  await untilReady(running, started, async () => (await ask(running, '/readyz'))?.status === 200);
}

async function startControllerManager(running: Running): Promise<void> {
  const started = start(
    running,
    'kube-controller-manager',
    running.binaries.kubeControllerManager,
    controllerManagerArguments(running.layout),
  );
  await untilReady(running, started, () => controllersHaveWorked(running));
}

/** Healthy is not yet useful: tests need the default ServiceAccount and the aggregated ClusterRoles from the first moment. */
async function controllersHaveWorked(running: Running): Promise<boolean> {
  const url = `https://127.0.0.1:${running.layout.ports.controllerManager}/healthz`;
  const health = await httpProbe(url, { caPem: running.layout.credentials.ca.certificatePem });
  if (health?.status !== 200) return false;
  const account = await ask(running, '/api/v1/namespaces/default/serviceaccounts/default');
  if (account?.status !== 200) return false;
  const roles = await Promise.all(['admin', 'edit', 'view'].map((name) => ask(running, `${CLUSTER_ROLES}/${name}`)));
  return roles.every((role) => role?.status === 200 && hasRules(role.body));
}

const CLUSTER_ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

function hasRules(body: string): boolean {
  const role = JSON.parse(body) as { readonly rules?: readonly unknown[] | null };
  return (role.rules ?? []).length > 0;
}

function ask({ server, layout }: Running, path: string): Promise<Answer | undefined> {
  const { ca, admin } = layout.credentials;
  return httpProbe(`${server}${path}`, { caPem: ca.certificatePem, client: admin });
}

function start(running: Running, name: string, command: string, args: readonly string[]): ManagedProcess {
  running.signal?.throwIfAborted();
  const started = launch({
    name,
    command,
    args,
    logFile: join(running.folder, `${name}.log`),
    env: { PATH: process.env['PATH'] ?? '', HOME: join(running.folder, 'home'), TMPDIR: running.layout.scratch },
  });
  running.processes.set(name, started);
  guardAll(running);
  return started;
}

async function untilReady(running: Running, started: ManagedProcess, isReady: () => Promise<boolean>): Promise<void> {
  const probe = async (): Promise<boolean> => {
    const ending = started.ending();
    if (ending !== undefined) throw new Error(`it ${ending}`);
    return isReady();
  };
  try {
    await waitFor('its first healthy answer', probe, {
      timeoutMs: running.readyTimeoutMs,
      signal: running.signal,
    });
  } catch (cause) {
    running.signal?.throwIfAborted();
    const logs = [...running.processes.values()].map((process) => process.logTail()).join('\n');
    throw new Error(`${started.name} did not become ready: ${(cause as Error).message}\n${logs}`, { cause });
  }
}

async function stopProcess(running: Running, name: string): Promise<void> {
  const deadlineMs = name === 'kube-apiserver' ? API_SERVER_STOP_DEADLINE_MS : STOP_DEADLINE_MS;
  await running.processes.get(name)?.stop(deadlineMs);
  running.processes.delete(name);
  guardAll(running);
}

/** etcd goes last: a server that has lost its store stops slowly. */
async function stopAll(running: Running): Promise<void> {
  await Promise.all([stopProcess(running, 'kube-controller-manager'), stopProcess(running, 'kube-apiserver')]);
  await stopProcess(running, 'etcd');
  await rm(running.folder, { recursive: true, force: true, maxRetries: 5 });
  running.guardian.dismiss();
}

function guardAll(running: Running): void {
  running.guardian.guard(Object.values(pidsOf(running)));
}

function locate({ binaries, folder, layout, server }: Running): ClusterLocation {
  return {
    kubernetesVersion: binaries.kubernetesVersion,
    server,
    kubeconfig: layout.credentials.adminKubeconfig,
    kubectl: binaries.kubectl,
    home: join(folder, 'home'),
    auditLog: layout.auditLog,
    ca: layout.credentials.ca,
  };
}

function pidsOf(running: Running): Readonly<Record<string, number>> {
  const pids = [...running.processes.values()].map(({ name, pid }) => [name, pid] as const);
  return Object.fromEntries(pids.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
