import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Cluster } from '../cluster.ts';
import { base64 } from '../credentials.ts';
import { httpProbe } from '../http-probe.ts';
import { launch, type ManagedProcess } from '../managed-process.ts';
import { type Api } from './api.ts';
import { type Pod, portNumber } from './pod.ts';
import { PodVolumes } from './volumes.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

export interface PodProcessOptions {
  readonly cluster: Cluster;
  readonly api: Api;
  readonly namespace: string;
  readonly pod: Pod;
  /** Stands for the pod's own address: a loopback address that no other pod has. */
  readonly address: string;
  readonly folder: string;
  /** How long the kubelet takes to bring what has changed into the pod, in milliseconds. */
  readonly mountLagMs: number;
  /** Addresses of the cluster's names, as DNS would give them. */
  readonly resolve: (args: string) => string;
}

/**
 * The container of a pod as a process of this machine: its arguments, mounted ConfigMaps and Secrets, and service account
 * are the pod's. What an engine adds (the image's files, namespaces, cgroups) is not there.
 */
export class PodProcess {
  readonly pod: Pod;
  readonly address: string;
  readonly logFile: string;
  readonly #options: PodProcessOptions;
  readonly #volumes: PodVolumes;
  #process: ManagedProcess | undefined;
  #isStarting = false;
  restarts = 0;
  isReady = false;

  constructor(options: PodProcessOptions) {
    this.#options = options;
    this.pod = options.pod;
    this.address = options.address;
    this.logFile = join(options.folder, 'log.jsonl');
    this.#volumes = new PodVolumes({ ...options, folder: join(options.folder, 'volumes') });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** How the process ended; undefined while it runs or has not been started. */
  get ending(): string | undefined {
    return this.#process?.ending();
  }

  /** Refreshes what is mounted, and starts the process as soon as all of it is there; afterwards looks at readiness. */
  async tend(): Promise<void> {
    const isMounted = await this.#volumes.refresh();
    if (this.#process === undefined) {
      if (isMounted && !this.#isStarting) await this.#start();
      return;
    }
    if (this.ending !== undefined && this.pod.spec.restartPolicy === 'Always') {
      this.restarts += 1;
      this.#process = undefined;
      this.isReady = false;
      return;
    }
    const container = this.pod.spec.containers[0];
    if (container.readinessProbe === undefined) return;
    const { path, port } = container.readinessProbe.httpGet;
    const answer = await httpProbe(`http://${this.address}:${portNumber(container, port)}${path}`, {}, 2_000);
    this.isReady = answer?.status === 200;
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#process?.stop(deadlineMs);
  }

  log(): Promise<string> {
    return readFile(this.logFile, 'utf8').catch(() => '');
  }

  async #start(): Promise<void> {
    this.#isStarting = true;
    await mkdir(this.#options.folder, { recursive: true });
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.#options.folder,
      TENANTGATE_ADDRESS: this.address,
      ...(await this.#identity()),
    };
    const { name, args = [] } = this.pod.spec.containers[0];
    this.#process = launch({
      name: `${this.pod.metadata.name}/${name}`,
      command: process.execPath,
      args: [MAIN, ...args.map((arg) => this.#options.resolve(this.#mounted(arg)))],
      env,
      logFile: this.logFile,
    });
    this.#isStarting = false;
  }

  /** Paths inside the container are those of the volumes' folders here. */
  #mounted(arg: string): string {
    const mount = this.pod.spec.containers[0].volumeMounts?.find(({ mountPath }) => arg.includes(`=${mountPath}/`));
    return mount === undefined ? arg : arg.replace(`=${mount.mountPath}/`, `=${this.#volumes.pathOf(mount.name)}/`);
  }

  /** A token of the pod's service account: RBAC holds for it as in a cluster. */
  async #identity(): Promise<Readonly<Record<string, string>>> {
    const { serviceAccountName = 'default', automountServiceAccountToken } = this.pod.spec;
    if (automountServiceAccountToken === false) return {};
    const { api, namespace, cluster, folder } = this.#options;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccountName}/token`;
    const answer = await api.call('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    const { status } = answer.body as { readonly status?: { readonly token?: string } };
    const file = join(folder, 'kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'pod',
      contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
      clusters: [
        {
          name: 'pod',
          cluster: { server: cluster.server, 'certificate-authority-data': base64(cluster.ca.certificatePem) },
        },
      ],
      users: [{ name: 'pod', user: { token: status?.token } }],
    };
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return { TENANTGATE_KUBECONFIG: file };
  }
}
