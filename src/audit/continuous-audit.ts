import type { AuditReport, AuditResult } from './audit-report.ts';
import type { AuditObserver, AuditState } from './audit-telemetry.ts';
import { compareAudits } from './compare-audits.ts';

/** A log of operations, as far as audits have something to say. */
export interface AuditLog {
  info(message: string, fields?: Readonly<Record<string, string | number>>): void;
  warn(message: string, fields?: Readonly<Record<string, string | number>>): void;
  error(message: string, fields: Readonly<Record<string, string | number>>, cause: unknown): void;
}

/** A clock that can be set. */
export interface AuditClock {
  now(): Date;
  /** Resolves after so long, or when the signal ends; never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Follows changes between audits. */
export interface Changes {
  stop(): Promise<void>;
}

export interface AuditTiming {
  /** From the end of an audit of everything to the next. */
  readonly intervalMs: number;
  /** How long a namespace is left alone after a change, so that a roll-out is looked at once. */
  readonly settleMs: number;
  /** At most so often everything is audited because of a change that no namespace holds, or one that may have been missed. */
  readonly shortestIntervalMs: number;
}

export interface ContinuousAuditDependencies {
  /** Audits everything. */
  readonly scan: (signal: AbortSignal) => Promise<AuditReport>;
  /** Audits some namespaces, and puts what it finds in the place of what the report says of them. */
  readonly rescan: (report: AuditReport, namespaces: readonly string[], signal: AbortSignal) => Promise<AuditReport>;
  /** Begins to tell of changes; undefined stands for an object of no namespace. */
  readonly follow: (onChange: (namespace: string | undefined) => void, onGap: () => void) => Changes;
  /** Makes reports in the cluster agree with what was found. */
  readonly publish: (report: AuditReport, signal: AbortSignal) => Promise<void>;
  readonly observer: AuditObserver;
  readonly log: AuditLog;
  readonly clock: AuditClock;
  readonly timing: AuditTiming;
}

/**
 * Audits again and again while it leads: everything at an interval, and in between what has changed. Nothing that fails ends
 * it: what could not be read is unknown in the report, and a report that could not be written is written the next time.
 */
export class ContinuousAudit {
  readonly #dependencies: ContinuousAuditDependencies;
  readonly #pending = new PendingChanges();
  #isLeader = false;
  #report: AuditReport | undefined;
  #lastComplete: Date | undefined;
  #durationSeconds: number | undefined;

  constructor(dependencies: ContinuousAuditDependencies) {
    this.#dependencies = dependencies;
  }

  get state(): AuditState {
    const [report, lastComplete, durationSeconds] = [this.#report, this.#lastComplete, this.#durationSeconds];
    return { isLeader: this.#isLeader, report, lastComplete, durationSeconds };
  }

  /** Lets everything be audited before its time, but not too often. */
  requestAll(): void {
    this.#pending.add(undefined);
  }

  /** Audits until the signal ends; then what was found is forgotten, since another server knows better. */
  async lead(signal: AbortSignal): Promise<void> {
    this.#isLeader = true;
    const pending = this.#pending;
    const changes = this.#dependencies.follow(
      (namespace) => {
        pending.add(namespace);
      },
      () => {
        pending.add(undefined);
      },
    );
    try {
      while (!signal.aborted) await this.#round(pending, signal);
    } finally {
      await changes.stop();
      this.#isLeader = false;
      this.#report = undefined;
      this.#lastComplete = undefined;
      this.#durationSeconds = undefined;
    }
  }

  /** Audits everything, then what changes until it is time to do so again. */
  async #round(pending: PendingChanges, signal: AbortSignal): Promise<void> {
    const { clock, timing } = this.#dependencies;
    pending.clear();
    await this.#auditAll(signal);
    const endedMs = clock.now().getTime();
    while (!signal.aborted) {
      const sinceMs = clock.now().getTime() - endedMs;
      if (sinceMs >= timing.intervalMs) return;
      if (pending.isEverything && sinceMs >= timing.shortestIntervalMs) return;
      if (!pending.hasNamespaces) {
        await pending.next(clock, this.#longestWait(pending, sinceMs), signal);
        continue;
      }
      await clock.wait(timing.settleMs, signal);
      await this.#auditNamespaces(pending.take(), signal);
    }
  }

  #longestWait(pending: PendingChanges, sinceMs: number): number {
    const { intervalMs, shortestIntervalMs } = this.#dependencies.timing;
    return (pending.isEverything ? Math.min(shortestIntervalMs, intervalMs) : intervalMs) - sinceMs;
  }

  async #auditAll(signal: AbortSignal): Promise<void> {
    const { scan, observer, log, clock } = this.#dependencies;
    try {
      const report = await scan(signal);
      if (isOver(signal)) return;
      const isComplete = report.summary.unknown === 0;
      observer.countAudit(isComplete ? 'complete' : 'incomplete');
      if (isComplete) this.#lastComplete = clock.now();
      const durationMs = Date.parse(report.scan.finishedAt) - Date.parse(report.scan.startedAt);
      this.#durationSeconds = durationMs / 1_000;
      log.info('audited', figuresOf(report));
      await this.#take(report, signal);
    } catch (error) {
      if (signal.aborted) return;
      observer.countAudit('failed');
      log.error('an audit failed', {}, error);
    }
  }

  async #auditNamespaces(namespaces: readonly string[], signal: AbortSignal): Promise<void> {
    const before = this.#report;
    if (before === undefined || isOver(signal)) return;
    try {
      const report = await this.#dependencies.rescan(before, namespaces, signal);
      if (!isOver(signal)) await this.#take(report, signal);
    } catch (error) {
      if (!isOver(signal)) this.#dependencies.log.error('an audit failed', { namespaces: namespaces.length }, error);
    }
  }

  async #take(found: AuditReport, signal: AbortSignal): Promise<void> {
    const { publish, log } = this.#dependencies;
    const before = this.#report;
    const report = before === undefined ? found : compareAudits(found, before);
    this.#report = report;
    if (before !== undefined) this.#observe(report, before);
    if (lacksRead(report)) {
      log.warn('reports are left as they were: not everything could be read', { unknown: report.summary.unknown });
      return;
    }
    try {
      await publish(report, signal);
    } catch (error) {
      if (!signal.aborted) log.error('reports could not be written', {}, error);
    }
  }

  /** Times of drift: from the last write to the first sight, and from there to the first look without it. */
  #observe(report: AuditReport, before: AuditReport): void {
    const { observer, clock } = this.#dependencies;
    const nowMs = clock.now().getTime();
    for (const result of report.results.filter(isDrift)) {
      const { writtenAt } = result.object;
      if (result.since === report.scan.startedAt && writtenAt !== undefined)
        observer.observeDetection(result.severity, secondsBetween(Date.parse(writtenAt), nowMs));
    }
    for (const result of (report.fixed ?? []).filter(isDrift)) {
      const firstSeen = Date.parse(result.since ?? before.scan.startedAt);
      observer.observeRepair(result.severity, secondsBetween(firstSeen, nowMs));
    }
  }
}

/** A signal may end while something is awaited, which a compiler does not see. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/**
 * Whether something was not read that could have been: what was found in it before is not found now, and a report without it
 * would call it mended. What may never be read was in no report.
 */
function lacksRead({ scan, unknown }: AuditReport): boolean {
  const forbidden = new Set(scan.listings.filter(({ state }) => state === 'forbidden').map(({ resource }) => resource));
  return unknown.some(
    ({ resource, object }) => resource !== undefined && object === undefined && !forbidden.has(resource),
  );
}

function isDrift({ writer, exemption }: AuditResult): boolean {
  return writer === 'any' && exemption === undefined;
}

/** Clocks differ: what seems to lie in the future was now. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}

function figuresOf({ summary, scan }: AuditReport): Readonly<Record<string, number>> {
  const { objects, violations, toConfirm, unknown } = summary;
  const durationMs = Date.parse(scan.finishedAt) - Date.parse(scan.startedAt);
  return { objects, ...violations, toConfirm, unknown, durationMs };
}

/** Where something has changed since it was last looked at. */
class PendingChanges {
  readonly #namespaces = new Set<string>();
  #isEverything = false;
  #wake: (() => void) | undefined;

  get isEverything(): boolean {
    return this.#isEverything;
  }

  get hasNamespaces(): boolean {
    return this.#namespaces.size > 0;
  }

  add(namespace: string | undefined): void {
    if (namespace === undefined) this.#isEverything = true;
    else this.#namespaces.add(namespace);
    this.#wake?.();
  }

  /** The namespaces so far; from here on they are noted anew. */
  take(): readonly string[] {
    const taken = [...this.#namespaces];
    this.#namespaces.clear();
    return taken;
  }

  clear(): void {
    this.#namespaces.clear();
    this.#isEverything = false;
  }

  /** Resolves at the next change, after so long, or when the signal ends. */
  async next(clock: AuditClock, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    await clock.wait(Math.max(0, ms), AbortSignal.any([signal, woken.signal]));
    this.#wake = undefined;
  }
}
