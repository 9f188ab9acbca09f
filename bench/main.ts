import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { TenantgateProgram } from './commands.ts';
import { type Cores, pinCores } from './cores.ts';
import { createFixture, type Fixture } from './fixture.ts';
import { measure } from './measurement.ts';
import { measureOverload } from './overload.ts';
import { describeMachine, type PartResult, type Report, toMarkdown } from './report.ts';
import { measureRotation } from './rotation.ts';
import { rowsOf } from './rows.ts';
import { measureScan } from './scan/measure-scan.ts';
import { measureStalled } from './stalled.ts';

const usage = `Usage: npm run bench -- [--part NAME]... [--rounds N] [--seconds N] [--overload-seconds N] [--rotations N]
                           [--scan-namespaces N]
                           [--json FILE] [--source] [--node-flag FLAG]...
  --part NAME            speed, overload, stalled, rotation or scan; may be repeated; all by default
  --rounds N             alternating rounds, 5 by default
  --seconds N            length of each measurement, 2 by default
  --overload-seconds N   length of each overload, 5 by default
  --rotations N          rotations of the certificate, 100 by default, about one a second
  --scan-namespaces N    namespaces of the cluster that is scanned, 5000 by default
  --json FILE            also write the report as JSON
  --source               measure src as it is instead of compiling it first
  --node-flag FLAG       flag of Node for Tenantgate, such as --node-flag=--max-semi-space-size=16; may be repeated
`;

const root = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    part: { type: 'string', multiple: true, default: ['speed', 'overload', 'stalled', 'rotation', 'scan'] },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    'overload-seconds': { type: 'string', default: '5' },
    rotations: { type: 'string', default: '100' },
    'scan-namespaces': { type: 'string', default: '5000' },
    json: { type: 'string' },
    source: { type: 'boolean', default: false },
    'node-flag': { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});
const nodeFlags = values['node-flag'];

interface Options extends TenantgateProgram {
  readonly rounds: number;
  readonly seconds: number;
  readonly overloadSeconds: number;
  readonly rotations: number;
  readonly scanNamespaces: number;
}

type Part = (options: Options, cores: Cores, fixture: Fixture) => Promise<PartResult>;

const parts: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['speed', measureSpeed],
  [
    'overload',
    (options, cores, fixture) => measureOverload({ ...options, seconds: options.overloadSeconds }, cores, fixture),
  ],
  ['stalled', measureStalled],
  ['rotation', measureRotation],
  ['scan', measureScan],
]);

const sizes = {
  rounds: whole('rounds', 1, 100),
  seconds: within('seconds', 0.1, 60),
  overloadSeconds: within('overload-seconds', 0.1, 600),
  rotations: whole('rotations', 1, 10_000),
  scanNamespaces: whole('scan-namespaces', 1, 100_000),
};
const faults = [
  ...Object.values(sizes).flatMap((size) => (typeof size === 'string' ? [size] : [])),
  ...values.part.filter((name) => !parts.has(name)).map((name) => `--part: there is no part ${JSON.stringify(name)}`),
];

if (values.help) {
  process.stdout.write(usage);
} else if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n${usage}`);
  process.exitCode = 2;
} else {
  const report = await bench();
  process.stdout.write(toMarkdown(report));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.wrongAnswers > 0) process.exitCode = 1;
}

type SizeName = 'rounds' | 'seconds' | 'overload-seconds' | 'rotations' | 'scan-namespaces';

/** A number, or what is wrong with it. */
function within(name: SizeName, least: number, most: number) {
  const value = Number(values[name]);
  return value >= least && value <= most ? value : `--${name} must be from ${least} to ${most}`;
}

function whole(name: SizeName, least: number, most: number) {
  return Number.isInteger(Number(values[name])) ? within(name, least, most) : `--${name} must be a whole number`;
}

async function bench(): Promise<Report> {
  const machine = describeMachine();
  const program = values.source ? join(root, 'src/cli/main.ts') : compile();
  const options = { ...(sizes as Record<keyof typeof sizes, number>), program, nodeFlags };
  const fixture = await createFixture();
  try {
    const cores = pinCores();
    const results: PartResult[] = [];
    for (const [name, part] of parts) if (values.part.includes(name)) results.push(await part(options, cores, fixture));
    return {
      machine,
      rounds: options.rounds,
      seconds: options.seconds,
      server: [values.source ? 'src' : 'dist', ...nodeFlags].join(' '),
      cores: cores.description,
      answers: results.reduce((sum, { answers }) => sum + answers, 0),
      wrongAnswers: results.reduce((sum, { wrongAnswers }) => sum + wrongAnswers, 0),
      rows: results.flatMap(({ rows }) => rows),
    };
  } finally {
    fixture.remove();
  }
}

async function measureSpeed(options: Options, cores: Cores, fixture: Fixture): Promise<PartResult> {
  const measured = await measure(options, cores, fixture);
  return { answers: measured.answers, wrongAnswers: measured.wrongAnswers, rows: rowsOf(measured) };
}

/** What is measured is what ships. */
function compile(): string {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
  return join(root, 'dist/cli/main.js');
}
