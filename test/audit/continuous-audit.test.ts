import { test, type Test } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { ContinuousAudit, type ContinuousAuditDependencies } from '../../src/audit/continuous-audit.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { reportOf, resultOf } from '../support/sample-audit.ts';

const timing = { intervalMs: 3_600_000, settleMs: 5_000, shortestIntervalMs: 300_000 };
const start = Date.parse('2026-06-01T08:00:00Z');

function until(what: string, probe: () => boolean): Promise<boolean> {
  return waitFor(what, probe, { timeoutMs: 10_000, intervalMs: 1 });
}

const writtenAt = (instant: string) => ({ ...resultOf().object, writtenAt: instant });

/** A clock that stands still until it is told to go on. */
class SetClock {
  #nowMs = start;
  readonly #waiting = new Set<{ readonly endMs: number; readonly done: () => void }>();

  now(): Date {
    return new Date(this.#nowMs);
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const entry = {
        endMs: this.#nowMs + ms,
        done: () => {
          this.#waiting.delete(entry);
          resolve();
        },
      };
      this.#waiting.add(entry);
      signal.addEventListener('abort', entry.done, { once: true });
      if (signal.aborted) entry.done();
    });
  }

  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Lets time pass once somebody waits for it. */
  async advance(ms: number): Promise<void> {
    await until('somebody to wait', () => this.isAwaited);
    this.#nowMs += ms;
    for (const { endMs, done } of [...this.#waiting]) if (endMs <= this.#nowMs) done();
  }
}

function auditing(t: Test, given: Partial<ContinuousAuditDependencies> = {}) {
  const clock = new SetClock();
  const log = fakeOperationLog();
  const published: AuditReport[] = [];
  const seen = {
    audits: [] as string[],
    detections: [] as string[],
    repairs: [] as string[],
    rescans: [] as string[][],
  };
  const feed = {
    change: undefined as unknown as (namespace: string | undefined) => void,
    gap: (): void => undefined,
    stops: 0,
  };
  const stored = { results: [] as AuditReport['results'], unknown: [] as AuditReport['unknown'] };
  const found = (): AuditReport => {
    const report = reportOf({ results: stored.results, unknown: stored.unknown });
    const instant = clock.now().toISOString();
    return { ...report, scan: { ...report.scan, startedAt: instant, finishedAt: instant } };
  };
  const audit = new ContinuousAudit({
    scan: () => Promise.resolve(found()),
    rescan: (_report, namespaces) => {
      seen.rescans.push([...namespaces]);
      return Promise.resolve(found());
    },
    follow: (onChange, onGap) => {
      feed.change = onChange;
      feed.gap = onGap;
      return {
        stop: () => {
          feed.stops += 1;
          return Promise.resolve();
        },
      };
    },
    publish: (report) => {
      published.push(report);
      return Promise.resolve();
    },
    observer: {
      countAudit: (outcome) => seen.audits.push(outcome),
      observeDetection: (severity, seconds) => seen.detections.push(`${severity} ${seconds}`),
      observeRepair: (severity, seconds) => seen.repairs.push(`${severity} ${seconds}`),
    },
    log,
    clock,
    timing,
    ...given,
  });
  const over = new AbortController();
  const led = audit.lead(over.signal);
  const stop = async (): Promise<void> => {
    over.abort();
    await led;
  };
  t.teardown(stop);
  return { audit, clock, log, published, seen, feed, stored, stop };
}

void test('everything is audited at once, and again at the interval', async (t) => {
  const { audit, clock, published, seen, stop, feed } = auditing(t);
  await until('the first report', () => published.length === 1);
  t.match(audit.state, { isLeader: true, lastComplete: new Date(start), durationSeconds: 0 });
  await clock.advance(timing.intervalMs - 1);
  t.equal(published.length, 1, 'not yet');
  await clock.advance(1);
  await until('the second report', () => published.length === 2);
  t.equal(published[1]?.scan.comparedWith, published[0]?.scan.startedAt);
  t.same(seen.audits, ['complete', 'complete']);
  t.same(seen.rescans, []);
  await stop();
  t.same(audit.state, { isLeader: false, report: undefined, lastComplete: undefined, durationSeconds: undefined });
  t.equal(feed.stops, 1);
});

void test('what changes is audited once it has settled, each namespace once', async (t) => {
  const { clock, published, seen, feed } = auditing(t);
  await until('the first report', () => published.length === 1);
  feed.change('acme-dev');
  feed.change('globex');
  feed.change('acme-dev');
  await clock.advance(timing.settleMs);
  await until('the report', () => published.length === 2);
  t.same(seen.rescans, [['acme-dev', 'globex']]);
  t.same(seen.audits, ['complete'], 'an audit of a part is none of everything');
});

void test('a change in no namespace, and a gap, let everything be audited, but not too often', async (t) => {
  const { clock, published, seen, feed } = auditing(t);
  await until('the first report', () => published.length === 1);
  feed.change(undefined);
  await clock.advance(timing.shortestIntervalMs - 1);
  t.equal(published.length, 1);
  await clock.advance(1);
  await until('the second report', () => published.length === 2);
  feed.gap();
  await clock.advance(timing.shortestIntervalMs);
  await until('the third report', () => published.length === 3);
  t.same(seen.rescans, []);
});

void test('drift is timed from the last write to its detection, and from there to its repair', async (t) => {
  const { clock, published, seen, feed, stored } = auditing(t);
  await until('the first report', () => published.length === 1);
  await clock.advance(60_000);
  const lenient = { exemption: { owner: 'ops', reason: 'moving', expires: '2026-12-31' } };
  stored.results = [
    resultOf({ severity: 'high', object: writtenAt('2026-06-01T08:00:30Z') }),
    resultOf({ field: 'elsewhere', severity: 'low' }),
    resultOf({ field: 'spec.x', writer: 'tenant', object: writtenAt('2026-06-01T08:00:30Z') }),
    resultOf({ field: 'spec.y', object: writtenAt('2026-06-01T08:00:30Z'), ...lenient }),
  ];
  feed.change('acme-dev');
  await clock.advance(timing.settleMs);
  await until('the second report', () => published.length === 2);
  t.same(seen.detections, ['high 35'], 'only what is a violation and has a time');
  stored.results = [];
  feed.change('acme-dev');
  await until('somebody to wait', () => clock.isAwaited);
  await clock.advance(600_000);
  await until('the third report', () => published.length === 3);
  t.same(seen.repairs, ['high 600', 'low 600']);
  t.equal(seen.detections.length, 1);
});

void test('a violation of a clock ahead of ours was written now', async (t) => {
  const { clock, published, seen, feed, stored } = auditing(t);
  await until('the first report', () => published.length === 1);
  stored.results = [resultOf({ object: writtenAt('2026-06-01T09:00:00Z') })];
  feed.change('acme-dev');
  await clock.advance(timing.settleMs);
  await until('the report', () => published.length === 2);
  t.same(seen.detections, ['critical 0']);
});

void test('an audit that cannot judge all is told as such, and one that fails is tried again', async (t) => {
  const broken = { now: true };
  const setup = auditing(t, {
    scan: () => {
      if (broken.now) return Promise.reject(new Error('no memory'));
      return Promise.resolve(reportOf({ unknown: [{ message: 'pods cannot be listed' }] }));
    },
  });
  const { audit, clock, seen, log, published, feed } = setup;
  await until('the failure', () => seen.audits.length === 1);
  t.match(log.lines, [{ level: 'error', message: 'an audit failed' }]);
  feed.change('acme-dev');
  await clock.advance(timing.settleMs);
  t.same(seen.rescans, [], 'there is nothing to put a part into');
  broken.now = false;
  await clock.advance(timing.intervalMs);
  await until('the report', () => published.length === 1);
  t.same(seen.audits, ['failed', 'incomplete']);
  t.equal(audit.state.lastComplete, undefined);
  t.equal(audit.state.report?.summary.unknown, 1);
});

void test('reports are left alone where a list failed, and written where it is forbidden', async (t) => {
  const listing = { resource: 'services', objects: 0, judged: 0 } as const;
  const unknown = [{ resource: 'services', message: 'reset' }];
  const states: ('failed' | 'forbidden')[] = ['failed', 'forbidden'];
  const { published, log, clock } = auditing(t, {
    scan: () => {
      const report = reportOf({ unknown });
      const listings = [{ ...listing, state: states.shift() ?? ('read' as const) }];
      return Promise.resolve({ ...report, scan: { ...report.scan, listings } });
    },
  });
  await until('the warning', () =>
    log.lines.some(({ message }) => message.startsWith('reports are left as they were')),
  );
  t.same(published, []);
  await clock.advance(timing.intervalMs);
  await until('the report', () => published.length === 1);
});

void test('a part that fails leaves what is known, and reports that cannot be written are told', async (t) => {
  const { audit, clock, log, feed } = auditing(t, {
    rescan: () => Promise.reject(new Error('reset')),
    publish: () => Promise.reject(new Error('forbidden')),
  });
  await until('the first failure', () => log.lines.some(({ message }) => message === 'reports could not be written'));
  feed.change('acme-dev');
  await clock.advance(timing.settleMs);
  await until('the second failure', () => log.lines.some(({ message }) => message === 'an audit failed'));
  t.ok(audit.state.report, 'it is kept');
});
