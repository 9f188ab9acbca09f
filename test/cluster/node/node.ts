import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Cluster } from '../cluster.ts';
import { startGuardian } from '../guardian.ts';
import { connectApi, type Api } from './api.ts';
import { type Pod, portNumber, type Service } from './pod.ts';
import { PodProcess } from './pod-process.ts';
import { ServiceProxy } from './service-proxy.ts';

/** What does a node's work for one namespace of a cluster that has no nodes. */
export interface StandInNode {
  pods(): readonly PodProcess[];
  /** Everything that the pods have logged, those that are gone included. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

const NODE_NAME = 'stand-in';
const LOOK_AGAIN_MS = 250;
const SECOND_MS = 1_000;

/**
 * Runs the pods of a namespace as processes, and forwards its Services to them: scheduler, kubelet and kube-proxy in one. The
 * control plane sees bound, running and ready pods, so that Deployments roll and Jobs finish.
 */
export async function startNode(
  cluster: Cluster,
  namespace: string,
  { mountLagMs = 0 }: { readonly mountLagMs?: number } = {},
): Promise<StandInNode> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantgate-node-'));
  const api = await connectApi(cluster);
  await api.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME } });
  const node = new Node({ cluster, api, namespace, folder, mountLagMs });
  node.start();
  return {
    pods: () => node.pods(),
    log: () => node.log(),
    stop: async () => {
      await node.stop();
      await api.call('DELETE', `/api/v1/nodes/${NODE_NAME}`);
      api.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface NodeOptions {
  readonly cluster: Cluster;
  readonly api: Api;
  readonly namespace: string;
  readonly folder: string;
  readonly mountLagMs: number;
}

class Node {
  readonly #options: NodeOptions;
  readonly #guardian: ReturnType<typeof startGuardian>;
  readonly #running = new Map<string, PodProcess>();
  readonly #terminating = new Set<string>();
  readonly #statuses = new Map<string, string>();
  readonly #proxies = new Map<string, ServiceProxy>();
  readonly #ended: PodProcess[] = [];
  readonly #stopped = new AbortController();
  #services: readonly Service[] = [];
  #nextAddress = 1;
  #loop: Promise<void> | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#guardian = startGuardian(options.folder);
  }

  start(): void {
    this.#loop = this.#run();
  }

  pods(): readonly PodProcess[] {
    return [...this.#running.values()];
  }

  async log(): Promise<string> {
    const logs = await Promise.all([...this.#ended, ...this.#running.values()].map((pod) => pod.log()));
    return logs.join('');
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    await Promise.all([...this.#running.values()].map((pod) => pod.stop(5_000)));
    this.#guardian.dismiss();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      // The API server may be away for a while: then nothing changes, and the pods run on.
      await this.#look().catch(() => undefined);
      await delay(LOOK_AGAIN_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    this.#services = await this.#list<Service>('services');
    await this.#openProxies();
    const pods = await this.#list<Pod>('pods');
    await Promise.all(pods.map((pod) => this.#tend(pod)));
    this.#guardian.guard([...this.#running.values()].flatMap(({ pid }) => pid ?? []));
  }

  async #list<T>(resource: string): Promise<readonly T[]> {
    const { status, body } = await this.#options.api.call('GET', this.#path(resource));
    if (status !== 200) throw new Error(`the API server answered ${status}`);
    return (body as { readonly items: readonly T[] }).items;
  }

  #path(rest: string): string {
    return `/api/v1/namespaces/${this.#options.namespace}/${rest}`;
  }

  async #tend(pod: Pod): Promise<void> {
    const { name, uid, deletionTimestamp } = pod.metadata;
    if (pod.spec.nodeName === undefined) {
      if (deletionTimestamp === undefined) await this.#bind(name);
      return;
    }
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
    if (deletionTimestamp !== undefined) {
      this.#terminate(pod);
      return;
    }
    const running = this.#running.get(uid) ?? this.#admit(pod);
    await running.tend();
    await this.#report(running);
  }

  async #bind(name: string): Promise<void> {
    await this.#options.api.call('POST', this.#path(`pods/${name}/binding`), {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { apiVersion: 'v1', kind: 'Node', name: NODE_NAME },
    });
  }

  #admit(pod: Pod): PodProcess {
    const { cluster, api, namespace, folder, mountLagMs } = this.#options;
    const number = this.#nextAddress++;
    const process = new PodProcess({
      cluster,
      api,
      namespace,
      pod,
      mountLagMs,
      address: `127.0.1.${number}`,
      folder: join(folder, pod.metadata.uid),
      resolve: (arg) => this.#resolve(arg),
    });
    this.#running.set(pod.metadata.uid, process);
    return process;
  }

  /** Service names become addresses: no DNS runs here. */
  #resolve(arg: string): string {
    return this.#services.reduce(
      (text, { metadata, spec }) =>
        text.replace(`//${metadata.name}.${this.#options.namespace}.svc:`, `//${spec.clusterIP ?? ''}:`),
      arg,
    );
  }

  /** As the kubelet does: SIGTERM at once, the Pod object goes when the process is gone. */
  #terminate(pod: Pod): void {
    const { name, uid, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (this.#terminating.has(uid)) return;
    this.#terminating.add(uid);
    const gone = async (): Promise<void> => {
      const process = this.#running.get(uid);
      await process?.stop(deletionGracePeriodSeconds * SECOND_MS);
      if (process !== undefined) this.#ended.push(process);
      this.#running.delete(uid);
      await this.#options.api.call('DELETE', this.#path(`pods/${name}`), {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
    };
    void gone().catch(() => undefined);
  }

  /** Tells the API server how the pod is, whenever that has changed. */
  async #report(process: PodProcess): Promise<void> {
    const { pod, isReady, ending } = process;
    const isDone = ending !== undefined && pod.spec.restartPolicy !== 'Always';
    const phase = isDone ? (ending === 'exited with code 0' ? 'Succeeded' : 'Failed') : 'Running';
    const summary = `${phase} ${String(isReady)} ${process.restarts}`;
    if (process.pid === undefined || this.#statuses.get(pod.metadata.uid) === summary) return;
    const answer = await this.#options.api.call(
      'PATCH',
      this.#path(`pods/${pod.metadata.name}/status`),
      statusOf(process, phase),
    );
    if (answer.status !== 200) return;
    this.#statuses.set(pod.metadata.uid, summary);
    if (isDone) {
      this.#ended.push(process);
      this.#running.delete(pod.metadata.uid);
    }
  }

  async #openProxies(): Promise<void> {
    for (const { metadata, spec } of this.#services) {
      for (const { port, targetPort = port } of spec.ports ?? []) {
        const key = `${spec.clusterIP ?? ''}:${port}`;
        if (this.#proxies.has(key) || !(spec.clusterIP ?? '').startsWith('127.')) continue;
        const proxy = new ServiceProxy(() => this.#endpointsOf(metadata.name, targetPort));
        this.#proxies.set(key, proxy);
        await proxy.listen(spec.clusterIP!, port);
      }
    }
  }

  #endpointsOf(service: string, targetPort: number | string): readonly { address: string; port: number }[] {
    const selector = Object.entries(
      this.#services.find(({ metadata }) => metadata.name === service)?.spec.selector ?? {},
    );
    // Readiness of the metrics port is asked through the Service too: the gate waits for the answer, not for an address.
    return [...this.#running.values()]
      .filter(({ isReady, pod }) => isReady && !this.#terminating.has(pod.metadata.uid))
      .filter(({ pod }) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .map(({ address, pod }) => ({ address, port: portNumber(pod.spec.containers[0], targetPort) }));
  }
}

function statusOf({ pod, isReady, restarts, address }: PodProcess, phase: string): object {
  const { name, image } = pod.spec.containers[0];
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const condition = (type: string): object => ({
    type,
    status: isReady ? 'True' : 'False',
    lastTransitionTime: now,
  });
  // A loopback address is no address of a pod to the API server.
  const podIP = address.replace(/^127\.0\.1\./, '10.244.0.');
  const exitCode = phase === 'Succeeded' ? 0 : 1;
  const state = phase === 'Running' ? { running: { startedAt: now } } : { terminated: { exitCode, finishedAt: now } };
  const container = { name, image, imageID: 'none', ready: isReady, started: true, restartCount: restarts, state };
  return {
    status: {
      phase,
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: now,
      conditions: [condition('Ready'), condition('ContainersReady')],
      containerStatuses: [container],
    },
  };
}
