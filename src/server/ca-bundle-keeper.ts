import type { CaBundleStore, StoreProblem } from '../admission/certificate-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import { readCaBundle, type TrustedCa } from './ca-bundle.ts';
import { KnownConfiguration } from './known-configuration.ts';

export interface CaBundleKeeperDependencies {
  /** One for each webhook configuration. */
  readonly stores: readonly CaBundleStore[];
  readonly log: OperationLog;
  /** Milliseconds that never jump, whatever the clock on the wall does. */
  readonly elapsedMs: () => number;
  /** How long API servers may take until they act on a changed configuration. */
  readonly handoverMs: number;
}

/** Another replica writes at the same moment: the loser reads again. */
const attempts = 3;

/** Keeps the CAs that are needed in every `caBundle`, and knows since when each has been in all of them. */
export class CaBundleKeeper {
  readonly #dependencies: CaBundleKeeperDependencies;
  readonly #configurations: readonly KnownConfiguration[];
  /** By fingerprint: since when a CA was in every bundle whenever this was looked at. */
  readonly #trustedSinceMs = new Map<string, number>();
  readonly #toldForeign = new Set<string>();

  constructor(dependencies: CaBundleKeeperDependencies) {
    this.#dependencies = dependencies;
    this.#configurations = dependencies.stores.map((store) => new KnownConfiguration(store));
  }

  /** What could not be read or written. */
  get problems(): readonly StoreProblem[] {
    return this.#configurations.flatMap(({ problem }) => problem ?? []);
  }

  /** Names of the configurations that do not exist. */
  get missing(): readonly string[] {
    return this.#configurations.flatMap(({ state, store }) => (state === 'missing' ? [store.name] : []));
  }

  /** Whether every API server acts on bundles that hold this CA: it has been in all of them for long enough. */
  isTrusted(caFingerprint: string): boolean {
    const since = this.#trustedSinceMs.get(caFingerprint);
    return since !== undefined && this.#dependencies.elapsedMs() - since >= this.#dependencies.handoverMs;
  }

  /** Whether a bundle holds a CA besides this one that has not expired; true where that cannot be known. */
  hasRivals(caFingerprint: string | undefined, now: Date): boolean {
    return this.#configurations.some(
      ({ state, bundles }) =>
        state === 'unknown' ||
        [...bundles.values()]
          .flat()
          .some(({ fingerprint, notAfter }) => fingerprint !== caFingerprint && notAfter > now),
    );
  }

  /** Looks at the bundles without changing any. */
  async read(signal: AbortSignal): Promise<void> {
    for (const configuration of this.#configurations) {
      configuration.take(await configuration.store.read(signal));
      this.#tellForeign(configuration);
    }
    this.#note([]);
  }

  /** Puts the CAs that are needed (PEM) into every bundle that has been read. */
  async mend(needed: string, now: Date, signal: AbortSignal): Promise<void> {
    const cas = readCaBundle(needed);
    for (const configuration of this.#configurations) await this.#mendOne(configuration, cas, now, signal);
    this.#note(cas);
  }

  async #mendOne(
    configuration: KnownConfiguration,
    needed: readonly TrustedCa[],
    now: Date,
    signal: AbortSignal,
  ): Promise<void> {
    const { store } = configuration;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const changes = configuration.mended(needed, now);
      const { version } = configuration;
      if (version === undefined || changes.size === 0) return;
      const answer = await store.write(version, changes, signal);
      if (answer.ok) {
        this.#tell(configuration, needed, changes.size);
        configuration.take(answer);
        return;
      }
      if (answer.problem.code !== 'conflict') {
        configuration.problem = answer.problem;
        return;
      }
      configuration.take(await store.read(signal));
    }
  }

  /** Notes which CAs are in every bundle. Of a configuration that cannot be read just now nothing new is known. */
  #note(needed: readonly TrustedCa[]): void {
    if (this.#configurations.some(({ state }) => state === 'unknown')) return;
    const everywhere = this.#configurations.flatMap(({ bundles }) =>
      [...bundles.values()].map((bundle) => new Set(bundle.map(({ fingerprint }) => fingerprint))),
    );
    const known = [...needed.map(({ fingerprint }) => fingerprint), ...everywhere.flatMap((bundle) => [...bundle])];
    const nowMs = this.#dependencies.elapsedMs();
    for (const fingerprint of new Set([...known, ...this.#trustedSinceMs.keys()])) {
      if (!everywhere.every((bundle) => bundle.has(fingerprint))) this.#trustedSinceMs.delete(fingerprint);
      else if (!this.#trustedSinceMs.has(fingerprint)) this.#trustedSinceMs.set(fingerprint, nowMs);
    }
  }

  #tell({ store, lost }: KnownConfiguration, needed: readonly TrustedCa[], webhooks: number): void {
    const fields = { configuration: store.name, webhooks };
    if (needed.some(({ fingerprint }) => lost.has(fingerprint)))
      this.#dependencies.log.warn('caBundle was changed by somebody else; what it lost is put back', fields);
    else this.#dependencies.log.info('caBundle brought up to date', fields);
  }

  #tellForeign({ store, bundles }: KnownConfiguration): void {
    for (const { isOwn, fingerprint, subject } of [...bundles.values()].flat()) {
      const mark = `${store.name} ${fingerprint}`;
      if (isOwn || this.#toldForeign.has(mark)) continue;
      this.#toldForeign.add(mark);
      this.#dependencies.log.warn('caBundle holds a CA that Tenantgate has not made; it stays until it expires', {
        configuration: store.name,
        subject: subject.replaceAll('\n', ', '),
        fingerprint,
      });
    }
  }
}
