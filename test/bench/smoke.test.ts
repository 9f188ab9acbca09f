import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { t, test } from 'tap';

import type { Report } from '../../bench/report.ts';

const program = join(import.meta.dirname, '../../bench/main.ts');
const run = promisify(execFile);

const rows = [
  ...['validate-5-by-fastify', 'validate-20-by-fastify', 'cpu-5-by-fastify', 'cpu-20-by-fastify', 'mutate-by-validate'],
  ...['many-by-one', 'cpu-many-by-one', 'evaluate-many', 'decide-once', 'evaluate-once'],
  ...['validate-5-by-https', 'validate-20-by-https', 'by-peer-5', 'by-peer-20'],
  ...['decide', 'evaluate', 'validate-in-process', 'p99', 'p99-fastify'],
  ...['start', 'start-without-cache', 'start-fastify'],
  ...['rss-idle', 'rss-idle-above-fastify', 'rss-peak', 'rss-peak-above-fastify'],
  ...['overload-offered', 'overload-accepted', 'overload-shed', 'overload-wrong', 'overload-p99'],
  ...['stalled-p99', 'stalled-p99-without', 'stalled-p99-beside', 'stalled-memory'],
  ...['rotation-failed', 'rotation-requests', 'rotation-handshakes'],
  ...['scan-objects', 'scan-seconds', 'scan-cpu', 'scan-rss'],
  ...['scan-p99', 'scan-p99-without', 'scan-p99-beside', 'scan-latest'],
];

// It starts every server several times: on a busy machine that takes longer than tests usually may.
t.setTimeout(250_000);

test('the bench runs, reports every row and gets only right answers', async (t) => {
  const file = join(t.testdir(), 'report.json');
  const small = [
    '--rounds',
    '1',
    '--seconds',
    '0.2',
    '--overload-seconds',
    '0.2',
    '--rotations',
    '1',
    '--scan-namespaces',
    '20',
  ];
  const arguments_ = [program, ...small, '--source', '--json', file];
  const { stdout } = await run(process.execPath, arguments_, { timeout: 240_000 });
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  t.equal(report.wrongAnswers, 0);
  t.ok(report.answers > 0);
  t.same(
    rows.filter((id) => !report.rows.some((row) => row.id === id)),
    [],
    'no row is missing',
  );
  for (const { id, median } of report.rows) t.ok(Number.isFinite(median) || process.platform !== 'linux', id);
  for (const { name } of report.rows) t.ok(stdout.includes(name), `the table has ${name}`);
});

test('bad options are refused with exit code 2', async (t) => {
  const bad = ['--rounds', '1.5', '--seconds', 'long', '--rotations', '0', '--overload-seconds', '0', '--part', 'luck'];
  const refusal = [
    '--rounds must be a whole number',
    '--seconds must be from 0.1 to 60',
    '--overload-seconds must be from 0.1 to 600',
    '--rotations must be from 1 to 10000',
    '--part: there is no part "luck"',
    'Usage: ',
  ].join('\n');
  await t.rejects(run(process.execPath, [program, ...bad]), { code: 2, stderr: refusal });
});
