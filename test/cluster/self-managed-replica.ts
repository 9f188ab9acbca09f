import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

import type { CertificateTiming } from '../../src/server/self-managed-certificate.ts';
import { freePorts } from './free-ports.ts';

/** A server that makes its certificate itself, beside the control plane of a test. */
export interface SelfManagedReplica {
  readonly port: number;
  /** The body of `/readyz`; empty while the port is closed. */
  readiness(): Promise<string>;
  /** SHA-256 of the certificate that a new connection is shown, or undefined while the port is closed. */
  fingerprint(): Promise<string | undefined>;
  metrics(): Promise<string>;
  log(): Promise<string>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

export interface SelfManagedReplicaOptions {
  readonly folder: string;
  readonly name: string;
  /** Where the cluster is, and where the certificate comes from. */
  readonly flags: Readonly<Record<string, string | readonly string[]>>;
  readonly timing: Partial<CertificateTiming>;
}

const answerMs = 10_000;

/** Starts a server; it may wait for its certificate for as long as the test likes. */
export async function startSelfManagedReplica(options: SelfManagedReplicaOptions): Promise<SelfManagedReplica> {
  const [port, metricsPort] = (await freePorts(2)) as [number, number];
  const logFile = join(options.folder, `${options.name}.jsonl`);
  const child = await spawnServer(logFile, options.timing, {
    ...options.flags,
    address: '127.0.0.1',
    port: String(port),
    'metrics-port': String(metricsPort),
    'drain-seconds': '1',
  });
  return {
    port,
    readiness: () => readinessOf(port),
    fingerprint: () => fingerprintOf(port),
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    log: () => readFile(logFile, 'utf8'),
    stop: () => endProcess(child),
  };
}

async function spawnServer(
  logFile: string,
  timing: Partial<CertificateTiming>,
  flags: Readonly<Record<string, string | readonly string[]>>,
): Promise<ChildProcess> {
  const log = await open(logFile, 'a');
  const main = join(import.meta.dirname, 'self-managed-server.ts');
  const child = spawn(process.execPath, [main, JSON.stringify(flags), JSON.stringify(timing)], {
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env['PATH'], HOME: tmpdir() },
  });
  // Whatever becomes of the test, the server does not outlive it.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  await once(child, 'spawn');
  await log.close();
  return child;
}

async function endProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  return code;
}

function readinessOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(answerMs);
    const options = { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false, signal };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve(body);
      });
    });
    sent.on('error', () => {
      resolve('');
    });
    sent.end();
  });
}

function fingerprintOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', () => {
      resolve(undefined);
    });
  });
}
