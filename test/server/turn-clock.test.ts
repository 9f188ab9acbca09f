import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'tap';

import { TurnClock } from '../../src/server/turn-clock.ts';

/** As many calls of a turn as never are late. */
const early = 50;

function clockWithTime() {
  const time = { now: 1_000 };
  const clock = new TurnClock(() => time.now);
  const callEarly = (): boolean[] => Array.from({ length: early }, () => clock.isLate(100));
  return { clock, time, callEarly };
}

/** A clock in a turn that began after one of this length and a gap, and has had its early calls. */
async function clockAfterTurn({ lengthMs, gapMs }: { readonly lengthMs: number; readonly gapMs: number }) {
  const { clock, time, callEarly } = clockWithTime();
  clock.isLate(100);
  time.now += lengthMs;
  await nextTurn();
  time.now += gapMs;
  callEarly();
  return { clock, time, callEarly };
}

void test('in the first turn of all, a call is late that comes up after the bound', async (t) => {
  const { clock, time, callEarly } = clockWithTime();
  callEarly();
  time.now += 100;
  t.notOk(clock.isLate(100));
  await Promise.resolve();
  time.now += 1;
  t.ok(clock.isLate(100), 'an answer that is given at once does not end the turn');
});

void test('a call may have come just after the turn before began', async (t) => {
  const { clock, time, callEarly } = await clockAfterTurn({ lengthMs: 60, gapMs: 5 });
  time.now += 35;
  t.notOk(clock.isLate(100), '60 + 5 + 35');
  time.now += 1;
  t.ok(clock.isLate(100));
  await nextTurn();
  callEarly();
  t.notOk(clock.isLate(100), 'the turn of 36 ms before this one is what counts now');
});

void test('the first calls of a turn never are late', async (t) => {
  const { clock, time, callEarly } = await clockAfterTurn({ lengthMs: 5_000, gapMs: 5 });
  t.ok(clock.isLate(100));
  time.now += 5_000;
  await nextTurn();
  t.notOk(callEarly().includes(true));
  t.ok(clock.isLate(100));
});

void test('after a rest of the loop nothing has waited', async (t) => {
  const { clock, time } = await clockAfterTurn({ lengthMs: 5_000, gapMs: 26 });
  time.now += 100;
  t.notOk(clock.isLate(100));
  time.now += 1;
  t.ok(clock.isLate(100));
});
