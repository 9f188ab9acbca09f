import { test } from 'tap';

import { ServerClock } from '../../src/server/server-clock.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';

const now = new Date('2030-01-01T00:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

void test('the clock of the API server counts when it differs by more than a minute, and this is told once', (t) => {
  const log = fakeOperationLog();
  const clock = new ServerClock(() => now, log);
  clock.set(undefined, now);
  clock.set(later(60), now);
  t.same(clock.now(), now);
  t.strictSame(log.lines, []);
  clock.set(later(-7200), now);
  t.same(clock.now(), later(-7200));
  clock.set(later(3600), now);
  t.same(clock.now(), later(3600));
  clock.set(undefined, now);
  t.same(clock.now(), later(3600), 'what is known is kept');
  t.match(log.lines, [{ level: 'warn', fields: { apartSeconds: -7200 } }]);
  t.equal(log.lines.length, 1);
  clock.set(later(1), now);
  t.same(clock.now(), now, 'a clock that was set right is believed again');
  t.end();
});

void test('an answer that took long is no other clock', (t) => {
  const log = fakeOperationLog();
  const clock = new ServerClock(() => later(86_400), log);
  clock.set(later(5), now);
  t.same(clock.now(), later(86_400));
  clock.set(later(-61), now);
  t.same(clock.now(), later(86_400 - 61));
  clock.set(later(86_400 + 61), now);
  t.same(clock.now(), later(86_400 + 61));
  t.equal(log.lines.length, 1);
  t.end();
});
