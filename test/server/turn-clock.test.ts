import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'tap';

import { TurnClock } from '../../src/server/turn-clock.ts';

/** A clock of which the test sets the time, in a turn that began after one of this length and a gap. */
async function clockAfterTurn({ lengthMs, gapMs }: { readonly lengthMs: number; readonly gapMs: number }) {
  const time = { now: 1_000 };
  const clock = new TurnClock(() => time.now);
  clock.isLate(100);
  time.now += lengthMs;
  await nextTurn();
  time.now += gapMs;
  clock.isLate(100);
  return { clock, time };
}

void test('in the first turn of all, a call is late that comes up after the bound', async (t) => {
  const time = { now: 1_000 };
  const clock = new TurnClock(() => time.now);
  t.notOk(clock.isLate(100));
  time.now += 100;
  t.notOk(clock.isLate(100));
  await Promise.resolve();
  time.now += 1;
  t.ok(clock.isLate(100), 'an answer that is given at once does not end the turn');
});

void test('a call may have come just after the turn before began', async (t) => {
  const { clock, time } = await clockAfterTurn({ lengthMs: 60, gapMs: 5 });
  time.now += 35;
  t.notOk(clock.isLate(100), '60 + 5 + 35');
  time.now += 1;
  t.ok(clock.isLate(100));
  await nextTurn();
  t.notOk(clock.isLate(100), 'the turn of 36 ms before this one is what counts now');
});

void test('what comes up early in a turn is never late', async (t) => {
  const { clock, time } = await clockAfterTurn({ lengthMs: 5_000, gapMs: 5 });
  t.notOk(clock.isLate(100));
  time.now += 15;
  t.notOk(clock.isLate(100));
  time.now += 1;
  t.ok(clock.isLate(100));
});

void test('after a rest of the loop nothing has waited', async (t) => {
  const { clock, time } = await clockAfterTurn({ lengthMs: 5_000, gapMs: 26 });
  time.now += 100;
  t.notOk(clock.isLate(100));
  time.now += 1;
  t.ok(clock.isLate(100));
});
