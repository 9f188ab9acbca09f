import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { pinCores } from './cores.ts';
import { createFixture } from './fixture.ts';
import { measure } from './measurement.ts';
import { describeMachine, type Report, toMarkdown } from './report.ts';
import { rowsOf } from './rows.ts';

const usage = `Usage: npm run bench -- [--rounds N] [--seconds N] [--json FILE] [--source] [--node-flag FLAG]...
  --rounds N    alternating rounds, 5 by default
  --seconds N   length of each measurement, 2 by default
  --json FILE   also write the report as JSON
  --source      measure src as it is instead of compiling it first
  --node-flag   flag of Node for Tenantgate, such as --node-flag=--max-semi-space-size=16; may be repeated
`;

const root = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
    source: { type: 'boolean', default: false },
    'node-flag': { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});
const nodeFlags = values['node-flag'];
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

if (values.help) {
  process.stdout.write(usage);
} else if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100 && seconds >= 0.1 && seconds <= 60)) {
  process.stderr.write(`--rounds must be from 1 to 100 and --seconds from 0.1 to 60.\n${usage}`);
  process.exitCode = 2;
} else {
  const report = await bench();
  process.stdout.write(toMarkdown(report));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.wrongAnswers > 0) process.exitCode = 1;
}

async function bench(): Promise<Report> {
  const machine = describeMachine();
  const program = values.source ? join(root, 'src/cli/main.ts') : compile();
  const fixture = await createFixture();
  try {
    const cores = pinCores();
    const measured = await measure({ rounds, seconds, program, nodeFlags }, cores, fixture);
    const { answers, wrongAnswers } = measured;
    const server = [values.source ? 'src' : 'dist', ...nodeFlags].join(' ');
    return {
      machine,
      rounds,
      seconds,
      server,
      cores: cores.description,
      answers,
      wrongAnswers,
      rows: rowsOf(measured),
    };
  } finally {
    fixture.remove();
  }
}

/** What is measured is what ships. */
function compile(): string {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
  return join(root, 'dist/cli/main.js');
}
