import { commandsOf, small, type TenantgateProgram } from './commands.ts';
import type { Cores } from './cores.ts';
import type { Fixture } from './fixture.ts';
import { Load, type LoadResult } from './load.ts';
import { percentileOf } from './percentile.ts';
import { type PartResult, rowOf, type Row } from './report.ts';
import { prepareRequest } from './reviews.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface OverloadOptions extends TenantgateProgram {
  readonly rounds: number;
  /** How long the server is overloaded in each round. */
  readonly seconds: number;
}

interface Overload {
  /** Answers per second of a server that is kept busy by one API server's connections. */
  readonly capacity: number;
  readonly offered: number;
  readonly accepted: number;
  readonly shedShare: number;
  readonly wrong: number;
  readonly p99Ms: number;
  readonly recoverySeconds: number | undefined;
  /** Share of the time of overload in which the server's core worked for it. */
  readonly busy: number | undefined;
}

/** What clients open beyond an API server's 25 when answers are late: each call that finds none free dials. */
const crowd = 1_000;
const overloadFactor = 2;
const calmSeconds = 2;
const recoverySeconds = 4;
const windowMs = 250;

/** Measures what becomes of accepted calls when twice as many come as can be judged, and how soon all is well again. */
export async function measureOverload(options: OverloadOptions, cores: Cores, fixture: Fixture): Promise<PartResult> {
  const server = await startServerProcess(commandsOf(options, fixture).tenantgate, { cores, fixture });
  try {
    const address = { port: server.port, caCertificate: fixture.caCertificate };
    const load = await Load.open({ ...address, requests: requestsFor(25) });
    const flood = await Load.open({ ...address, requests: requestsFor(crowd), connections: crowd });
    await load.saturate(calmSeconds);
    const rounds: Overload[] = [];
    const answers = { answers: 0, wrongAnswers: 0 };
    for (let round = 0; round < options.rounds; round += 1) {
      rounds.push(await overload({ server, load, flood, seconds: options.seconds }, answers));
    }
    load.close();
    flood.close();
    return { ...answers, rows: rowsOf(rounds, options.seconds) };
  } finally {
    await server.stop();
  }
}

function requestsFor(connections: number) {
  return Array.from({ length: connections }, (_, index) => prepareRequest(index, '/validate', small, 'allowed'));
}

interface Parties {
  readonly server: ServerProcess;
  readonly load: Load;
  readonly flood: Load;
  readonly seconds: number;
}

async function overload(
  { server, load, flood, seconds }: Parties,
  counts: { answers: number; wrongAnswers: number },
): Promise<Overload> {
  const count = (result: LoadResult): LoadResult => {
    counts.answers += result.answers;
    counts.wrongAnswers += result.wrong;
    return result;
  };
  const busy = count(await load.saturate(calmSeconds));
  const capacity = busy.answers / busy.seconds;
  const before = count(await load.pace(calmSeconds, capacity / 2));
  const startedMs = performance.now();
  const cpuBefore = server.cpuSeconds();
  const flooded = count(await flood.pace(seconds, capacity * overloadFactor));
  const { answers, shed, wrong, latenciesMs } = flooded;
  const cpuAfter = server.cpuSeconds();
  const windows = new Windows(startedMs + seconds * 1_000);
  count(
    await load.pace(recoverySeconds, capacity / 2, (outcome, dueMs, answeredMs) => {
      windows.add(answeredMs, outcome === 'right' ? answeredMs - dueMs : Number.POSITIVE_INFINITY);
    }),
  );
  return {
    capacity,
    offered: answers / flooded.seconds,
    accepted: (answers - shed) / flooded.seconds,
    shedShare: shed / answers,
    wrong,
    p99Ms: percentileOf(latenciesMs, 0.99),
    busy: cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / flooded.seconds,
    recoverySeconds: windows.recoveredAfter(percentileOf(before.latenciesMs, 0.5) * 2),
  };
}

/** Latencies by window of time, from the end of the overload on; what was shed is infinitely late. */
class Windows {
  readonly #startMs: number;
  readonly #latencies = new Map<number, number[]>();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  add(answeredMs: number, latencyMs: number): void {
    const window = Math.floor((answeredMs - this.#startMs) / windowMs);
    const latencies = this.#latencies.get(window) ?? [];
    latencies.push(latencyMs);
    this.#latencies.set(window, latencies);
  }

  /** Seconds to the end of the first window in which nothing was shed and the median is normal; undefined if there is none. */
  recoveredAfter(normalMs: number): number | undefined {
    for (const [window, latencies] of [...this.#latencies].sort(([a], [b]) => a - b)) {
      const sorted = Float64Array.from(latencies).sort();
      const isCalm = percentileOf(sorted, 0.5) <= normalMs && Number.isFinite(sorted.at(-1));
      if (isCalm) return ((window + 1) * windowMs) / 1_000;
    }
    return undefined;
  }
}

function rowsOf(rounds: readonly Overload[], seconds: number): readonly Row[] {
  const of = (pick: (round: Overload) => number | undefined): readonly (number | undefined)[] => rounds.map(pick);
  const name = `overload of ${seconds} s`;
  return [
    rowOf(
      'overload-offered',
      `${name}: calls ÷ capacity`,
      '×',
      of(({ offered, capacity }) => offered / capacity),
    ),
    rowOf(
      'overload-accepted',
      `${name}: accepted ÷ capacity`,
      '×',
      of(({ accepted, capacity }) => accepted / capacity),
    ),
    rowOf(
      'overload-shed',
      `${name}: share that was shed`,
      '',
      of(({ shedShare }) => shedShare),
    ),
    rowOf(
      'overload-wrong',
      `${name}: wrong or lost`,
      '',
      of(({ wrong }) => wrong),
      { comparison: '≤', value: 0 },
    ),
    rowOf(
      'overload-p99',
      `${name}: p99 of accepted calls`,
      ' ms',
      of(({ p99Ms }) => p99Ms),
      { comparison: '≤', value: 250 },
    ),
    rowOf(
      'overload-recovery',
      `${name}: until nothing is shed and the median is normal`,
      ' s',
      of((round) => round.recoverySeconds),
      { comparison: '≤', value: 2 },
    ),
    rowOf(
      'overload-busy',
      `${name}: share of the time in which the server worked`,
      '',
      of(({ busy }) => busy),
    ),
  ];
}
