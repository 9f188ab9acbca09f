import { setTimeout as delay } from 'node:timers/promises';

import type { CaBundleStore, SecretStore } from '../admission/certificate-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import { CaBundleKeeper } from './ca-bundle-keeper.ts';
import { isExpired, isToBeServed, renewalOf, type CertificateView } from './certificate-plan.ts';
import { problemOf, type CertificateProblem } from './certificate-problem.ts';
import type { ManagedPair } from './managed-pair.ts';
import { PairKeeper } from './pair-keeper.ts';
import { ServerClock } from './server-clock.ts';

/** How long things last. The defaults are those that ship. */
export interface CertificateTiming {
  readonly validMs: number;
  /**
   * How long API servers may take until they act on a changed webhook configuration. Their watches tell them within a second
   * or so; one whose watch is broken tries again within a minute (client-go, reflector.go: 30 s, with jitter up to twice that).
   */
  readonly handoverMs: number;
  /** Between two looks at Secret and configurations. */
  readonly pollMs: number;
  readonly makePauseMs: number;
}

const defaultTiming: CertificateTiming = {
  validMs: 90 * 86_400_000,
  handoverMs: 120_000,
  pollMs: 2_000,
  makePauseMs: 60_000,
};

export interface SelfManagedCertificateDependencies {
  readonly secret: SecretStore;
  readonly bundles: readonly CaBundleStore[];
  /** DNS names and addresses that the certificate must have. */
  readonly names: readonly string[];
  /** Takes a pair into service. May throw: then the old one stays in force. */
  readonly install: (pair: ManagedPair) => void;
  /** Told of each new pair in force after the first, and of each new problem. */
  readonly count: (result: 'success' | 'failure') => void;
  readonly log: OperationLog;
  readonly now: () => Date;
  readonly elapsedMs?: () => number;
  readonly timing?: Partial<CertificateTiming> | undefined;
}

/** Another replica writes at the same moment: the loser reads again and takes what the winner has written. */
const attempts = 3;

/**
 * The serving certificate of servers that have no issuer: any replica makes and renews it, one Secret shares it, and the
 * `caBundle` fields make it known. The order breaks no call: a new pair waits in the Secret until every API server trusts its
 * CA; then it takes over; the CA before it stays trusted until it has expired, since a replica that is cut off serves by it.
 */
export class SelfManagedCertificate {
  readonly #dependencies: SelfManagedCertificateDependencies;
  readonly #pollMs: number;
  readonly #clock: ServerClock;
  readonly #pairs: PairKeeper;
  readonly #bundles: CaBundleKeeper;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #served: ManagedPair | undefined;
  #problems: readonly CertificateProblem[] = [];

  constructor(dependencies: SelfManagedCertificateDependencies) {
    const { secret, bundles, log, now, elapsedMs = () => performance.now() } = dependencies;
    const { pollMs, ...timing } = { ...defaultTiming, ...dependencies.timing };
    this.#dependencies = dependencies;
    this.#pollMs = pollMs;
    this.#clock = new ServerClock(now, log);
    this.#pairs = new PairKeeper({ secret, log, clock: this.#clock, elapsedMs, ...timing });
    this.#bundles = new CaBundleKeeper({ stores: bundles, log, elapsedMs, ...timing });
  }

  /** The pair in force, or undefined until there is one. */
  get served(): ManagedPair | undefined {
    return this.#served;
  }

  /** How it stands, in words. */
  get detail(): string {
    const { served } = this;
    const { next } = this.#pairs;
    return [
      served === undefined
        ? 'there is no certificate yet'
        : `${served.fingerprint} is valid until ${served.notAfter.toISOString()}, renewed from ${renewalOf(served).toISOString()} on`,
      ...(next === undefined ? [] : [`${next.fingerprint} takes over once API servers trust its CA`]),
      ...this.#bundles.missing.map((name) => `${name} does not exist yet`),
      ...this.#problems.map(({ message }) => message),
    ].join('; ');
  }

  /** Begins to look after the certificate; it goes on until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** One look at Secret and configurations, and all that follows from it. */
  async round(): Promise<void> {
    const { signal } = this.#stopped;
    const ofSecret = await this.#keepPairs(signal);
    const ofInstall = this.#serve();
    await this.#bundles.mend(this.#neededCas(), this.#clock.now(), signal);
    if (signal.aborted) return;
    this.#tell([ofSecret, ofInstall, ...this.#bundles.problems.map(problemOf), this.#unfitness()]);
  }

  /**
   * The Secret is read before the bundles: who adds a CA to those has changed the Secret before, so that a decision that does
   * not know the CA ends in a conflict.
   */
  async #keepPairs(signal: AbortSignal): Promise<CertificateProblem | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const version = await this.#pairs.read(signal);
      await this.#bundles.read(signal);
      if ('mark' in version) return version;
      const outcome = await this.#pairs.keep(version, this.#view(), signal);
      if (outcome !== 'conflict') return outcome;
    }
    return undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.round().catch((cause: unknown) => {
        this.#dependencies.log.error('looking after the serving certificate failed', {}, cause);
      });
      await delay(this.#pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #view(): Omit<CertificateView, 'current' | 'next'> {
    const now = this.#clock.now();
    return {
      now,
      served: this.#served,
      names: this.#dependencies.names,
      isTrusted: (caFingerprint) => this.#bundles.isTrusted(caFingerprint),
      hasRivals: (caFingerprint) => this.#bundles.hasRivals(caFingerprint, now),
    };
  }

  /** CAs by which a replica may be serving now or soon, PEM. */
  #neededCas(): string {
    const now = this.#clock.now();
    const pairs = [this.#served, this.#pairs.current, this.#pairs.next].flatMap((pair) => pair ?? []);
    return pairs
      .filter((pair) => !isExpired(pair, now))
      .map(({ caCertificate }) => caCertificate)
      .join('');
  }

  /** Takes the current pair into service if it may be. */
  #serve(): CertificateProblem | undefined {
    const pair = this.#pairs.current;
    if (pair === undefined || !isToBeServed(pair, this.#view())) return undefined;
    const { install, log, count } = this.#dependencies;
    try {
      install(pair);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown cause';
      return { mark: 'install', message: `the certificate could not be taken into service: ${reason}` };
    }
    if (this.#served !== undefined) count('success');
    this.#served = pair;
    log.info('serving certificate in force', {
      fingerprint: pair.fingerprint,
      notAfter: pair.notAfter.toISOString(),
    });
    return undefined;
  }

  /** Why callers refuse what is served, whatever the reason that it is. */
  #unfitness(): CertificateProblem | undefined {
    const [served, now] = [this.#served, this.#clock.now()];
    if (served === undefined) return undefined;
    if (isExpired(served, now))
      return {
        mark: 'expired',
        message: `API servers refuse the certificate in force: it expired on ${served.notAfter.toISOString()}`,
      };
    if (served.notBefore > now)
      return {
        mark: 'early',
        message: `API servers refuse the certificate in force until ${served.notBefore.toISOString()}: check the clocks`,
      };
    return undefined;
  }

  /** Keeps the problems of this round, and tells of them when they are others than those of the last. */
  #tell(found: readonly (CertificateProblem | undefined)[]): void {
    const problems = found.flatMap((problem) => problem ?? []);
    const before = marksOf(this.#problems);
    this.#problems = problems;
    const { log, count } = this.#dependencies;
    if (marksOf(problems) === before) return;
    if (problems.length === 0) {
      log.info('the serving certificate is in order again');
      return;
    }
    count('failure');
    const problem = problems.map(({ message }) => message).join('; ');
    log.error('the serving certificate is not in order', { problem });
  }
}

function marksOf(problems: readonly CertificateProblem[]): string {
  return [...new Set(problems.map(({ mark }) => mark))].join('\n');
}
