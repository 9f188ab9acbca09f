import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

/** One line of the report. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly goal: Goal | undefined;
  /** Whether the median reaches the goal; undefined where there is none. */
  readonly isMet: boolean | undefined;
}

/** What one part of the bench gives. */
export interface PartResult {
  readonly rows: readonly Row[];
  readonly answers: number;
  readonly wrongAnswers: number;
}

export interface Goal {
  readonly comparison: '≥' | '≤';
  readonly value: number;
}

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly server: string;
  readonly cores: string;
  readonly answers: number;
  readonly wrongAnswers: number;
  readonly rows: readonly Row[];
}

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly fastify: string;
  /** Load average of the last minute before the run: other work disturbs absolute values. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.versions.node,
    fastify: versionOf('fastify'),
    loadBefore: loadAverage(),
  };
}

function versionOf(library: string): string {
  const file = new URL(`../node_modules/${library}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

function loadAverage(): number {
  try {
    return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
  } catch {
    return Number.NaN;
  }
}

/** Makes a row of the values of all rounds; values that the system does not tell are left out. */
export function rowOf(
  id: string,
  name: string,
  unit: string,
  measured: readonly (number | undefined)[],
  goal?: Goal,
): Row {
  const values = measured.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  const sorted = values.sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  const [min = Number.NaN, max = Number.NaN] = [sorted[0], sorted.at(-1)];
  return { id, name, unit, median, min, max, goal, isMet: goal && isMet(median, goal) };
}

function isMet(value: number, { comparison, value: bound }: Goal): boolean {
  return comparison === '≥' ? value >= bound : value <= bound;
}

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { machine } = report;
  const lines = report.rows.map(({ name, unit, median, min, max, goal, isMet: met }) => {
    const aim = goal === undefined ? '' : `${goal.comparison} ${digits(goal.value)}`;
    const standing = met === undefined ? '' : met ? 'yes' : '**no**';
    return `| ${name} | ${digits(median)}${unit} | ${digits(min)}–${digits(max)} | ${aim} | ${standing} |`;
  });
  return [
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, fastify ${machine.fastify}, ${machine.date}.`,
    `Tenantgate from ${report.server}; ${report.cores}; ${report.rounds} rounds of ${report.seconds} s; load average before: ${digits(machine.loadBefore)}.`,
    `${report.answers} answers checked, ${report.wrongAnswers} wrong.`,
    ...disturbance(report.rows),
    '',
    '| | median | min–max | goal | met |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

/** Below this share of work the servers were not what bounded the answers per second. */
const leastBusy = 0.9;

/** Says where ratios of answers per second cannot be trusted, so that nobody quotes them. */
function disturbance(rows: readonly Row[]): readonly string[] {
  const idle = rows.filter(({ id, median }) => id.endsWith('-busy') && median < leastBusy);
  if (idle.length === 0) return [];
  return [
    '',
    '**The servers were not kept busy**: the machine had other work. Ratios of answers per second are not valid in this run; read those by CPU time, and p99 and start with care.',
  ];
}

function digits(value: number): string {
  if (Number.isNaN(value)) return 'not measured';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
