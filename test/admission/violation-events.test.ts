import { test } from 'tap';

import type { EventAnswer, ViolationEvent } from '../../src/admission/event-ports.ts';
import type { AdmittedViolation, LogFields } from '../../src/admission/telemetry-ports.ts';
import { eventLimits, ViolationEvents, type EventLimits } from '../../src/admission/violation-events.ts';

const startMs = Date.parse('2026-06-01T00:00:00Z');

function violationOf(name: string, more: Partial<AdmittedViolation> = {}, namespace = 'acme-dev'): AdmittedViolation {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid: '' };
  return { object, rule: 'pods/host-network', mode: 'audit', note: 'spec.hostNetwork: is true', ...more };
}

/** Events with a writer that remembers, a clock that is set, and rounds that are run by hand. */
function subject(limits: Partial<EventLimits> = {}) {
  const written: ViolationEvent[] = [];
  const counted: string[] = [];
  const logged: LogFields[] = [];
  let nowMs = startMs;
  let round: (() => Promise<void>) | undefined;
  let answer: EventAnswer | Promise<EventAnswer> = { state: 'written' };
  const note = (_message: string, fields: LogFields = {}): void => {
    logged.push(fields);
  };
  const events = new ViolationEvents({
    writer: {
      write: (event) => {
        written.push(event);
        return Promise.resolve(answer);
      },
    },
    counter: { countEvent: (result) => counted.push(result) },
    log: { info: note, warn: note, error: note },
    now: () => new Date(nowMs),
    limits: { ...eventLimits, ...limits },
    schedule: (run) => {
      round = run;
      return () => {
        round = undefined;
      };
    },
  });
  return {
    events,
    written,
    counted,
    logged,
    isScheduled: () => round !== undefined,
    answerWith: (next: EventAnswer | Promise<EventAnswer>) => {
      answer = next;
    },
    /** Sets the clock forward and runs the round that waits, if there is one. */
    after: async (ms: number): Promise<void> => {
      nowMs += ms;
      const run = round;
      round = undefined;
      await run?.();
    },
  };
}

const summaryOf = ({ violation, count, isFirst }: ViolationEvent): readonly unknown[] => [
  violation.object.name,
  count,
  isFirst,
];

test('what is seen again and again is written with pauses that double, and its count is whole', async (t) => {
  const { events, written, counted, after } = subject();
  events.observe(violationOf('web'));
  await after(1_000);
  t.same(written.map(summaryOf), [['web', 1, true]]);
  // Once a second for two hours, as no client would.
  for (let second = 0; second < 7_200; second += 1) {
    events.observe(violationOf('web'));
    await after(1_000);
  }
  t.ok(written.length < 20, `${written.length} writes for 7200 violations`);
  await events.stop();
  t.equal(
    written.reduce((sum, { count }) => sum + count, 0),
    7_201,
  );
  t.ok(
    written.slice(1).every(({ isFirst }) => !isFirst),
    'they add to the first',
  );
  t.equal(counted.filter((result) => result === 'written').length, written.length);
});

test('each rule and object has an Event of its own', async (t) => {
  const { events, written, after } = subject();
  events.observe(violationOf('web'));
  events.observe(violationOf('web', { rule: 'pods/host-ports' }));
  events.observe(violationOf('web', {}, 'globex-dev'));
  events.observe(violationOf('db'));
  events.observe(violationOf('db'));
  await after(1_000);
  t.same(
    written.map(({ violation, count }) => [violation.rule, violation.object.namespace, violation.object.name, count]),
    [
      ['pods/host-network', 'acme-dev', 'web', 1],
      ['pods/host-ports', 'acme-dev', 'web', 1],
      ['pods/host-network', 'globex-dev', 'web', 1],
      ['pods/host-network', 'acme-dev', 'db', 2],
    ],
  );
});

test('another text is another Event, which waits its turn like any count', async (t) => {
  const { events, written, after } = subject();
  events.observe(violationOf('web'));
  await after(1_000);
  events.observe(violationOf('web', { note: 'other' }));
  await after(1_000);
  t.equal(written.length, 1);
  await after(10_000);
  t.same(written.map(({ violation, isFirst, count }) => [violation.note, isFirst, count]).at(1), ['other', true, 1]);
});

test('what is seen while it is written counts for the next time', async (t) => {
  const { events, written, answerWith, after } = subject();
  const { promise, resolve } = Promise.withResolvers<EventAnswer>();
  answerWith(promise);
  events.observe(violationOf('web'));
  const round = after(1_000);
  events.observe(violationOf('web'));
  resolve({ state: 'written' });
  await round;
  await after(11_000);
  t.same(written.map(summaryOf), [
    ['web', 1, true],
    ['web', 1, false],
  ]);
});

test('a round makes so many writes and no more, the oldest first', async (t) => {
  const { events, written, after, isScheduled } = subject({ mostOfRound: 2 });
  for (const name of ['a', 'b', 'c']) events.observe(violationOf(name));
  await after(1_000);
  t.same(
    written.map(({ violation }) => violation.object.name),
    ['a', 'b'],
  );
  await after(1_000);
  t.equal(written.at(2)?.violation.object.name, 'c');
  t.notOk(isScheduled(), 'with nothing left to write nothing is scheduled');
});

test('no tenant takes the room of the others, and what finds none is counted', async (t) => {
  const { events, written, counted, after } = subject({ most: 4, mostOfNamespace: 2, mostOfRound: 100 });
  for (const name of ['a', 'b', 'c', 'd']) events.observe(violationOf(name));
  for (const name of ['a', 'b', 'c']) events.observe(violationOf(name, {}, 'globex-dev'));
  events.observe(violationOf('a', {}, 'third'));
  t.equal(counted.filter((result) => result === 'dropped').length, 4);
  await after(1_000);
  t.equal(written.length, 4);
  await after(eventLimits.forgetMs);
  events.observe(violationOf('e'));
  await after(1_000);
  t.equal(written.at(-1)?.violation.object.name, 'e', 'what was not seen for long makes room');
  t.ok(written.at(-1)?.isFirst);
});

test('an API server that is away is asked once a round, and later is told all', async (t) => {
  const { events, written, counted, logged, answerWith, after } = subject();
  answerWith({ state: 'unavailable', problem: 'away' });
  events.observe(violationOf('a'));
  events.observe(violationOf('b'));
  await after(1_000);
  t.equal(written.length, 1, 'the round ends at the first');
  await after(1_000);
  t.same(counted, ['failed', 'failed']);
  t.same(logged, [{ problem: 'away' }], 'said once in a while');
  answerWith({ state: 'written' });
  events.observe(violationOf('a'));
  await after(20_000);
  t.same(written.slice(2).map(summaryOf), [
    ['a', 2, true],
    ['b', 1, true],
  ]);
});

test('what the API server refuses is not tried again by itself, and keeps no other from being written', async (t) => {
  const { events, written, counted, answerWith, after, isScheduled } = subject();
  answerWith({ state: 'refused', problem: '403' });
  events.observe(violationOf('a'));
  events.observe(violationOf('b'));
  await after(1_000);
  t.equal(written.length, 2);
  t.same(counted, ['failed', 'failed']);
  t.notOk(isScheduled());
  events.observe(violationOf('a'));
  await after(11_000);
  t.same(written.map(summaryOf).at(2), ['a', 1, true]);
});

test('a server that stops writes what is left, and nothing afterwards', async (t) => {
  const { events, written, isScheduled } = subject();
  events.observe(violationOf('a'));
  await events.stop();
  t.same(written.map(summaryOf), [['a', 1, true]]);
  events.observe(violationOf('b'));
  t.notOk(isScheduled());
});

test('by itself it writes within the round and holds no process up', async (t) => {
  const { promise, resolve } = Promise.withResolvers<ViolationEvent>();
  const nothing = (): void => undefined;
  const events = new ViolationEvents({
    writer: {
      write: (event) => {
        resolve(event);
        return Promise.resolve({ state: 'written' });
      },
    },
    counter: { countEvent: nothing },
    log: { info: nothing, warn: nothing, error: nothing },
    now: () => new Date(),
    limits: { ...eventLimits, roundMs: 1 },
  });
  // The timer of the test itself keeps the process.
  const alive = setInterval(nothing, 1_000);
  events.observe(violationOf('a'));
  t.equal((await promise).count, 1);
  clearInterval(alive);
  await events.stop();
});
