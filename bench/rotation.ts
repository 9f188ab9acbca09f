import { X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createDevelopmentCertificate } from '../src/server/development-certificate.ts';
import { mountFolder } from '../test/support/mounted-folder.ts';
import { commandsOf, small, type TenantgateProgram } from './commands.ts';
import type { Cores } from './cores.ts';
import type { Fixture } from './fixture.ts';
import { Client, openSocket } from './load.ts';
import { type PartResult, rowOf } from './report.ts';
import { prepareRequest } from './reviews.ts';
import { startServerProcess } from './server-process.ts';

export interface RotationOptions extends TenantgateProgram {
  readonly rotations: number;
}

const clients = 10;
/** Then a client takes a new connection, so that handshakes happen at every moment of a rotation. */
const requestsPerConnection = 20;
/** Short enough to have requests under way at every moment; longer ones would only measure throughput again. */
const pauseMs = 2;
const rotationLimitMs = 20_000;
const lookAgainMs = 50;

interface Counts {
  answers: number;
  failed: number;
  handshakes: number;
}

/** Swaps certificates as the kubelet does, again and again, and counts requests that fail meanwhile. */
export async function measureRotation(options: RotationOptions, cores: Cores, fixture: Fixture): Promise<PartResult> {
  const certificates = await Promise.all([0, 1].map(() => createDevelopmentCertificate({ now: new Date() })));
  const caCertificate = certificates.map((certificate) => certificate.caCertificate).join('');
  const folder = join(fixture.folder, 'rotation');
  mkdirSync(folder);
  const filesOf = (index: number) => {
    const { certificate, key } = certificates[index % certificates.length]!;
    return { 'tls.crt': certificate, 'tls.key': key };
  };
  const mounted = mountFolder(folder, filesOf(0));
  const files = { certificate: mounted.pathOf('tls.crt'), key: mounted.pathOf('tls.key'), caCertificate };
  const own = { ...fixture, ...files };
  const server = await startServerProcess(commandsOf(options, own).tenantgate, { cores, fixture: own });
  const counts: Counts = { answers: 0, failed: 0, handshakes: 0 };
  const over = new AbortController();
  const load = Array.from({ length: clients }, () => askOnAndOn(server.port, caCertificate, counts, over.signal));
  let rotations = 0;
  try {
    for (; rotations < options.rotations; rotations += 1) {
      const next = filesOf(rotations + 1);
      mounted.swap(next);
      await untilServed(server.port, caCertificate, next['tls.crt']);
    }
  } finally {
    over.abort();
    await Promise.all(load);
    await server.stop();
  }
  return {
    answers: counts.answers,
    wrongAnswers: counts.failed,
    rows: [
      rowOf('rotation-failed', `${rotations} rotations of the certificate: failed requests`, '', [counts.failed], {
        comparison: '≤',
        value: 0,
      }),
      rowOf('rotation-requests', 'the same: requests', '', [counts.answers]),
      rowOf('rotation-handshakes', 'the same: handshakes', '', [counts.handshakes]),
    ],
  };
}

/** A handshake that fails is a request that fails. */
async function askOnAndOn(port: number, caCertificate: string, counts: Counts, signal: AbortSignal): Promise<void> {
  const request = prepareRequest(0, '/validate', small, 'allowed');
  while (!signal.aborted) {
    const socket = await openSocket(port, caCertificate).catch(() => undefined);
    if (socket === undefined) {
      counts.failed += 1;
      continue;
    }
    counts.handshakes += 1;
    const client = new Client(socket, [request]);
    for (let asked = 0; asked < requestsPerConnection; asked += 1) {
      const outcome = await client.ask();
      counts.answers += 1;
      if (outcome !== 'right') counts.failed += 1;
      await delay(pauseMs);
    }
    client.close();
  }
}

async function untilServed(port: number, caCertificate: string, certificate: string): Promise<void> {
  const wanted = new X509Certificate(certificate).fingerprint256;
  const endMs = performance.now() + rotationLimitMs;
  for (;;) {
    const socket = await openSocket(port, caCertificate);
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    if (fingerprint256 === wanted) return;
    if (performance.now() > endMs) throw new Error('a rotated certificate was not served in time');
    await delay(lookAgainMs);
  }
}
