import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';

import { createLogger } from '../../src/telemetry/logger.ts';

function linesOf(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

void test('lines are JSON with the level as a word, and are all there after the stop', async (t) => {
  const target = join(t.testdir({}), 'log');
  const logger = createLogger({ level: 'info', target });
  logger.info('listening', { port: 8443 });
  logger.warn('a client was refused');
  logger.error('a request failed', { path: '/validate' });
  for (let index = 0; index < 1_000; index += 1) logger.info('more', { index });
  await logger.stop();
  const lines = linesOf(target);
  t.equal(lines.length, 1_003);
  t.match(lines.slice(0, 3), [
    { level: 'info', msg: 'listening', port: 8443 },
    { level: 'warn', msg: 'a client was refused' },
    { level: 'error', msg: 'a request failed', path: '/validate' },
  ]);
  t.notHas(lines[0], 'hostname');
  t.equal(logger.droppedLines(), 0);
});

void test('a few lines are buffered, and written at the next flush without a stop', async (t) => {
  const target = join(t.testdir({}), 'log');
  const logger = createLogger({ level: 'info', target, flushMs: 60 });
  t.teardown(() => logger.stop());
  logger.info('one');
  while (!readFileOrEmpty(target).includes('one')) await delay(5);
  t.equal(linesOf(target).length, 1);
});

void test('causes are written with stack and chain, without the other properties of the error', async (t) => {
  const target = join(t.testdir({}), 'log');
  const logger = createLogger({ level: 'info', target });
  const cause = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { body: 'secret' });
  logger.error('failed', {}, cause);
  logger.error('failed', {}, 'a thrown secret');
  await logger.stop();
  const lines = linesOf(target);
  t.match(lines[0], { err: { type: 'TypeError', stack: /outer[^]*logger\.test/, cause: { stack: /inner/ } } });
  t.same(lines[1]?.['err'], { type: 'string' });
  t.notMatch(readFileSync(target, 'utf8'), /secret/);
});

void test('a reader that stands still does not hold the stop up', async (t) => {
  const pipe = join(t.testdir({}), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(reader);
  });
  const logger = createLogger({ level: 'info', target: writer });
  for (let index = 0; index < 3_000; index += 1) logger.info('x'.repeat(100));
  await logger.stop();
  t.pass('stopped');
});

function readFileOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
