import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'tap';

import { TurnClock } from '../../src/server/turn-clock.ts';

/** A clock of which the test sets the time, after one turn of this length. */
async function clockAfterTurn(lengthMs: number) {
  const time = { now: 1_000 };
  const clock = new TurnClock(() => time.now);
  clock.isLate(100);
  time.now += lengthMs;
  await nextTurn();
  return { clock, time };
}

void test('when long turns follow each other, what comes up later than the bound is late', async (t) => {
  const { clock, time } = await clockAfterTurn(60);
  t.notOk(clock.isLate(100), 'the first of the turn');
  time.now += 100;
  t.notOk(clock.isLate(100));
  await Promise.resolve();
  time.now += 1;
  t.ok(clock.isLate(100), 'an answer that is given at once does not end the turn');
  await nextTurn();
  t.notOk(clock.isLate(100), 'the next turn has a beginning of its own');
  time.now += 101;
  t.ok(clock.isLate(100));
});

void test('a single long turn is a pause: nothing is late', async (t) => {
  const { clock, time } = await clockAfterTurn(50);
  clock.isLate(100);
  time.now += 5_000;
  t.notOk(clock.isLate(100));
});

void test('a long turn before the server came to rest does not count', async (t) => {
  const { clock, time } = await clockAfterTurn(5_000);
  time.now += 50;
  clock.isLate(100);
  time.now += 5_000;
  t.notOk(clock.isLate(100));
});
