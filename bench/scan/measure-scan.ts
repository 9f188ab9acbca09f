import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { small, type TenantgateProgram } from '../commands.ts';
import type { Cores } from '../cores.ts';
import type { Fixture } from '../fixture.ts';
import { Load, type LoadResult } from '../load.ts';
import { percentileOf } from '../percentile.ts';
import { type PartResult, rowOf } from '../report.ts';
import { prepareRequest } from '../reviews.ts';
import { freePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import { readMetrics, type Metrics } from './metrics.ts';

export interface ScanOptions extends TenantgateProgram {
  /** Of 30 Pods and 2 NetworkPolicies each. */
  readonly scanNamespaces: number;
  readonly seconds: number;
}

/** A server of a cluster, with its metrics. */
interface ClusterServer extends ServerProcess {
  metrics(): Promise<Metrics>;
}

const podsEach = 30;
const policiesEach = 2;
const scanLimitMs = 600_000;
const connections = 25;
/** As a busy cluster asks for; far from what would keep the server busy. */
const callsPerSecond = 200;
const turnMs = 1;
const lookAgainMs = 100;

/**
 * Lets a server audit the cluster of a list server: once undisturbed, and once while it answers calls. A server that does not
 * audit is what both are compared with.
 */
export async function measureScan(options: ScanOptions, cores: Cores, fixture: Fixture): Promise<PartResult> {
  const lists = spawnListServer(options.scanNamespaces, fixture);
  try {
    const kubeconfig = join(fixture.folder, 'scan-kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(await portOf(lists), fixture.caCertificate));
    const bench = new ScanBench(options, cores, fixture, kubeconfig);
    return await bench.run();
  } finally {
    lists.kill();
  }
}

class ScanBench {
  readonly #options: ScanOptions;
  readonly #cores: Cores;
  readonly #fixture: Fixture;
  readonly #kubeconfig: string;
  #answers = 0;
  #wrongAnswers = 0;

  constructor(options: ScanOptions, cores: Cores, fixture: Fixture, kubeconfig: string) {
    this.#options = options;
    this.#cores = cores;
    this.#fixture = fixture;
    this.#kubeconfig = kubeconfig;
  }

  async run(): Promise<PartResult> {
    const without = await this.#withServer([], async (server) => {
      await this.#lookedAt(server);
      const memory = server.memory()?.nowMb;
      const latencies = await this.#callsUntil(server);
      return { memory, latencies, besideSpin: await this.#callsBesideSpin(server) };
    });
    const alone = await this.#withServer(auditing, async (server) => {
      const metrics = await this.#audited(server);
      return { metrics, memory: server.memory()?.peakMb, cpu: server.wholeCpuSeconds() };
    });
    const beside = await this.#withServer(auditing, (server) => this.#callsUntil(server, this.#audited(server)));
    const { metrics } = alone;
    const growth =
      alone.memory === undefined || without.memory === undefined ? undefined : alone.memory - without.memory;
    const p99Of = (latencies: Float64Array) => percentileOf(latencies, 0.99);
    const [p99, p99Beside] = [p99Of(without.latencies), p99Of(beside)];
    const { scanNamespaces } = this.#options;
    const atMost = (value: number) => ({ comparison: '≤', value }) as const;
    return {
      answers: this.#answers,
      wrongAnswers: this.#wrongAnswers + (isRight(metrics, scanNamespaces) ? 0 : 1),
      rows: [
        rowOf('scan-objects', `audit of ${scanNamespaces} namespaces: objects`, '', [
          metrics.sum('tenantgate_audit_objects'),
        ]),
        rowOf('scan-seconds', 'the same: time', ' s', [metrics.sum('tenantgate_audit_duration_seconds')], atMost(20)),
        rowOf('scan-cpu', 'the same: CPU time of the server, with its start', ' s', [alone.cpu]),
        rowOf('scan-rss', 'the same: RSS at its peak − of a server that does not audit', ' MB', [growth], atMost(64)),
        rowOf('scan-p99', 'p99 of calls beside an audit ÷ without', '×', [p99Beside / p99], atMost(1.5)),
        rowOf('scan-p99-without', 'the same without it', ' ms', [p99]),
        rowOf('scan-p99-beside', 'the same beside it', ' ms', [p99Beside]),
        rowOf('scan-p99-spin', 'the same beside a process that spins while the core is idle', ' ms', [
          without.besideSpin && p99Of(without.besideSpin),
        ]),
        rowOf('scan-latest', 'the latest answer beside it', ' ms', [beside.at(-1)]),
      ],
    };
  }

  /** Asks for metrics as often as while an audit is waited for, which takes memory too. */
  async #lookedAt(server: ClusterServer): Promise<void> {
    const endMs = performance.now() + this.#options.seconds * 1_000;
    while (performance.now() < endMs) {
      await server.metrics();
      await delay(lookAgainMs);
    }
  }

  /** What a core that is never idle does to calls, whatever keeps it busy. Undefined where that cannot be had. */
  async #callsBesideSpin(server: ClusterServer): Promise<Float64Array | undefined> {
    if (!canIdle()) return undefined;
    const [command = '', ...rest] = this.#cores.onServerCore([...asIdle, process.execPath, '-e', 'for (;;);']);
    const spinning = spawn(command, rest, { stdio: 'ignore' });
    try {
      return await this.#callsUntil(server);
    } finally {
      spinning.kill('SIGKILL');
    }
  }

  async #withServer<T>(more: readonly string[], use: (server: ClusterServer) => Promise<T>): Promise<T> {
    const server = await this.#start(more);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  }

  async #start(more: readonly string[]): Promise<ClusterServer> {
    const { program, nodeFlags } = this.#options;
    const { certificate, key, compileCache } = this.#fixture;
    const metricsPort = await freePort();
    const command = {
      name: 'tenantgate of a cluster',
      arguments: (port: number) => [
        ...[...nodeFlags, program, 'serve', '--port', String(port), '--metrics-port', String(metricsPort)],
        ...['--drain-seconds', '0', '--tls-cert-file', certificate, '--tls-key-file', key],
        ...['--kubeconfig', this.#kubeconfig, ...more],
      ],
      environment: { NODE_COMPILE_CACHE: compileCache },
      first: [prepareRequest(0, '/mutate', { ...small, isLabelled: false }, 'patched')],
    };
    const server = await startServerProcess(command, { cores: this.#cores, fixture: this.#fixture });
    return { ...server, metrics: () => readMetrics(metricsPort) };
  }

  /** Its metrics, once it has audited. */
  async #audited(server: ClusterServer): Promise<Metrics> {
    const endMs = performance.now() + scanLimitMs;
    while (performance.now() < endMs) {
      const metrics = await server.metrics();
      if (metrics.sum('tenantgate_audits_total') > 0) return metrics;
      await delay(lookAgainMs);
    }
    throw new Error('the audit did not end');
  }

  /**
   * Calls the server for some seconds, and until something has happened; sorted latencies in milliseconds. It is kept busy
   * for some seconds first: code that is not compiled yet is slow, and is no matter of audits.
   */
  async #callsUntil(server: ClusterServer, end?: Promise<unknown>): Promise<Float64Array> {
    const requests = Array.from({ length: connections }, (_, index) =>
      prepareRequest(index % this.#options.scanNamespaces, '/mutate', { ...small, isLabelled: false }, 'patched'),
    );
    const load = await Load.open({ port: server.port, caCertificate: this.#fixture.caCertificate, requests });
    const { seconds } = this.#options;
    try {
      this.#counted(await load.saturate(seconds));
      const over = Promise.all([end, delay(seconds * 1_000)]);
      return this.#counted(await load.trickle(callsPerSecond, turnMs, over)).latenciesMs;
    } finally {
      load.close();
    }
  }

  #counted(result: LoadResult): LoadResult {
    this.#answers += result.answers;
    this.#wrongAnswers += result.wrong + result.shed;
    return result;
  }
}

const auditing = ['--audit-interval-minutes', '60'];

/** Everything is read and judged, and something is wrong with some of it. */
function isRight(metrics: Metrics, namespaces: number): boolean {
  const [objects, violations, unknown] = ['objects', 'violations', 'unknown'].map((name) =>
    metrics.sum(`tenantgate_audit_${name}`),
  ) as [number, number, number];
  return objects > namespaces * podsEach && violations > 0 && unknown === 0;
}

/** It has to work for its lists, on the core of those who measure calls: it works while they do not. */
function spawnListServer(namespaces: number, { certificate, key }: Fixture): ChildProcess {
  const sizes = [namespaces, podsEach, policiesEach].map(String);
  const path = fileURLToPath(new URL('./list-server.ts', import.meta.url));
  const program = [process.execPath, path, certificate, key, ...sizes];
  const [command = '', ...rest] = canIdle() ? [...asIdle, ...program] : program;
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Of util-linux, as the tool is that gives processes their cores. */
const asIdle = ['chrt', '--idle', '0'];

function canIdle(): boolean {
  const [tool = '', ...rest] = asIdle;
  return spawnSync(tool, [...rest, 'true']).status === 0;
}

async function portOf(server: ChildProcess): Promise<number> {
  const [text] = (await once(server.stdout!, 'data')) as [Buffer];
  return Number(text.toString('utf8'));
}

function kubeconfigFor(port: number, caCertificate: string): string {
  const authority = Buffer.from(caCertificate).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bench', cluster: { server: `https://localhost:${port}`, 'certificate-authority-data': authority } },
    ],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
}
