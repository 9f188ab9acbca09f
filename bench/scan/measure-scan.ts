import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TenantgateProgram } from '../commands.ts';
import type { Cores } from '../cores.ts';
import type { Fixture } from '../fixture.ts';
import { type PartResult, rowOf } from '../report.ts';

export interface ScanOptions extends TenantgateProgram {
  /** Of 30 Pods and 2 NetworkPolicies each. */
  readonly scanNamespaces: number;
}

/** What a scan of one cluster cost. */
export interface ScanCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly startMb: number;
  readonly peakMb: number;
  /** The longest time for which it let nobody else have the thread. */
  readonly longestMs: number;
  readonly objects: number;
  readonly violations: number;
  readonly unknown: number;
}

const podsEach = 30;
const policiesEach = 2;
const scanLimitMs = 600_000;

/** Scans a cluster of a list server once, in a process and on a core of its own. */
export async function measureScan(
  { scanNamespaces, nodeFlags }: ScanOptions,
  cores: Cores,
  fixture: Fixture,
): Promise<PartResult> {
  const sizes = [scanNamespaces, podsEach, policiesEach].map(String);
  const program = fileURLToPath(new URL('./list-server.ts', import.meta.url));
  const server = spawn(process.execPath, [program, fixture.certificate, fixture.key, ...sizes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const kubeconfig = join(fixture.folder, 'scan-kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(await portOf(server), fixture.caCertificate));
    const scanProgram = fileURLToPath(new URL('./scan-process.ts', import.meta.url));
    const [file = '', ...rest] = cores.onServerCore([process.execPath, ...nodeFlags, scanProgram, kubeconfig]);
    const output = execFileSync(file, rest, { encoding: 'utf8', timeout: scanLimitMs });
    return resultOf(JSON.parse(output) as ScanCost, scanNamespaces);
  } finally {
    server.kill();
  }
}

function resultOf(cost: ScanCost, scanNamespaces: number): PartResult {
  const expected = scanNamespaces * podsEach;
  const atMost = (value: number) => ({ comparison: '≤', value }) as const;
  return {
    answers: cost.objects,
    // Everything is read, and something is wrong with some of it.
    wrongAnswers: cost.objects > expected && cost.unknown === 0 && cost.violations > 0 ? 0 : 1,
    rows: [
      rowOf('scan-objects', `scan of ${scanNamespaces} namespaces: objects`, '', [cost.objects]),
      rowOf('scan-seconds', 'the same: time', ' s', [cost.seconds], atMost(20)),
      rowOf('scan-cpu', 'the same: CPU time', ' s', [cost.cpuSeconds]),
      rowOf('scan-rss', 'the same: RSS at its peak − at start', ' MB', [cost.peakMb - cost.startMb], atMost(64)),
      rowOf('scan-longest', 'the same: longest turn of the event loop', ' ms', [cost.longestMs]),
    ],
  };
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
