import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '../cluster/wait-for.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
/** Two cores may be shared with other test files that start processes. */
const startMs = 30_000;
const endMs = 30_000;

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended and what it wrote. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A `tenantgate` process that runs beside the test. */
export interface TenantgateProcess {
  /** What came on standard output and standard error so far. */
  output(): string;
  errors(): string;
  send(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ending>;
  isRunning(): boolean;
}

/** Starts `tenantgate …` from the sources, with no environment but the one given. It does not outlive the test process. */
export function startTenantgate(args: readonly string[], options: RunOptions = {}): TenantgateProcess {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...options.environment },
    cwd: options.cwd,
  });
  const written = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.errors += text));
  return {
    output: () => written.output,
    errors: () => written.errors,
    send: (signal) => void child.kill(signal),
    ended: endingOf(child, written),
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

async function endingOf(
  child: ChildProcess,
  written: { readonly output: string; readonly errors: string },
): Promise<Ending> {
  const release = outlivedBy(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  release();
  return { code, signal, ...written };
}

/** Signals that end a test file, SIGALRM among them: the runner sends it when the time is over. */
const endings: readonly NodeJS.Signals[] = ['SIGALRM', 'SIGHUP', 'SIGINT', 'SIGTERM'];

/** Kills the child when this process ends, in order or by a signal; the function that is returned takes that back. */
function outlivedBy(child: ChildProcess): () => void {
  const kill = (): void => void child.kill('SIGKILL');
  const killAndEnd = (signal: NodeJS.Signals): void => {
    kill();
    release();
    process.kill(process.pid, signal);
  };
  function release(): void {
    process.off('exit', kill);
    for (const signal of endings) process.off(signal, killAndEnd);
  }
  process.once('exit', kill);
  for (const signal of endings) process.on(signal, killAndEnd);
  return release;
}

/** Runs `tenantgate …` to its end; one that does not end is killed, and its signal tells. */
export async function runTenantgate(args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  const running = startTenantgate(args, options);
  const timer = setTimeout(() => {
    running.send('SIGKILL');
  }, endMs);
  const ending = await running.ended;
  clearTimeout(timer);
  return ending;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** An answer on the port of metrics and health. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks a port of metrics for readiness. */
export async function askReadiness(metricsPort: number): Promise<PlainAnswer> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`);
  return { status: answer.status, body: await answer.text() };
}

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string; readonly level: string };

/** A serving `tenantgate serve`. */
export interface ServingProcess extends TenantgateProcess {
  readonly port: number;
  readonly metricsPort: number;
  /** The CA that was announced as caBundle, PEM; empty where none was. */
  readonly ca: string;
  /** A POST on a connection that is kept for the next one. */
  post(path: string, body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  get(path: string): Promise<HttpAnswer>;
  metrics(): Promise<string>;
  /** What the port of metrics says of readiness. */
  readiness(): Promise<PlainAnswer>;
  /** The value of one series, such as `tenantgate_ready`; 0 where it is not there. */
  metric(series: string): Promise<number>;
  log(): readonly LogLine[];
  /** SIGTERM, and how the process ended. */
  stop(): Promise<Ending>;
}

export interface ServeOptions extends RunOptions {
  /** The CA of certificate files: `serve` announces none then. */
  readonly ca?: string;
}

/** Starts `tenantgate serve` on free ports and waits until it serves. Rejects with what it said when it ended instead. */
export async function startServing(
  args: readonly string[] = [],
  { ca, ...options }: ServeOptions = {},
): Promise<ServingProcess> {
  const running = startTenantgate(['serve', '--port', '0', '--metrics-port', '0', ...args], options);
  const serving = await waitFor(
    'tenantgate serve to log its ports',
    () => {
      if (!running.isRunning()) throw new Error(`tenantgate serve ended: ${running.errors()}${running.output()}`);
      const isAnnounced = ca !== undefined || running.errors().includes('caBundle: ');
      return isAnnounced && logOf(running).find(({ msg }) => msg === 'serving');
    },
    { timeoutMs: startMs, intervalMs: 20 },
  );
  const { port, metricsPort } = serving as LogLine & { readonly port: number; readonly metricsPort: number };
  const trusted = ca ?? announcedCa(running.errors());
  const agent = new Agent({ keepAlive: true, ca: trusted, servername: 'localhost' });
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return {
    ...running,
    port,
    metricsPort,
    ca: trusted,
    post: (path, body, headers = { 'content-type': 'application/json' }) =>
      send({ port, agent, method: 'POST', path, body, headers }),
    get: (path) => send({ port, agent, method: 'GET', path, body: '', headers: {} }),
    metrics,
    readiness: () => askReadiness(metricsPort),
    metric: async (series) => seriesValue(await metrics(), series),
    log: () => logOf(running),
    stop: () => {
      agent.destroy();
      running.send('SIGTERM');
      return running.ended;
    },
  };
}

function announcedCa(errors: string): string {
  return Buffer.from(/^caBundle: (\S+)$/m.exec(errors)?.[1] ?? '', 'base64').toString('utf8');
}

function logOf(running: TenantgateProcess): readonly LogLine[] {
  const whole = running.output().split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as LogLine);
}

function seriesValue(metrics: string, series: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

interface HttpRequest {
  readonly port: number;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const answerMs = 60_000;

function send({ port, agent, method, path, body, headers }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, method, path, signal: AbortSignal.timeout(answerMs) };
    const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpsRequest({ ...options, headers: { ...length, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
