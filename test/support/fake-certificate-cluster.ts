import type {
  CaBundleStore,
  SecretStore,
  StoreAnswer,
  StoreProblem,
  WebhookTrust,
} from '../../src/admission/certificate-ports.ts';

export type StoreOperation = 'get secret' | 'update secret' | 'get configuration' | 'patch configuration';

type Entries = Readonly<Record<string, string>>;

/** A webhook configuration as it was from some time on. */
export interface ConfigurationVersion {
  readonly sinceMs: number;
  /** PEM by webhook; undefined while there is no configuration. */
  readonly bundles: ReadonlyMap<string, string> | undefined;
}

/** One Secret and two webhook configurations, shared by replicas, with a clock and the faults of a test. */
export class FakeCluster {
  elapsedMs = 0;
  /** How often a test has emptied the Secret. */
  emptied = 0;
  readonly #startMs: number;
  /** Undefined: there is no Secret. */
  entries: Entries | undefined = {};
  /** What becomes of a request instead of an answer. */
  fault: (operation: StoreOperation) => StoreProblem | undefined = () => undefined;
  readonly operations: StoreOperation[] = [];
  readonly configurations = [new FakeConfiguration('Validating', this), new FakeConfiguration('Mutating', this)];
  #secretVersion = 1;

  constructor(start: Date) {
    this.#startMs = start.getTime();
  }

  get now(): Date {
    return new Date(this.#startMs + this.elapsedMs);
  }

  get secretVersion(): number {
    return this.#secretVersion;
  }

  /** Replaces the Secret as a person would. */
  setEntries(entries: Entries | undefined): void {
    this.#secretVersion += 1;
    this.entries = entries;
  }

  secretStore(): SecretStore {
    const version = (): StoreAnswer<{
      readonly resourceVersion: string;
      readonly entries: Entries;
      readonly serverTime: Date;
    }> =>
      this.entries === undefined
        ? missing
        : {
            ok: true,
            value: { resourceVersion: String(this.#secretVersion), entries: this.entries, serverTime: this.now },
          };
    return {
      read: () => this.request('get secret', version),
      write: ({ resourceVersion }, changes) =>
        this.request('update secret', () => {
          if (this.entries === undefined) return missing;
          if (resourceVersion !== String(this.#secretVersion)) return conflict;
          const all = Object.entries({ ...this.entries, ...changes });
          this.setEntries(Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined)));
          return version();
        }),
    };
  }

  bundleStores(): readonly CaBundleStore[] {
    return this.configurations.map((configuration) => configuration.store());
  }

  /** Both configurations come to be, with one bundle in each of their webhooks. */
  createConfigurations(bundle = ''): void {
    for (const configuration of this.configurations) configuration.set(bundle);
  }

  request<T>(operation: StoreOperation, perform: () => StoreAnswer<T>): Promise<StoreAnswer<T>> {
    this.operations.push(operation);
    const problem = this.fault(operation);
    return Promise.resolve(problem === undefined ? perform() : { ok: false, problem });
  }
}

/** A configuration with two webhooks, and what it was before. */
class FakeConfiguration {
  readonly name: string;
  readonly history: ConfigurationVersion[] = [{ sinceMs: 0, bundles: undefined }];
  readonly #cluster: FakeCluster;

  constructor(kind: string, cluster: FakeCluster) {
    this.name = `${kind}WebhookConfiguration "tenantgate"`;
    this.#cluster = cluster;
  }

  get bundles(): ReadonlyMap<string, string> | undefined {
    return this.history.at(-1)?.bundles;
  }

  set(bundle: string | undefined): void {
    const webhooks = ['one', 'two'].map((webhook) => [webhook, bundle ?? ''] as const);
    this.#push(bundle === undefined ? undefined : new Map(webhooks));
  }

  store(): CaBundleStore {
    const version = (): StoreAnswer<WebhookTrust> =>
      this.bundles === undefined
        ? missing
        : { ok: true, value: { resourceVersion: String(this.history.length), bundles: this.bundles } };
    return {
      name: this.name,
      read: () => this.#cluster.request('get configuration', version),
      write: ({ resourceVersion }, bundles) =>
        this.#cluster.request('patch configuration', () => {
          if (this.bundles === undefined) return missing;
          if (resourceVersion !== String(this.history.length)) return conflict;
          this.#push(new Map([...this.bundles, ...bundles]));
          return version();
        }),
    };
  }

  #push(bundles: ReadonlyMap<string, string> | undefined): void {
    this.history.push({ sinceMs: this.#cluster.elapsedMs, bundles });
  }
}

function problem(code: StoreProblem['code']): { readonly ok: false; readonly problem: StoreProblem } {
  return { ok: false, problem: { code, message: `it is ${code}` } };
}

const missing = problem('missing');
const conflict = problem('conflict');
