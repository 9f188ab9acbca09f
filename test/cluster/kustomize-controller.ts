import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Addons } from './addons.ts';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { kubeconfig } from './credentials.ts';
import { installFluxCrds } from './flux-crds.ts';
import { freePorts } from './free-ports.ts';
import { httpProbe } from './http-probe.ts';
import { expectSuccess } from './kubectl.ts';
import { startProcessGroup, type ProcessGroup } from './process-group.ts';

const NAME = 'kustomize-controller';
const NAMESPACE = 'flux-system';
const READY_TIMEOUT_MS = 60_000;

/** What Flux's guide for shared clusters sets on this controller. */
const LOCKDOWN = ['--no-cross-namespace-refs=true', '--no-remote-bases=true', '--default-service-account=default'];

export interface KustomizeController {
  /** Everything it has logged so far, one JSON object a line. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface KustomizeControllerOptions {
  /** Whether it has the flags that Flux offers for shared clusters. */
  readonly isLockedDown: boolean;
}

/**
 * Starts kustomize-controller as the service account that it has in a cluster, with the rights that it has there: it is
 * cluster-admin, and becomes less only by impersonation. The CRDs of Flux are installed first.
 */
export async function startKustomizeController(
  cluster: Cluster,
  { kustomizeController }: Addons,
  { isLockedDown }: KustomizeControllerOptions,
): Promise<KustomizeController> {
  const installed = await installFluxCrds(cluster);
  if (!installed.ok) throw new Error(installed.message);
  expectSuccess(await cluster.apply(identity));
  const processes = await startProcessGroup('tenantgate-flux-');
  try {
    const [port] = await freePorts(1);
    const controller = processes.start({
      name: NAME,
      command: kustomizeController,
      args: [
        '--metrics-addr=0',
        `--health-addr=127.0.0.1:${port!}`,
        '--watch-all-namespaces=true',
        '--log-encoding=json',
        '--requeue-dependency=5s',
        '--http-retry=1',
        ...(isLockedDown ? LOCKDOWN : []),
      ],
      env: { KUBECONFIG: await writeKubeconfig(cluster, processes), RUNTIME_NAMESPACE: NAMESPACE },
    });
    const isReady = async (): Promise<boolean> => (await httpProbe(`http://127.0.0.1:${port!}/readyz`))?.status === 200;
    await processes.until(controller, 'its first healthy answer', isReady, { timeoutMs: READY_TIMEOUT_MS });
    return { log: () => readFile(processes.logOf(NAME), 'utf8'), stop: () => processes.stopAll() };
  } catch (error) {
    await processes.stopAll();
    throw error;
  }
}

/** The names are those of Flux's own manifests: they stand in the user info of the requests. */
const identity: readonly KubernetesObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: NAMESPACE } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cluster-reconciler-flux-system' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
  },
];

async function writeKubeconfig(cluster: Cluster, { folder }: ProcessGroup): Promise<string> {
  const create = ['create', 'token', NAME, `--namespace=${NAMESPACE}`, '--duration=2h'];
  const token = expectSuccess(await cluster.kubectl(create)).trim();
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfig(cluster.server, cluster.ca, { token }), { mode: 0o600 });
  return path;
}
