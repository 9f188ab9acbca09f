import { setTimeout as delay } from 'node:timers/promises';

import { commandsOf, small, type TenantgateProgram } from './commands.ts';
import type { Cores } from './cores.ts';
import type { Fixture } from './fixture.ts';
import { Load, type LoadResult } from './load.ts';
import { percentileOf } from './percentile.ts';
import { type PartResult, rowOf } from './report.ts';
import { prepareRequest } from './reviews.ts';
import { startServerProcess } from './server-process.ts';
import { connectStalled, stalls } from './stalled-clients.ts';

export interface StalledOptions extends TenantgateProgram {
  readonly rounds: number;
  readonly seconds: number;
}

const stalledClients = 1_000;
const connections = 25;
/** Stalled clients are ended after ten to fifteen seconds, so that is how long a measurement with them may take. */
const longestSeconds = 6;
const settleMs = 500;

/** Measures how late good clients are answered at half load, without stalled clients and with a thousand of them. */
export async function measureStalled(options: StalledOptions, cores: Cores, fixture: Fixture): Promise<PartResult> {
  const server = await startServerProcess(commandsOf(options, fixture).tenantgate, { cores, fixture });
  const { caCertificate } = fixture;
  const seconds = Math.min(options.seconds, longestSeconds);
  let [answers, wrongAnswers] = [0, 0];
  const count = (result: LoadResult): LoadResult => {
    answers += result.answers;
    wrongAnswers += result.wrong + result.shed;
    return result;
  };
  try {
    const requests = Array.from({ length: connections }, (_, index) =>
      prepareRequest(index, '/validate', small, 'allowed'),
    );
    const load = await Load.open({ port: server.port, caCertificate, requests });
    count(await load.saturate(seconds));
    const [without, beside]: [number[], number[]] = [[], []];
    const before = server.memory()?.nowMb;
    let after: number | undefined;
    for (let round = 0; round < options.rounds; round += 1) {
      const busy = count(await load.saturate(seconds));
      const perSecond = busy.answers / busy.seconds / 2;
      without.push(percentileOf(count(await load.pace(seconds, perSecond)).latenciesMs, 0.99));
      const stalled = await connectThem(server.port, caCertificate);
      beside.push(percentileOf(count(await load.pace(seconds, perSecond)).latenciesMs, 0.99));
      after ??= server.memory()?.nowMb;
      for (const socket of stalled) socket.destroy();
      await delay(settleMs);
    }
    load.close();
    return { answers, wrongAnswers, rows: rowsOf(without, beside, [before, after]) };
  } finally {
    await server.stop();
  }
}

async function connectThem(port: number, caCertificate: string) {
  const sockets = [];
  for (const stall of stalls) {
    sockets.push(...(await connectStalled(port, caCertificate, stall, stalledClients / stalls.length)));
  }
  await delay(settleMs);
  return sockets;
}

function rowsOf(
  without: readonly number[],
  beside: readonly number[],
  [before, after]: readonly (number | undefined)[],
): PartResult['rows'] {
  const ratios = beside.map((value, index) => value / (without[index] ?? Number.NaN));
  const growth = before === undefined || after === undefined ? undefined : after - before;
  return [
    rowOf('stalled-p99', 'p99 at half load beside 1,000 stalled clients ÷ without', '×', ratios, {
      comparison: '≤',
      value: 2,
    }),
    rowOf('stalled-p99-without', 'the same without them', ' ms', without),
    rowOf('stalled-p99-beside', 'the same beside them', ' ms', beside),
    rowOf('stalled-memory', 'RSS for 1,000 stalled clients', ' MB', [growth]),
  ];
}
