import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditPolicy } from './audit-log.ts';
import { type ControlPlaneBinaries } from './binaries.ts';
import { clusterAt, type Cluster, type ClusterLocation } from './cluster.ts';
import { apiServerArguments, controllerManagerArguments, etcdArguments, type Layout } from './command-lines.ts';
import { writeCredentials } from './credentials.ts';
import { freePorts } from './free-ports.ts';
import { httpProbe, type Answer } from './http-probe.ts';
import { startProcessGroup, type ProcessGroup } from './process-group.ts';

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

interface Running {
  readonly binaries: ControlPlaneBinaries;
  readonly layout: Layout;
  readonly server: string;
  readonly readyTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly processes: ProcessGroup;
}

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
  const processes = await startProcessGroup('tenantgate-cluster-');
  try {
    const running = await prepare(processes, binaries, options);
    await startEtcd(running);
    await startApiServer(running);
    await startControllerManager(running);
    const location = locate(running);
    const cluster = clusterAt(location, {
      stopApiServer: () => processes.stop('kube-apiserver', API_SERVER_STOP_DEADLINE_MS),
      startApiServer: () => startApiServer(running),
    });
    const pids = (): ReturnType<ControlPlane['pids']> => processes.pids();
    return { ...cluster, location, folder: processes.folder, pids, stop: () => stopAll(processes) };
  } catch (error) {
    await stopAll(processes);
    throw error;
  }
}

async function prepare(
  processes: ProcessGroup,
  binaries: ControlPlaneBinaries,
  { readyTimeoutMs = 60_000, signal }: ControlPlaneOptions,
): Promise<Running> {
  const { folder, scratch } = processes;
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
    scratch,
  };
  await writeFile(layout.auditPolicyFile, JSON.stringify(auditPolicy));
  await writeFile(layout.auditLog, '');
  return { binaries, layout, server, readyTimeoutMs, signal, processes };
}

async function startEtcd(running: Running): Promise<void> {
  await start(running, 'etcd', running.binaries.etcd, etcdArguments(running.layout), async () => {
    const answer = await httpProbe(`http://127.0.0.1:${running.layout.ports.etcdClients}/health`);
    return answer?.status === 200;
  });
}

async function startApiServer(running: Running): Promise<void> {
  const present = running.processes.find('kube-apiserver');
  if (present !== undefined && present.ending() === undefined) return;
  const isReady = async (): Promise<boolean> => (await ask(running, '/readyz'))?.status === 200;
  await start(running, 'kube-apiserver', running.binaries.kubeApiserver, apiServerArguments(running.layout), isReady);
}

async function startControllerManager(running: Running): Promise<void> {
  const args = controllerManagerArguments(running.layout);
  await start(running, 'kube-controller-manager', running.binaries.kubeControllerManager, args, () =>
    controllersHaveWorked(running),
  );
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

async function start(
  { processes, readyTimeoutMs: timeoutMs, signal }: Running,
  name: string,
  command: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
): Promise<void> {
  signal?.throwIfAborted();
  const started = processes.start({ name, command, args });
  await processes.until(started, 'its first healthy answer', isReady, { timeoutMs, signal });
}

/** etcd goes last: a server that has lost its store stops slowly. */
async function stopAll(processes: ProcessGroup): Promise<void> {
  await Promise.all([
    processes.stop('kube-controller-manager'),
    processes.stop('kube-apiserver', API_SERVER_STOP_DEADLINE_MS),
  ]);
  await processes.stopAll();
}

function locate({ binaries, processes, layout, server }: Running): ClusterLocation {
  return {
    kubernetesVersion: binaries.kubernetesVersion,
    server,
    kubeconfig: layout.credentials.adminKubeconfig,
    kubectl: binaries.kubectl,
    home: processes.home,
    auditLog: layout.auditLog,
    ca: layout.credentials.ca,
  };
}
