import type { CaBundleStore, StoreAnswer, StoreProblem, WebhookTrust } from '../admission/certificate-ports.ts';
import { mendCaBundle, readCaBundle, type TrustedCa } from './ca-bundle.ts';

/** What is known of one webhook configuration and the CAs in it. */
export class KnownConfiguration {
  readonly store: CaBundleStore;
  state: 'read' | 'missing' | 'unknown' = 'unknown';
  version: WebhookTrust | undefined;
  /** By webhook; empty when there is no configuration. */
  bundles: ReadonlyMap<string, readonly TrustedCa[]> = new Map();
  problem: StoreProblem | undefined;
  /** CAs that all of its bundles held before and do not hold now. */
  lost: ReadonlySet<string> = new Set();
  #held: ReadonlySet<string> = new Set();

  constructor(store: CaBundleStore) {
    this.store = store;
  }

  take(answer: StoreAnswer<WebhookTrust>): void {
    if (answer.ok) {
      this.problem = undefined;
      // Most looks find what the last one found.
      if (answer.value.resourceVersion === this.version?.resourceVersion) this.state = 'read';
      else this.#takeVersion(answer.value);
      return;
    }
    const isMissing = answer.problem.code === 'missing';
    this.state = isMissing ? 'missing' : 'unknown';
    this.problem = isMissing ? undefined : answer.problem;
    if (isMissing) this.#forget();
  }

  /** The bundles that must change, as PEM by webhook. */
  mended(needed: readonly TrustedCa[], now: Date): ReadonlyMap<string, string> {
    const changes = new Map<string, string>();
    if (this.state !== 'read') return changes;
    for (const [webhook, bundle] of this.bundles) {
      const mended = mendCaBundle(bundle, needed, now);
      if (mended !== undefined) changes.set(webhook, mended.map(({ pem }) => pem).join(''));
    }
    return changes;
  }

  #takeVersion(version: WebhookTrust): void {
    this.state = 'read';
    this.version = version;
    const parsed = new Map([...new Set(version.bundles.values())].map((text) => [text, readCaBundle(text)] as const));
    this.bundles = new Map([...version.bundles].map(([webhook, text]) => [webhook, parsed.get(text) ?? []] as const));
    const held = inAll([...this.bundles.values()]);
    this.lost = new Set([...this.#held].filter((fingerprint) => !held.has(fingerprint)));
    this.#held = held;
  }

  #forget(): void {
    this.version = undefined;
    this.bundles = new Map();
    this.lost = new Set();
    this.#held = new Set();
  }
}

function inAll(bundles: readonly (readonly TrustedCa[])[]): ReadonlySet<string> {
  const [first = [], ...others] = bundles;
  const fingerprints = first.map(({ fingerprint }) => fingerprint);
  return new Set(
    fingerprints.filter((wanted) => others.every((bundle) => bundle.some(({ fingerprint }) => fingerprint === wanted))),
  );
}
