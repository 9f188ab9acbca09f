import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Test } from 'tap';

/** Leads test files to the program that the runner has built. */
export const programVariable = 'TENANTGATE_TEST_LOAD_CLIENT';

/** A request, and how its answer must be. The uid in the body is `{{uid}}`. */
export interface Sample {
  readonly path: '/validate' | '/mutate';
  readonly body: string;
  readonly allowed: boolean;
}

export interface LoadOptions {
  /** Where its files may be written; it belongs to the test. */
  readonly folder: string;
  readonly port: number;
  /** PEM of the CA. */
  readonly ca: string;
  readonly samples: readonly Sample[];
  /** Requests that are under way at once. */
  readonly workers: number;
  readonly pauseMs?: number;
  /** Ends by itself after so many. */
  readonly count?: number;
  /** How often a request that is told to come again does so; as the API server does when absent. */
  readonly retries?: number;
  /** Of a request with its retries, 3 s when absent. */
  readonly timeoutSeconds?: number;
}

/** What became of a request without a right answer. */
export interface Failure {
  readonly kind: 'lost' | 'shed' | 'refused' | 'wrong';
  readonly what: string;
  /** The client's end of the connection; 0 where none was had. */
  readonly localPort: number;
  readonly startedMs: number;
}

export interface LoadReport {
  readonly right: number;
  /** Second tries, after a 429 or 5xx with Retry-After. */
  readonly retries: number;
  readonly connections: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
}

/** A load from Go's HTTP client, configured as the API server's is. */
export interface GoLoad {
  readonly ended: Promise<LoadReport>;
  /** Waits for what is under way. */
  stop(): Promise<LoadReport>;
}

/** Starts the load in a process of its own, which does not outlive the test. */
export function startGoLoad(t: Test, options: LoadOptions): GoLoad {
  const program = process.env[programVariable];
  if (program === undefined)
    throw new Error('Run these tests with node test/resilience/run.ts: it builds their client.');
  const { folder } = options;
  const [ca, requests] = [join(folder, 'load-ca.pem'), join(folder, 'load-requests.json')];
  writeFileSync(ca, options.ca);
  writeFileSync(requests, JSON.stringify(options.samples));
  const child = spawn(
    program,
    [
      ...['-url', `https://127.0.0.1:${options.port}`, '-ca', ca, '-requests', requests],
      ...['-workers', String(options.workers), '-pause', `${options.pauseMs ?? 0}ms`],
      ...['-count', String(options.count ?? 0), '-retries', String(options.retries ?? 10)],
      ...['-timeout', `${options.timeoutSeconds ?? 3}s`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const ended = reportOf(child);
  // Whoever waits for it is told; when the test fails before, nobody does.
  ended.catch(() => undefined);
  return {
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function reportOf(child: ReturnType<typeof spawn>): Promise<LoadReport> {
  let [output, errors] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load client ended with ${code ?? 'a signal'}: ${errors}`);
  return JSON.parse(output) as LoadReport;
}
