import type { LoadName, Measured, Round } from './measurement.ts';
import { rowOf, type Goal, type Row } from './report.ts';

/** How many times as many requests bare fastify answered as the fastest other policy engine; see README.md. */
const fastestPeer = { small: 46, large: 64 } as const;

/** The report's rows, each over all rounds. */
export function rowsOf(measured: Measured): readonly Row[] {
  return [
    ...ratioRows(measured.rounds),
    ...timeRows(measured.rounds),
    ...memoryRows(measured),
    ...detailRows(measured.rounds),
  ];
}

function ratioRows(rounds: readonly Round[]): readonly Row[] {
  const small = ratios(rounds, 'validate5', 'fastify5');
  const large = ratios(rounds, 'validate20', 'fastify20');
  const times = (ratio: readonly number[], factor: number): readonly number[] => ratio.map((value) => value * factor);
  return [
    rowOf('validate-5-by-fastify', 'validate 5 KB ÷ bare fastify', '', small, atLeast(0.92)),
    rowOf('validate-20-by-fastify', 'validate 20 KB ÷ bare fastify', '', large, atLeast(0.92)),
    rowOf(
      'cpu-5-by-fastify',
      'the same at 5 KB, by CPU time of the servers',
      '',
      cpuRatios(rounds, 'validate5', 'fastify5'),
    ),
    rowOf(
      'cpu-20-by-fastify',
      'the same at 20 KB, by CPU time of the servers',
      '',
      cpuRatios(rounds, 'validate20', 'fastify20'),
    ),
    rowOf(
      'many-by-one',
      'validate 5 KB with 99 more Policies, for others ÷ without',
      '',
      ratios(rounds, 'many5', 'validate5'),
      atLeast(0.9),
    ),
    rowOf(
      'cpu-many-by-one',
      'the same by CPU time of the servers',
      '',
      cpuRatios(rounds, 'many5', 'validate5'),
      atLeast(0.9),
    ),
    rowOf('mutate-by-validate', 'mutate ÷ validate, 5 KB', '', ratios(rounds, 'mutate5', 'validate5'), atLeast(0.95)),
    rowOf('validate-5-by-https', 'validate 5 KB ÷ bare node:https', '', ratios(rounds, 'validate5', 'https5')),
    rowOf('validate-20-by-https', 'validate 20 KB ÷ bare node:https', '', ratios(rounds, 'validate20', 'https20')),
    rowOf('by-peer-5', 'validate 5 KB ÷ fastest peer (derived)', '×', times(small, fastestPeer.small), atLeast(45)),
    rowOf('by-peer-20', 'validate 20 KB ÷ fastest peer (derived)', '×', times(large, fastestPeer.large), atLeast(60)),
  ];
}

function timeRows(rounds: readonly Round[]): readonly Row[] {
  const of = (pick: (round: Round) => number): readonly number[] => rounds.map(pick);
  return [
    rowOf(
      'decide',
      'decision on a 5 KB Pod, in process: service, parsed body to answer, with metrics and log',
      ' µs',
      of(({ inProcess }) => inProcess.decideUs),
      atMost(8),
    ),
    rowOf(
      'evaluate',
      'the same: `evaluate` alone, 20 rules',
      ' µs',
      of(({ inProcess }) => inProcess.evaluateUs),
      atMost(8),
    ),
    rowOf(
      'evaluate-many',
      'the same with 99 more Policies, for others',
      ' µs',
      of(({ inProcessMany }) => inProcessMany.evaluateUs),
      atMost(8),
    ),
    rowOf(
      'decide-once',
      'decision with each rule for Pods once, Pod Security restricted',
      ' µs',
      of(({ inProcessOnce }) => inProcessOnce.decideUs),
      atMost(8),
    ),
    rowOf(
      'evaluate-once',
      'the same: `evaluate` alone',
      ' µs',
      of(({ inProcessOnce }) => inProcessOnce.evaluateUs),
      atMost(8),
    ),
    rowOf(
      'validate-in-process',
      'service, bytes to answer, 20 rules',
      ' µs',
      of(({ inProcess }) => inProcess.validateUs),
    ),
    rowOf(
      'p99',
      'p99 at half load, 5 KB',
      ' ms',
      of(({ p99Ms }) => p99Ms),
      atMost(3),
    ),
    rowOf(
      'p99-fastify',
      'p99 of bare fastify at the same rate',
      ' ms',
      of(({ p99FastifyMs }) => p99FastifyMs),
    ),
    rowOf(
      'start',
      'start to first decision',
      ' ms',
      of(({ startMs }) => startMs),
      atMost(400),
    ),
    rowOf(
      'start-without-cache',
      'the same without compile cache',
      ' ms',
      of((round) => round.startWithoutCacheMs),
    ),
    rowOf(
      'start-fastify',
      'start of bare fastify to first answer',
      ' ms',
      of(({ startFastifyMs }) => startFastifyMs),
    ),
  ];
}

function memoryRows({ idle, peak }: Measured): readonly Row[] {
  const idleAbove = difference(idle[0]?.nowMb, idle[1]?.nowMb);
  const peakAbove = difference(peak[0]?.peakMb, peak[1]?.peakMb);
  return [
    rowOf('rss-idle', 'RSS before load', ' MB', [idle[0]?.nowMb]),
    rowOf('rss-idle-above-fastify', 'RSS before load − bare fastify', ' MB', [idleAbove], atMost(30)),
    rowOf('rss-peak', 'RSS at its peak', ' MB', [peak[0]?.peakMb]),
    rowOf('rss-peak-above-fastify', 'RSS at its peak − bare fastify', ' MB', [peakAbove], atMost(30)),
  ];
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** What the ratios are made of, and whether they can be trusted. */
function detailRows(rounds: readonly Round[]): readonly Row[] {
  const names: readonly (readonly [LoadName, string])[] = [
    ['validate5', 'validate 5 KB'],
    ['many5', 'validate 5 KB with 99 more Policies'],
    ['mutate5', 'mutate 5 KB'],
    ['fastify5', 'bare fastify 5 KB'],
    ['https5', 'bare node:https 5 KB'],
    ['validate20', 'validate 20 KB'],
    ['fastify20', 'bare fastify 20 KB'],
    ['https20', 'bare node:https 20 KB'],
  ];
  return names.flatMap(([load, name]) => {
    const of = (pick: 'perSecond' | 'cpuUs' | 'busy') => rounds.map((round) => round.load[load][pick]);
    return [
      rowOf(`${load}-rate`, `${name}: answers`, '/s', of('perSecond')),
      rowOf(`${load}-cpu`, `${name}: CPU time of the server per answer`, ' µs', of('cpuUs')),
      rowOf(`${load}-busy`, `${name}: share of the time in which the server worked`, '', of('busy')),
    ];
  });
}

function ratios(rounds: readonly Round[], above: LoadName, below: LoadName): readonly number[] {
  return rounds.map(({ load }) => load[above].perSecond / load[below].perSecond);
}

/** As the ratio would be with a core for each process alone: more CPU time per answer is a lower ratio. */
function cpuRatios(rounds: readonly Round[], above: LoadName, below: LoadName): readonly number[] {
  return rounds.map(({ load }) => load[below].cpuUs / load[above].cpuUs);
}

function atLeast(value: number): Goal {
  return { comparison: '≥', value };
}

function atMost(value: number): Goal {
  return { comparison: '≤', value };
}
