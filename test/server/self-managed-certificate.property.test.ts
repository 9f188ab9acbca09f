import fc from 'fast-check';
import { test } from 'tap';

import type { CaBundleStore, SecretStore } from '../../src/admission/certificate-ports.ts';
import { readCaBundle } from '../../src/server/ca-bundle.ts';
import type { ManagedPair } from '../../src/server/managed-pair.ts';
import { SelfManagedCertificate } from '../../src/server/self-managed-certificate.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { FakeCluster, type ConfigurationVersion } from '../support/fake-certificate-cluster.ts';

/**
 * Replicas whose every request may take any time, crash, start anew and lose the API server; API servers that act on a changed
 * configuration at any time within the handover: whatever the order, no API server meets a certificate that it does not trust.
 */

const [secondMs, dayMs] = [1_000, 86_400_000];
const handoverMs = 120 * secondMs;
const start = new Date('2030-01-01T00:00:00Z');

/** A process that stands still before and after each of its requests until it is told to go on. */
class SteppedReplica {
  readonly #cluster: FakeCluster;
  certificate: SelfManagedCertificate | undefined;
  isOffline = false;
  #release: (() => void) | undefined;
  #arrived: (() => void) | undefined;
  #life = 0;

  readonly #firstServedMs: Map<string, number>;

  constructor(cluster: FakeCluster, firstServedMs: Map<string, number>) {
    this.#cluster = cluster;
    this.#firstServedMs = firstServedMs;
    this.restart();
  }

  restart(): void {
    this.#life += 1;
    this.#release = undefined;
    const life = this.#life;
    const gate = () => this.#gate(life);
    this.certificate = new SelfManagedCertificate({
      secret: gatedSecret(this.#cluster.secretStore(), gate),
      bundles: this.#cluster.bundleStores().map((store) => gatedBundles(store, gate)),
      names: ['a.svc'],
      install: (pair) => {
        this.#noteServed(pair);
      },
      count: () => undefined,
      log: fakeOperationLog(),
      now: () => this.#cluster.now,
      elapsedMs: () => this.#cluster.elapsedMs,
    });
  }

  /** Goes on to the next request, or to the end of the round. */
  async step(): Promise<void> {
    const arrival = new Promise<void>((resolve) => (this.#arrived = resolve));
    if (this.#release === undefined) void this.certificate?.round().then(() => this.#arrived?.());
    else this.#release();
    await arrival;
  }

  async finishRound(): Promise<void> {
    while (this.#release !== undefined) await this.step();
  }

  async round(): Promise<void> {
    do await this.step();
    while (this.#release !== undefined);
  }

  #noteServed({ fingerprint }: ManagedPair): void {
    if (!this.#firstServedMs.has(fingerprint)) this.#firstServedMs.set(fingerprint, this.#cluster.elapsedMs);
  }

  /** What has crashed never goes on. True: the API server can be reached. */
  #gate(life: number): Promise<boolean> {
    if (life !== this.#life) return new Promise(() => undefined);
    return new Promise((resolve) => {
      this.#release = () => {
        this.#release = undefined;
        resolve(!this.isOffline);
      };
      this.#arrived?.();
    });
  }
}

const away = { ok: false, problem: { code: 'unavailable', message: 'away' } } as const;

function gatedSecret(store: SecretStore, gate: () => Promise<boolean>): SecretStore {
  return {
    read: async (signal) => {
      const answer = (await gate()) ? await store.read(signal) : away;
      return (await gate()) ? answer : away;
    },
    write: async (version, changes, signal) => {
      const answer = (await gate()) ? await store.write(version, changes, signal) : away;
      return (await gate()) ? answer : away;
    },
  };
}

function gatedBundles(store: CaBundleStore, gate: () => Promise<boolean>): CaBundleStore {
  return {
    name: store.name,
    read: async (signal) => {
      const answer = (await gate()) ? await store.read(signal) : away;
      return (await gate()) ? answer : away;
    },
    write: async (version, bundles, signal) => {
      const answer = (await gate()) ? await store.write(version, bundles, signal) : away;
      return (await gate()) ? answer : away;
    },
  };
}

/** Why a call that could succeed before now fails: a version of a bundle on which an API server may still act. */
function brokenCall(
  cluster: FakeCluster,
  { certificate }: SteppedReplica,
  firstServedMs: ReadonlyMap<string, number>,
): string | undefined {
  const served = certificate?.served;
  if (served === undefined || served.notAfter <= cluster.now) return undefined;
  for (const { name, history } of cluster.configurations) {
    const trusts = history.map((version) => trustOf(version, served.caFingerprint, cluster.now));
    const isBroken = history.some(({ sinceMs }, index) => {
      const isActedOn = (history[index + 1]?.sinceMs ?? Infinity) > cluster.elapsedMs - handoverMs;
      if (!isActedOn || trusts[index] !== 'no') return false;
      // Where a pair was in service before the bundle was first filled, who filled it may not have known: it is added soon.
      const filledMs = history.find((version) => trustOf(version, '', cluster.now) !== 'empty')?.sinceMs ?? 0;
      const isBeingFilled =
        (firstServedMs.get(served.fingerprint) ?? Infinity) <= filledMs && !trusts.slice(0, index).includes('yes');
      return !isBeingFilled && sinceMs <= cluster.elapsedMs;
    });
    if (isBroken) return `${name} misses ${served.fingerprint}`;
  }
  return undefined;
}

/** What has expired is as good as nothing. */
function trustOf({ bundles }: ConfigurationVersion, caFingerprint: string, now: Date): 'yes' | 'no' | 'empty' {
  const all = [...(bundles?.values() ?? [])].map((bundle) =>
    readCaBundle(bundle).filter(({ notAfter }) => notAfter > now),
  );
  if (all.every((bundle) => bundle.length === 0)) return 'empty';
  return all.every((bundle) => bundle.some(({ fingerprint }) => fingerprint === caFingerprint)) ? 'yes' : 'no';
}

type Event = { readonly replica: number } & (
  | { readonly what: 'step' | 'round' | 'restart' | 'toggle' | 'empty-secret' | 'create-configurations' }
  | { readonly what: 'pass'; readonly ms: number }
);

const replica = fc.nat({ max: 2 });
const of = (...whats: Exclude<Event['what'], 'pass'>[]) => fc.record({ what: fc.constantFrom(...whats), replica });
const ms = fc.constantFrom(secondMs, 5 * secondMs, handoverMs / 2, handoverMs, dayMs, 20 * dayMs, 61 * dayMs);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: of('step') },
  { weight: 6, arbitrary: of('round') },
  { weight: 6, arbitrary: fc.record({ what: fc.constant('pass' as const), ms, replica }) },
  { weight: 3, arbitrary: of('restart', 'toggle') },
  { weight: 1, arbitrary: of('empty-secret', 'create-configurations') },
);

/** More emptied Secrets than the bundle keeps retired CAs would be somebody’s intent. */
const mostEmptied = 6;

interface World {
  readonly cluster: FakeCluster;
  readonly replicas: readonly SteppedReplica[];
  /** By fingerprint: when any replica first took a pair into service. */
  readonly firstServedMs: ReadonlyMap<string, number>;
}

async function perform(event: Event, cluster: FakeCluster, replica: SteppedReplica): Promise<void> {
  switch (event.what) {
    case 'pass':
      cluster.elapsedMs += event.ms;
      return;
    case 'empty-secret':
      if (cluster.emptied < mostEmptied) cluster.setEntries({});
      cluster.emptied += 1;
      return;
    case 'create-configurations':
      createConfigurations(cluster);
      return;
    case 'restart':
      replica.restart();
      return;
    case 'toggle':
      replica.isOffline = !replica.isOffline;
      return;
    case 'round':
      return replica.round();
    case 'step':
      return replica.step();
  }
}

function createConfigurations(cluster: FakeCluster): void {
  if (cluster.configurations[0]?.bundles === undefined) cluster.createConfigurations();
}

function check({ cluster, replicas, firstServedMs }: World, when: string): void {
  for (const replica of replicas) {
    const broken = brokenCall(cluster, replica, firstServedMs);
    if (broken !== undefined) throw new Error(`${when}: ${broken}`);
  }
}

/** The API server is back for all, and some minutes pass. */
async function calmDown(world: World): Promise<void> {
  const { cluster, replicas } = world;
  for (const replica of replicas) {
    replica.isOffline = false;
    await replica.finishRound();
  }
  createConfigurations(cluster);
  for (let round = 0; round < 8; round += 1) {
    cluster.elapsedMs += handoverMs / 2;
    for (const replica of replicas) {
      await replica.round();
      check(world, 'in the end');
    }
  }
}

void test('whatever happens, no API server meets a certificate that it does not trust, and in the end all is well', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 30, maxLength: 150 }), async (events) => {
      const cluster = new FakeCluster(start);
      const firstServedMs = new Map<string, number>();
      const replicas = [0, 1, 2].map(() => new SteppedReplica(cluster, firstServedMs));
      const world = { cluster, replicas, firstServedMs };
      for (const one of events) {
        await perform(one, cluster, replicas[one.replica]!);
        check(world, `after ${JSON.stringify(one)}`);
      }
      await calmDown(world);
      const [first, ...others] = replicas.map(({ certificate }) => certificate?.detail);
      const isInOrder = /^\S+ is valid until \S+, renewed from \S+ on$/.test(first ?? '');
      if (!isInOrder || others.some((other) => other !== first))
        throw new Error(`not in order: ${[first, ...others].join('\n')}`);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 60_000 },
  );
  t.pass('every history');
});
