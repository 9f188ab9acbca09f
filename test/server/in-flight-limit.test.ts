import { test } from 'tap';

import { createInFlightLimit } from '../../src/server/in-flight-limit.ts';

void test('calls are let in up to the bound, and again when one is over', (t) => {
  const limit = createInFlightLimit({ maxCalls: 2, maxBytes: 1_000 });
  t.ok(limit.enter(10));
  t.ok(limit.enter(10));
  t.notOk(limit.enter(10));
  limit.leave(10);
  t.ok(limit.enter(10));
  t.end();
});

void test('the bytes of their bodies are bounded', (t) => {
  const limit = createInFlightLimit({ maxCalls: 10, maxBytes: 150 });
  t.ok(limit.enter(100));
  t.notOk(limit.enter(60), '100 + 60 > 150');
  t.ok(limit.enter(50), '100 + 50 fits');
  limit.leave(100);
  t.ok(limit.enter(60), '50 + 60 fits');
  t.end();
});

void test('a call larger than all the room is let in alone, so that it is never refused for ever', (t) => {
  const limit = createInFlightLimit({ maxCalls: 10, maxBytes: 50 });
  t.ok(limit.enter(80));
  t.notOk(limit.enter(1));
  limit.leave(80);
  t.ok(limit.enter(1));
  t.end();
});
