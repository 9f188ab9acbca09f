import { X509Certificate } from 'node:crypto';

import { test } from 'tap';

import type { StoreProblem } from '../../src/admission/certificate-ports.ts';
import { readCaBundle } from '../../src/server/ca-bundle.ts';
import { issueCertificate } from '../../src/server/issue-certificate.ts';
import { entriesOf, makePair, readPair, type ManagedPair } from '../../src/server/managed-pair.ts';
import { SelfManagedCertificate } from '../../src/server/self-managed-certificate.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { FakeCluster, type StoreOperation } from '../support/fake-certificate-cluster.ts';

const start = new Date('2030-01-01T00:00:00Z');
const [secondMs, minuteMs, dayMs] = [1_000, 60_000, 86_400_000];
const handoverMs = 2 * minuteMs;
const names = ['tenantgate.tenantgate-system.svc'];

/** One replica, driven round by round. */
function replicaOf(
  cluster: FakeCluster,
  given: { names?: readonly string[]; install?: (pair: ManagedPair) => void } = {},
) {
  const log = fakeOperationLog();
  const installed: ManagedPair[] = [];
  const counts = { success: 0, failure: 0 };
  const certificate = new SelfManagedCertificate({
    secret: cluster.secretStore(),
    bundles: cluster.bundleStores(),
    names: given.names ?? names,
    install: given.install ?? ((pair) => void installed.push(pair)),
    count: (result) => (counts[result] += 1),
    log,
    now: () => cluster.now,
    elapsedMs: () => cluster.elapsedMs,
  });
  const told = (level: string) => log.lines.filter((line) => line.level === level).map(({ message }) => message);
  return { certificate, log, told, installed, counts, round: () => certificate.round() };
}

type Replica = ReturnType<typeof replicaOf>;

async function pass(cluster: FakeCluster, ms: number, ...replicas: readonly Replica[]): Promise<void> {
  cluster.elapsedMs += ms;
  for (const replica of replicas) await replica.round();
}

function currentOf(cluster: FakeCluster, slot: 'current' | 'next' = 'current'): ManagedPair | undefined {
  const reading = readPair(cluster.entries ?? {}, slot);
  return reading.state === 'usable' ? reading.pair : undefined;
}

/** CAs of every bundle, in the words of their fingerprints. */
function trustedBy(cluster: FakeCluster): readonly (readonly string[])[] {
  return cluster.configurations.flatMap(({ bundles }) =>
    [...(bundles?.values() ?? [])].map((bundle) => readCaBundle(bundle).map(({ fingerprint }) => fingerprint)),
  );
}

const four = <T>(item: T): readonly T[] => [item, item, item, item];

/** A cluster in which one replica has served for a day. */
async function settled() {
  const cluster = new FakeCluster(start);
  cluster.createConfigurations();
  const replica = replicaOf(cluster);
  await replica.round();
  await pass(cluster, dayMs, replica);
  return { cluster, replica, pair: replica.certificate.served! };
}

function failing(code: StoreProblem['code'], ...operations: readonly StoreOperation[]) {
  return (operation: StoreOperation): StoreProblem | undefined =>
    operations.includes(operation) ? { code, message: `${operation}: ${code}` } : undefined;
}

void test('first start: the pair is made and served at once, and made known when the configurations come', async (t) => {
  const cluster = new FakeCluster(start);
  const replica = replicaOf(cluster);
  t.match(replica.certificate.detail, /^there is no certificate yet$/);
  await replica.round();
  const pair = replica.certificate.served;
  t.match(replica.installed, [pair!]);
  t.equal(currentOf(cluster)?.fingerprint, pair?.fingerprint);
  t.ok(new X509Certificate(pair!.certificate).checkHost(names[0]!));
  t.equal(pair?.notAfter.getTime(), start.getTime() + 90 * dayMs);
  t.match(
    replica.certificate.detail,
    /valid until 2030-04-01T00:00:00.000Z, renewed from 2030-03-01T.*; Validating.* does not exist yet/,
  );
  const before = replica.log.lines.length;
  for (let round = 0; round < 5; round += 1) await pass(cluster, 5 * secondMs, replica);
  t.equal(replica.log.lines.length, before, 'it keeps trying quietly');
  cluster.createConfigurations();
  await pass(cluster, 5 * secondMs, replica);
  t.strictSame(trustedBy(cluster), four([pair!.caFingerprint]));
  t.match(replica.log.lines.slice(before), four({ level: 'info', message: /caBundle brought up to date/ }).slice(2));
  t.strictSame(replica.counts, { success: 0, failure: 0 });
  t.notMatch(replica.certificate.detail, /does not exist/);
  const writes = cluster.operations.length;
  await pass(cluster, 5 * secondMs, replica);
  t.strictSame(cluster.operations.slice(writes), ['get secret', 'get configuration', 'get configuration']);
});

void test('of replicas that start together one makes the pair, and all serve it', async (t) => {
  const cluster = new FakeCluster(start);
  cluster.createConfigurations();
  const replicas = [replicaOf(cluster), replicaOf(cluster), replicaOf(cluster)];
  await Promise.all(replicas.map(({ round }) => round()));
  const pair = currentOf(cluster)!;
  for (const { certificate, installed } of replicas) {
    t.equal(certificate.served?.fingerprint, pair.fingerprint);
    t.equal(installed.length, 1);
  }
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint]));
  t.equal(replicas.flatMap(({ told }) => told('info')).filter((line) => line === 'serving certificate made').length, 1);
  t.strictSame(
    replicas.flatMap(({ told }) => [...told('warn'), ...told('error')]),
    [],
  );
});

void test('renewal: next pair, both CAs trusted, wait, switch of all replicas, and the old CA until it expires', async (t) => {
  const { cluster, replica, pair } = await settled();
  const other = replicaOf(cluster);
  await other.round();
  await pass(cluster, 58 * dayMs, replica, other);
  t.equal(currentOf(cluster, 'next'), undefined);
  await pass(cluster, 2 * dayMs, replica, other);
  const next = currentOf(cluster, 'next')!;
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint, next.caFingerprint]));
  await pass(cluster, handoverMs - 1, replica, other);
  t.equal(currentOf(cluster)?.fingerprint, pair.fingerprint, 'not before API servers have had their time');
  t.match(replica.certificate.detail, new RegExp(`${next.fingerprint} takes over once API servers trust its CA`));
  await pass(cluster, 1, replica, other);
  for (const { certificate, counts } of [replica, other]) {
    t.equal(certificate.served?.fingerprint, next.fingerprint);
    t.strictSame(counts, { success: 1, failure: 0 });
  }
  t.strictSame(Object.keys(cluster.entries!).sort(), ['ca.crt', 'tls.crt', 'tls.key'], 'the next pair moved');
  const late = replicaOf(cluster);
  await late.round();
  t.equal(late.certificate.served?.fingerprint, next.fingerprint);
  await pass(cluster, 29 * dayMs, replica);
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint, next.caFingerprint]), 'expired, but for less than a day');
  await pass(cluster, dayMs, replica);
  t.strictSame(trustedBy(cluster), four([next.caFingerprint]));
});

void test('a replica that starts before the handover is over serves the pair in force at once', async (t) => {
  const { cluster, replica, pair } = await settled();
  await pass(cluster, 60 * dayMs, replica);
  const late = replicaOf(cluster);
  await late.round();
  t.equal(late.certificate.served?.fingerprint, pair.fingerprint);
});

void test('a replica that was cut off during a renewal takes its own time once it is back', async (t) => {
  const { cluster, replica, pair } = await settled();
  const away = replicaOf(cluster);
  await away.round();
  await pass(cluster, 60 * dayMs, replica);
  await pass(cluster, handoverMs, replica);
  const next = currentOf(cluster)!;
  t.not(next.fingerprint, pair.fingerprint);
  await away.round();
  t.equal(
    away.certificate.served?.fingerprint,
    pair.fingerprint,
    'it cannot know for how long the CA has been trusted',
  );
  await pass(cluster, handoverMs, away);
  t.equal(away.certificate.served?.fingerprint, next.fingerprint);
});

void test('an emptied Secret renews: what is served is put back, and a new pair follows in order', async (t) => {
  const { cluster, replica, pair } = await settled();
  cluster.setEntries({ unrelated: 'kept' });
  await pass(cluster, 5 * secondMs, replica);
  t.equal(currentOf(cluster)?.fingerprint, pair.fingerprint);
  const next = currentOf(cluster, 'next')!;
  t.match(replica.told('warn'), ['the Secret had lost the serving certificate; it is put back']);
  await pass(cluster, handoverMs, replica);
  t.equal(replica.certificate.served?.fingerprint, next.fingerprint);
  t.equal(cluster.entries?.['unrelated'], 'kept');
  t.strictSame(replica.counts, { success: 1, failure: 0 });
});

void test('who empties the Secret again and again keeps nobody busy', async (t) => {
  const { cluster, replica } = await settled();
  for (let round = 0; round < 24; round += 1) {
    cluster.setEntries({});
    await pass(cluster, 5 * secondMs, replica);
  }
  t.equal(replica.told('info').filter((line) => line === 'serving certificate made').length, 1 + 2);
  t.ok(trustedBy(cluster)[0]!.length <= 4);
});

void test('an emptied Secret and a replica that starts: nobody serves what API servers do not trust yet', async (t) => {
  const { cluster, pair } = await settled();
  cluster.setEntries({});
  const late = replicaOf(cluster);
  await late.round();
  t.equal(late.certificate.served, undefined);
  t.equal(currentOf(cluster), undefined);
  const next = currentOf(cluster, 'next')!;
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint, next.caFingerprint]));
  await pass(cluster, handoverMs, late);
  t.equal(late.certificate.served?.fingerprint, next.fingerprint);
});

void test('a Secret of somebody else, half a pair and a foreign key', async (t) => {
  const theirs = await issueCertificate({ now: start, names, caName: 'CN=somebody', validMs: dayMs, backdateMs: 0 });
  const another = entriesOf(await makePair(names, start, 90 * dayMs), 'current');
  const cluster = new FakeCluster(start);
  cluster.setEntries(entriesOf(theirs, 'current'));
  const replica = replicaOf(cluster);
  await replica.round();
  await replica.round();
  t.equal(replica.certificate.served, undefined);
  t.strictSame(cluster.entries, entriesOf(theirs, 'current'));
  t.match(replica.certificate.detail, /the Secret is not Tenantgate’s and is left alone: .*issued by "CN=somebody"/);
  t.strictSame(replica.told('error'), ['the serving certificate is not in order']);
  t.equal(replica.counts.failure, 1);
  cluster.setEntries({ ...another, 'tls.key': theirs.key });
  await replica.round();
  t.ok(replica.certificate.served, 'what nobody can serve is replaced');
  t.not(currentOf(cluster)?.certificate, another['tls.crt']);
  t.match(replica.told('info'), ['serving certificate made', 'serving certificate in force', /in order again/]);
  const { cluster: running, replica: serving, pair } = await settled();
  running.setEntries(entriesOf(theirs, 'current'));
  await pass(running, 5 * secondMs, serving);
  t.equal(serving.certificate.served?.fingerprint, pair.fingerprint, 'what is in force stays in force');
  t.match(serving.certificate.detail, /is valid until .* left alone/);
  t.strictSame(trustedBy(running), four([pair.caFingerprint]));
});

void test('an emptied or edited caBundle is healed and told; what others put there stays', async (t) => {
  const { cluster, replica, pair } = await settled();
  const theirs = await issueCertificate({
    now: start,
    names,
    caName: 'CN=cert-manager',
    validMs: 90 * dayMs,
    backdateMs: 0,
  });
  cluster.createConfigurations();
  await pass(cluster, 5 * secondMs, replica);
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint]));
  t.strictSame(
    replica.told('warn'),
    ['Validating', 'Mutating'].map(() => 'caBundle was changed by somebody else; what it lost is put back'),
  );
  t.match(replica.log.lines.at(-1), {
    fields: { configuration: 'MutatingWebhookConfiguration "tenantgate"', webhooks: 2 },
  });
  cluster.createConfigurations('garbage');
  await pass(cluster, 5 * secondMs, replica);
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint]));
  cluster.createConfigurations(theirs.caCertificate);
  const before = replica.log.lines.length;
  await pass(cluster, 5 * secondMs, replica);
  const foreign = new X509Certificate(theirs.caCertificate).fingerprint256;
  t.strictSame(trustedBy(cluster), four([foreign, pair.caFingerprint]));
  t.match(replica.log.lines.slice(before), [
    {
      message: /holds a CA that Tenantgate has not made/,
      fields: { subject: 'CN=cert-manager', fingerprint: foreign },
    },
    { message: /holds a CA that Tenantgate has not made/ },
    { message: /changed by somebody else/ },
    { message: /changed by somebody else/ },
  ]);
  const after = replica.log.lines.length;
  await pass(cluster, 5 * secondMs, replica);
  t.equal(replica.log.lines.length, after, 'each is told once');
});

void test('a change of the caBundle starts the wait anew', async (t) => {
  const { cluster, replica, pair } = await settled();
  await pass(cluster, 60 * dayMs, replica);
  await pass(cluster, handoverMs - secondMs, replica);
  cluster.createConfigurations(pair.caCertificate);
  await pass(cluster, secondMs, replica);
  await pass(cluster, handoverMs - secondMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  await pass(cluster, secondMs, replica);
  t.not(replica.certificate.served?.fingerprint, pair.fingerprint);
});

void test('both replicas heal at once: one writes, and both know', async (t) => {
  const { cluster, replica, pair } = await settled();
  const other = replicaOf(cluster);
  await other.round();
  cluster.createConfigurations();
  await Promise.all([replica.round(), other.round()]);
  t.strictSame(trustedBy(cluster), four([pair.caFingerprint]));
  t.strictSame([replica.counts.failure, other.counts.failure], [0, 0], 'a conflict is no problem');
});

void test('another certificate authority serves so far: the first pair waits until it is trusted beside it', async (t) => {
  const theirs = await issueCertificate({
    now: start,
    names,
    caName: 'CN=cert-manager',
    validMs: 90 * dayMs,
    backdateMs: 0,
  });
  const cluster = new FakeCluster(start);
  cluster.createConfigurations(theirs.caCertificate);
  const [replica, other] = [replicaOf(cluster), replicaOf(cluster)];
  await Promise.all([replica.round(), other.round()]);
  t.strictSame([replica.certificate.served, other.certificate.served], [undefined, undefined]);
  t.match(replica.certificate.detail, /^there is no certificate yet; .* takes over once API servers trust its CA/);
  const made = [...replica.log.lines, ...other.log.lines].filter(
    ({ message }) => message === 'serving certificate made',
  );
  t.match(made, [{ fields: { takesOver: 'once API servers trust its CA' } }]);
  await pass(cluster, handoverMs, replica, other);
  t.ok(replica.certificate.served);
  t.equal(replica.certificate.served?.fingerprint, other.certificate.served?.fingerprint);
  t.equal(trustedBy(cluster)[0]!.length, 2);
});

void test('the API server away: what is in force is served, told once, and caught up with', async (t) => {
  const { cluster, replica, pair } = await settled();
  let attempt = 0;
  cluster.fault = (operation) => ({ code: 'unavailable', message: `${operation}: attempt ${(attempt += 1)}` });
  for (let round = 0; round < 5; round += 1) await pass(cluster, 5 * secondMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  t.match(replica.certificate.detail, /^\S+ is valid until .*; get secret: attempt 13; get configuration: attempt 14/);
  t.strictSame(replica.told('error'), ['the serving certificate is not in order'], 'once, however it is away');
  t.strictSame(replica.counts, { success: 0, failure: 1 });
  cluster.fault = () => undefined;
  await pass(cluster, 5 * secondMs, replica);
  t.equal(replica.told('info').at(-1), 'the serving certificate is in order again');
  t.notMatch(replica.certificate.detail, /attempt/);
});

void test('a pair that expires while the API server is away is served on, loudly, and replaced at once afterwards', async (t) => {
  const { cluster, replica, pair } = await settled();
  cluster.fault = failing('unavailable', 'get secret', 'get configuration');
  await pass(cluster, 88 * dayMs, replica);
  await pass(cluster, 2 * dayMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  t.match(replica.certificate.detail, /API servers refuse the certificate in force: it expired on 2030-04-01/);
  t.match(replica.log.lines.at(-1), { level: 'error', fields: { problem: /expired on 2030-04-01/ } });
  t.equal(replica.counts.failure, 2);
  cluster.fault = () => undefined;
  await pass(cluster, 5 * secondMs, replica);
  t.not(replica.certificate.served?.fingerprint, pair.fingerprint, 'no wait: nobody can be hurt any more');
  t.ok(trustedBy(cluster).every((cas) => cas.includes(replica.certificate.served!.caFingerprint)));
  t.notMatch(replica.certificate.detail, /refuse/);
});

void test('at the first start each obstacle is told, nothing crashes, and it goes on when the obstacle is gone', async (t) => {
  const obstacles = [
    failing('unavailable', 'get secret', 'get configuration'),
    failing('missing', 'get secret'),
    failing('forbidden', 'get secret'),
    failing('forbidden', 'update secret'),
    failing('unavailable', 'update secret'),
  ];
  const cluster = new FakeCluster(start);
  const replica = replicaOf(cluster);
  for (const [index, fault] of obstacles.entries()) {
    cluster.fault = fault;
    await pass(cluster, 5 * secondMs, replica);
    await pass(cluster, 5 * secondMs, replica);
    t.equal(replica.certificate.served, undefined);
    t.equal(replica.told('error').length, index + 1, 'each once');
    t.match(replica.certificate.detail, /^there is no certificate yet; .*(unavailable|missing|forbidden)$/);
  }
  cluster.fault = () => undefined;
  await pass(cluster, 5 * secondMs, replica);
  t.ok(replica.certificate.served);
});

void test('without the right to read configurations the first pair is not served: it could never be renewed', async (t) => {
  const cluster = new FakeCluster(start);
  const replica = replicaOf(cluster);
  cluster.fault = failing('forbidden', 'get configuration');
  for (let round = 0; round < 3; round += 1) await pass(cluster, handoverMs, replica);
  t.equal(replica.certificate.served, undefined);
  t.match(replica.certificate.detail, /get configuration: forbidden/);
  cluster.fault = () => undefined;
  await pass(cluster, 5 * secondMs, replica);
  t.ok(replica.certificate.served, 'there is no other CA, so there is nothing to wait for');
});

void test('without the right to write configurations a renewal waits, is told, and goes on with the right', async (t) => {
  const { cluster, replica, pair } = await settled();
  cluster.fault = failing('forbidden', 'patch configuration');
  await pass(cluster, 60 * dayMs, replica);
  await pass(cluster, handoverMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  t.match(replica.certificate.detail, /takes over once .*; patch configuration: forbidden/);
  t.equal(replica.counts.failure, 1);
  cluster.fault = () => undefined;
  await pass(cluster, 5 * secondMs, replica);
  await pass(cluster, handoverMs, replica);
  t.not(replica.certificate.served?.fingerprint, pair.fingerprint);
});

void test('the Secret is gone: what is in force is served until it is back', async (t) => {
  const { cluster, replica, pair } = await settled();
  cluster.setEntries(undefined);
  await pass(cluster, 5 * secondMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  t.match(replica.certificate.detail, /it is missing/);
  cluster.setEntries({});
  await pass(cluster, 5 * secondMs, replica);
  t.equal(currentOf(cluster)?.fingerprint, pair.fingerprint);
});

void test('a pair by a clock that was ahead is not taken before it is valid, unless there is nothing else', async (t) => {
  const { cluster, replica, pair } = await settled();
  const ahead = await makePair(names, new Date(cluster.now.getTime() + dayMs), 90 * dayMs);
  cluster.setEntries(entriesOf(ahead, 'current'));
  await pass(cluster, 5 * secondMs, replica);
  await pass(cluster, handoverMs, replica);
  t.equal(replica.certificate.served?.fingerprint, pair.fingerprint);
  const late = replicaOf(cluster);
  await late.round();
  t.equal(late.certificate.served?.fingerprint, ahead.fingerprint);
  t.match(late.certificate.detail, /API servers refuse the certificate in force until 2030-01-02T23/);
  t.equal(currentOf(cluster, 'next'), undefined, 'it is not replaced: two clocks would never agree');
  await pass(cluster, dayMs, replica, late);
  t.equal(replica.certificate.served?.fingerprint, ahead.fingerprint);
  t.notMatch(late.certificate.detail, /refuse/);
});

void test('a pair that TLS refuses leaves the old one in force', async (t) => {
  const { cluster } = await settled();
  let isRefused = false;
  const replica = replicaOf(cluster, {
    install: () => {
      if (isRefused) throw new Error('TLS says no');
    },
  });
  await replica.round();
  const before = replica.certificate.served;
  isRefused = true;
  await pass(cluster, 60 * dayMs, replica);
  await pass(cluster, handoverMs, replica);
  t.equal(replica.certificate.served?.fingerprint, before?.fingerprint);
  t.match(replica.certificate.detail, /could not be taken into service: TLS says no/);
  isRefused = false;
  await pass(cluster, 5 * secondMs, replica);
  t.not(replica.certificate.served?.fingerprint, before?.fingerprint);
});

void test('names that were added are in the next pair, beside those that another replica needs', async (t) => {
  const { cluster, replica } = await settled();
  const other = replicaOf(cluster, { names: ['other.svc'] });
  await other.round();
  const next = currentOf(cluster, 'next')!;
  t.strictSame([...next.names].sort(), ['other.svc', ...names]);
  await pass(cluster, handoverMs, replica, other);
  await pass(cluster, dayMs, replica, other);
  t.equal(currentOf(cluster)?.fingerprint, next.fingerprint);
  t.equal(currentOf(cluster, 'next'), undefined, 'both are content');
});

void test('no key is ever told', async (t) => {
  const { cluster, replica } = await settled();
  cluster.setEntries({ 'tls.key': replica.certificate.served!.key });
  await pass(cluster, 5 * secondMs, replica);
  cluster.fault = failing('unavailable', 'update secret');
  await pass(cluster, 61 * dayMs, replica);
  t.notMatch(JSON.stringify(replica.log.lines) + replica.certificate.detail, /PRIVATE KEY/);
  const keyText = replica.certificate.served!.key.split('\n')[1]!;
  t.notOk((JSON.stringify(replica.log.lines) + replica.certificate.detail).includes(keyText));
});

void test('it looks again and again until it is stopped, and outlives a fault of its own', async (t) => {
  const cluster = new FakeCluster(start);
  const log = fakeOperationLog();
  let isFaulty = true;
  const certificate = new SelfManagedCertificate({
    secret: cluster.secretStore(),
    bundles: cluster.bundleStores(),
    names,
    install: () => undefined,
    count: () => undefined,
    log,
    now: () => {
      if (isFaulty) throw new Error('a fault');
      return cluster.now;
    },
    timing: { pollMs: 5 },
  });
  certificate.start();
  certificate.start();
  const within = { timeoutMs: 20_000, intervalMs: 5 };
  await waitFor(
    'the fault',
    () => log.lines.some(({ level, cause }) => level === 'error' && cause !== undefined),
    within,
  );
  isFaulty = false;
  await waitFor('the certificate', () => certificate.served, within);
  cluster.createConfigurations();
  await waitFor('the bundles', () => trustedBy(cluster).every((cas) => cas.length === 1), within);
  await certificate.stop();
  const { length } = cluster.operations;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(cluster.operations.length, length);
});
