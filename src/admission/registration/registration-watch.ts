import { setTimeout as delay } from 'node:timers/promises';

import type { Rule } from '../../policy/rule.ts';
import type { StoredObjectReader } from '../object-ports.ts';
import type { LogFields, OperationLog } from '../telemetry-ports.ts';
import { compareRegistration, type LiveRegistration } from './compare-registration.ts';
import { readConfiguration, type ConfigurationReading } from './configuration-request.ts';
import { displayRbacRule } from './rbac-rule.ts';
import { keyOfDrift, type Drift } from './registration-drift.ts';
import type { ConfigurationKind, WebhookConfiguration } from './webhook-configuration.ts';

/** Seen within five seconds: this pause, a read, and a second until the log is written. */
const defaultIntervalMs = 2_000;
const defaultReadMs = 2_000;

/** Whoever writes webhooks by the hundred does not fill the log with them. */
const maxLinesPerLook = 20;

/** What should be registered, as the file tells it now. */
export interface ExpectedRegistration {
  readonly configurations: readonly WebhookConfiguration[];
  /** Why the file is not what is compared with, or undefined when it is. */
  readonly problem: string | undefined;
  /** The command that registers everything once more. */
  readonly reapply: string;
}

export interface RegistrationWatchDependencies {
  readonly reader: StoredObjectReader;
  readonly expected: () => ExpectedRegistration;
  readonly rules: readonly Rule[];
  /** PEM of the certificate in force. */
  readonly served: () => string | undefined;
  readonly log: OperationLog;
  readonly now: () => Date;
  readonly intervalMs?: number;
  readonly readMs?: number;
}

/** How one configuration stands. */
export interface ConfigurationState {
  readonly kind: ConfigurationKind;
  readonly name: string;
  /** Why it is not known, or undefined when it is. */
  readonly problem: string | undefined;
  /** Empty while it is not known. */
  readonly drifts: readonly Drift[];
}

/** How the registration stands: for readiness and metrics. */
export interface RegistrationState {
  readonly configurations: readonly ConfigurationState[];
  readonly fileProblem: string | undefined;
}

type Known = Extract<ConfigurationReading, { ok: true }>;
type Unread = Extract<ConfigurationReading, { ok: false }>;

/**
 * Looks at what is registered again and again. It cannot protect it: the API server calls no webhook for
 * admissionregistration objects (kubernetes/apiserver, predicates/rules/rules.go), so all it can do is tell.
 */
export class RegistrationWatch {
  readonly #dependencies: RegistrationWatchDependencies;
  readonly #stopped = new AbortController();
  /** What was logged last, by kind and key; kept while a configuration cannot be read. */
  readonly #told = new Map<ConfigurationKind, ReadonlyMap<string, Drift>>();
  readonly #problems = new Map<ConfigurationKind, string>();
  #state: RegistrationState;
  #wasRegistered = false;
  #running: Promise<void> | undefined;

  constructor(dependencies: RegistrationWatchDependencies) {
    this.#dependencies = dependencies;
    const { configurations, problem } = dependencies.expected();
    const unread = configurations.map(({ kind, name }) => ({
      kind,
      name,
      problem: 'it has not been read yet',
      drifts: [],
    }));
    this.#state = { configurations: unread, fileProblem: problem };
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Begins to look; it goes on until `stop`. */
  start(): void {
    this.#running ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { reader, expected, readMs = defaultReadMs } = this.#dependencies;
    const wanted = expected();
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(readMs)]);
    const readings = new Map(
      await Promise.all(
        wanted.configurations.map(
          async ({ kind, name }) => [kind, await readConfiguration(reader, kind, name, signal)] as const,
        ),
      ),
    );
    if (this.#isStopped()) return;
    this.#take(wanted, readings);
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async #follow(): Promise<void> {
    const { log, intervalMs = defaultIntervalMs } = this.#dependencies;
    let isTold = false;
    while (!this.#isStopped()) {
      try {
        await this.look();
        isTold = false;
      } catch (error) {
        if (!isTold) log.error('the registration could not be compared', {}, error);
        isTold = true;
        this.#state = { ...this.#state, configurations: this.#state.configurations.map(incomparable) };
      }
      await delay(intervalMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  #take(expected: ExpectedRegistration, readings: ReadonlyMap<ConfigurationKind, ConfigurationReading>): void {
    const { rules, served, now } = this.#dependencies;
    const live: LiveRegistration = new Map(
      [...readings]
        .filter((entry): entry is [ConfigurationKind, Known] => entry[1].ok)
        .map(([kind, { value }]) => [kind, value]),
    );
    const drifts = compareRegistration({
      expected: expected.configurations,
      live,
      wasRegistered: this.#wasRegistered,
      rules,
      served: served(),
      now: now(),
      reapply: expected.reapply,
    });
    this.#wasRegistered ||= [...live.values()].some((found) => found !== 'missing');
    const configurations = expected.configurations.map(({ kind, name }): ConfigurationState => {
      const reading = readings.get(kind);
      const problem = reading === undefined || reading.ok ? undefined : problemOf(reading);
      return { kind, name, problem, drifts: drifts.filter(({ configuration }) => configuration === kind) };
    });
    this.#state = { configurations, fileProblem: expected.problem };
    const lines = configurations.flatMap((state) => [...this.#tellProblem(state), ...this.#tellDrifts(state)]);
    for (const write of lines.slice(0, maxLinesPerLook)) write();
    const left = lines.length - maxLinesPerLook;
    if (left > 0) this.#dependencies.log.warn('more of the registration has changed', { lines: left });
  }

  #tellProblem({ kind, name, problem }: ConfigurationState): readonly (() => void)[] {
    const { log } = this.#dependencies;
    const before = this.#problems.get(kind);
    if (problem === before) return [];
    if (problem === undefined) {
      this.#problems.delete(kind);
      return [
        () => {
          log.info('the registration can be read again', { configuration: kind, name });
        },
      ];
    }
    this.#problems.set(kind, problem);
    return [
      () => {
        log.warn('the registration cannot be read', { configuration: kind, name, problem });
      },
    ];
  }

  #tellDrifts({ kind, problem, drifts }: ConfigurationState): readonly (() => void)[] {
    if (problem !== undefined) return [];
    const { log } = this.#dependencies;
    const before = this.#told.get(kind) ?? new Map<string, Drift>();
    const after = new Map(drifts.map((drift) => [keyOfDrift(drift), drift]));
    this.#told.set(kind, after);
    const ended = [...before]
      .filter(([key]) => !after.has(key))
      .map(([, drift]) => () => {
        log.info('a drift of the registration has ended', placeFields(drift));
      });
    const begun = [...after]
      .filter(([key, { message }]) => before.get(key)?.message !== message)
      .map(([, drift]) => () => {
        const fields = { ...placeFields(drift), problem: drift.message, fix: drift.fix };
        if (drift.code === 'not-registered') log.info('the registration is awaited', fields);
        else log.warn('the registration has drifted', fields);
      });
    return [...ended, ...begun];
  }
}

function problemOf({ problem, lacks }: Unread): string {
  return lacks === undefined ? problem : `${problem}; grant ${displayRbacRule(lacks)}`;
}

/** What was known before is not known to hold still. */
function incomparable({ kind, name }: ConfigurationState): ConfigurationState {
  return { kind, name, problem: 'it could not be compared: see the log', drifts: [] };
}

function placeFields({ configuration, name, webhook, field, code }: Drift): LogFields {
  const where = { ...(webhook === undefined ? {} : { webhook }), ...(field === '' ? {} : { field }) };
  return { configuration, name, ...where, code };
}
