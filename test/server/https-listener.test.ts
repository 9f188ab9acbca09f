import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';

import { tooBusy, type Answer, type CallBounds } from '../../src/admission/ports.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { createHttpsListener } from '../../src/server/https-listener.ts';
import { fakeAdmissionService, fakeFaultCounter, fakeOperationLog } from '../support/fake-admission-service.ts';
import { listenForTest } from './listening-app.ts';
import { createClientAuthority, openClient, post, startLoad } from './tls-client.ts';

const material = await createDevelopmentCertificate({ now: new Date() });
const ca = material.caCertificate;

/** A service whose answers the test gives one by one. */
function heldService() {
  const calls: { answer: (answer: Answer) => void; bounds: CallBounds }[] = [];
  const service = fakeAdmissionService((_body, boundsOf) => {
    const bounds = boundsOf();
    if (bounds === undefined) return tooBusy;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    calls.push({ answer: resolve, bounds });
    return promise;
  });
  return { service, calls };
}

/** Waits for something that must come; the test's own timeout is the bound. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(2);
}

void test('the webhook speaks TLS 1.3 and HTTP/1.1 and keeps the connection', async (t) => {
  const { port } = await listenForTest(t, { material });
  const client = await openClient(port, ca, { ALPNProtocols: ['h2', 'http/1.1'] });
  t.equal(client.socket.getProtocol(), 'TLSv1.3');
  t.equal(client.socket.alpnProtocol, 'http/1.1');
  t.same(await client.ask('/validate'), { statusCode: 200, body: '{"path":"validate"}', isLast: false });
  t.same(await client.ask('/mutate'), { statusCode: 200, body: '{"path":"mutate"}', isLast: false });
});

void test('TLS 1.2 is refused unless allowed, and then AEAD only', async (t) => {
  const strict = await listenForTest(t, { material });
  await t.rejects(openClient(strict.port, ca, { maxVersion: 'TLSv1.2' }));
  await until(() => strict.faults.kinds.length > 0);
  t.same(strict.faults.kinds, ['tls-handshake']);
  t.match(strict.log.lines, [{ level: 'warn', message: /handshake/ }]);
  const lenient = await listenForTest(t, { material, minimumTlsVersion: 'TLSv1.2' });
  const client = await openClient(lenient.port, ca, { maxVersion: 'TLSv1.2' });
  t.match(client.socket.getCipher().name, /GCM/);
  const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const;
  await t.rejects(openClient(lenient.port, ca, cbc));
});

void test('with a client CA only its certificates are let in, and of those only the allowed names', async (t) => {
  const authority = await createClientAuthority();
  const foreign = await createClientAuthority();
  const { service } = { service: fakeAdmissionService() };
  const { port, faults } = await listenForTest(t, {
    material: { ...material, clientCa: authority.ca },
    clientNames: ['kube-apiserver'],
    service,
  });
  const client = await openClient(port, ca, await authority.issue('kube-apiserver'));
  t.equal((await client.ask('/validate')).statusCode, 200);
  const strangers = [
    ['no certificate', {}],
    ['another CA', await foreign.issue('kube-apiserver')],
    ['another name', await authority.issue('kubelet')],
  ] as const;
  for (const [name, certificate] of strangers) {
    // In TLS 1.3 the client's handshake is over before the server has seen its certificate.
    await t.rejects(
      openClient(port, ca, certificate).then((stranger) => stranger.ask('/validate')),
      name,
    );
  }
  t.equal(service.validated.length, 1, 'no stranger reached the service');
  await until(() => faults.kinds.length === 3);
  t.same(faults.kinds, ['tls-handshake', 'tls-handshake', 'client-refused']);
});

void test('every certificate of the client CA is let in where no names are given', async (t) => {
  const authority = await createClientAuthority();
  const { port } = await listenForTest(t, { material: { ...material, clientCa: authority.ca } });
  const client = await openClient(port, ca, await authority.issue('anybody'));
  t.equal((await client.ask('/validate')).statusCode, 200);
});

void test('names without a client CA, and a client CA that comes or goes, are refused', async (t) => {
  const deps = { faults: fakeFaultCounter(), log: fakeOperationLog(), handler: () => undefined };
  t.throws(() => createHttpsListener({ ...deps, material, clientNames: ['x'] }), /client CA/);
  const { listener } = await listenForTest(t, { material });
  t.throws(() => {
    listener.useMaterial({ ...material, clientCa: ca });
  }, /client CA/);
});

void test('a port in use is told', async (t) => {
  const { port } = await listenForTest(t, { material });
  const deps = { faults: fakeFaultCounter(), log: fakeOperationLog(), handler: () => undefined };
  const second = createHttpsListener({ ...deps, material });
  await t.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
});

void test('no request is lost when a replica drains under the load of 25 connections', async (t) => {
  // Long enough for the slowest machine to switch before the listener closes.
  const limits = { drainMs: 3_000, graceMs: 5_000, closeMs: 10_000 };
  const brief = { drainMs: 1, closeMs: 2_000 };
  const successor = await listenForTest(t, { material, limits: brief });
  let isDraining = false;
  const leaving = await listenForTest(t, {
    material,
    limits,
    onDraining: () => {
      isDraining = true;
    },
  });
  // New connections still reach the leaving replica for a while: endpoints are slower than readiness.
  let target = leaving.port;
  const load = startLoad(25, () => target, ca);
  await until(() => load.report.answered > 500);
  t.equal(load.report.toldToClose, 0);
  const drained = leaving.listener.drain();
  t.ok(isDraining, 'readiness goes first');
  await until(() => load.report.toldToClose > 10);
  target = successor.port;
  const answered = load.report.answered;
  await drained;
  await until(() => load.report.answered > answered + 500);
  const report = await load.stop();
  t.equal(report.lost, 0);
  t.ok(report.connections > 25 + 10, 'connections were recycled while new ones were still taken');
  await t.rejects(openClient(leaving.port, ca), { code: 'ECONNREFUSED' });
});

void test('a request in flight when the drain begins is answered although the listener is closed by then', async (t) => {
  const { service, calls } = heldService();
  const { port, listener } = await listenForTest(t, { material, service, limits: { closeMs: 5_000 } });
  const client = await openClient(port, ca);
  const asked = client.ask('/validate');
  await until(() => calls.length === 1);
  const drained = listener.drain();
  t.equal(listener.drain(), drained, 'a second stop is the same stop');
  await delay(50);
  await t.rejects(openClient(port, ca), { code: 'ECONNREFUSED' });
  calls[0]!.answer({ statusCode: 200, body: '{}' });
  t.equal((await asked).statusCode, 200);
  await drained;
  await client.closed;
});

void test('idle connections do not hold the drain up', async (t) => {
  const { port, listener } = await listenForTest(t, { material, limits: { closeMs: 60_000 } });
  const client = await openClient(port, ca);
  await client.ask('/validate');
  await listener.drain();
  await client.closed;
  t.pass('drained long before the deadline');
});

void test('a request that never ends is cut off at the deadline of the drain', async (t) => {
  const { service, calls } = heldService();
  const { port, listener } = await listenForTest(t, { material, service, limits: { closeMs: 50 } });
  const client = await openClient(port, ca);
  const asked = client.ask('/validate');
  await until(() => calls.length === 1);
  const { signal } = calls[0]!.bounds;
  await Promise.all([t.rejects(asked), listener.drain()]);
  await until(() => signal.aborted);
});

void test('a listener that never listened stops at once', async (t) => {
  const deps = { faults: fakeFaultCounter(), log: fakeOperationLog(), handler: () => undefined };
  await createHttpsListener({ ...deps, material, limits: { drainMs: 60_000 } }).drain();
  t.pass('no wait');
});

void test('clients that send slowly on purpose are answered 408 and cut off, even when they stay', async (t) => {
  const limits = { headersMs: 60, requestMs: 120 };
  const slow = {
    headers: 'POST /validate HTTP/1.1\r\nHost: x\r\nX-A: b',
    body: 'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":',
  };
  for (const [name, text] of Object.entries(slow)) {
    const service = fakeAdmissionService();
    const { port, faults } = await listenForTest(t, { material, limits, service });
    const client = await openClient(port, ca, { allowHalfOpen: true });
    client.socket.write(text);
    const dribble = setInterval(() => client.socket.writable && client.socket.write('x'), 30);
    await client.closed;
    clearInterval(dribble);
    t.match(client.received(), /^HTTP\/1.1 408 [^]*"code":"slow-request"/, name);
    t.same(faults.kinds, ['slow-request'], name);
    t.equal(service.validated.length, 0, name);
  }
});

void test('a spare connection is not cut off as a slow one, but as an idle one', async (t) => {
  const { port, faults } = await listenForTest(t, {
    material,
    limits: { headersMs: 30, requestMs: 30, keepAliveMs: 300 },
  });
  const spare = await openClient(port, ca);
  await delay(150);
  t.equal((await spare.ask('/validate')).statusCode, 200, 'used after the time for headers');
  const unused = await openClient(port, ca);
  await unused.closed;
  t.equal(unused.received(), '', 'nothing is said on a connection that nobody used');
  t.same(faults.kinds, []);
});

void test('half-closed clients are answered when their request is whole, and let go when it is not', async (t) => {
  const { port, faults } = await listenForTest(t, { material });
  const whole = await openClient(port, ca, { allowHalfOpen: true });
  whole.socket.end(post('/validate', '{}'));
  await whole.closed;
  t.match(whole.received(), /^HTTP\/1.1 200 OK/);
  const partial = await openClient(port, ca, { allowHalfOpen: true });
  partial.socket.end(post('/validate', '{}').slice(0, -1));
  await partial.closed;
  t.match(partial.received(), /^HTTP\/1.1 400 [^]*"code":"request-aborted"/);
  t.same(faults.kinds, ['request-aborted']);
});

void test('a client that goes away while it sends leaves nothing behind but a count', async (t) => {
  const service = fakeAdmissionService();
  const { port, faults, log } = await listenForTest(t, { material, service, app: { maxInFlight: 1 } });
  const gone = await openClient(port, ca);
  gone.socket.write(
    'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":',
  );
  await delay(30);
  gone.socket.destroy();
  await until(() => faults.kinds.length > 0);
  t.same(faults.kinds, ['request-aborted']);
  t.same(log.lines, []);
  const client = await openClient(port, ca);
  t.equal((await client.ask('/validate')).statusCode, 200, 'its place is free again');
  t.equal(service.validated.length, 1);
});

void test('work for a client that is gone is told to stop, and its late answer is dropped', async (t) => {
  const { service, calls } = heldService();
  const { port, faults, log } = await listenForTest(t, { material, service });
  const client = await openClient(port, ca);
  const asked = client.ask('/validate');
  await until(() => calls.length === 1);
  const { signal } = calls[0]!.bounds;
  client.socket.destroy();
  await t.rejects(asked);
  await until(() => signal.aborted);
  calls[0]!.answer({ statusCode: 200, body: '{}' });
  await delay(10);
  t.same([faults.kinds, log.lines], [[], []]);
});

void test('what is no HTTP, or has too many headers, is answered and the connection ended', async (t) => {
  const cases = [
    ['GARBAGE\r\n\r\n', /^HTTP\/1.1 400 [^]*"code":"malformed-request"/, 'malformed-request'],
    ['POST /validate HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /, undefined],
    [
      `POST /validate HTTP/1.1\r\nHost: x\r\nX-A: ${'b'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
      'headers-too-large',
    ],
  ] as const;
  for (const [text, expected, fault] of cases) {
    const { port, faults } = await listenForTest(t, { material });
    const client = await openClient(port, ca);
    client.socket.write(text);
    await client.closed;
    t.match(client.received(), expected);
    if (fault !== undefined) t.same(faults.kinds, [fault]);
  }
});

void test('a body over the limit is refused while it is still being sent, and the connection stays usable', async (t) => {
  const service = fakeAdmissionService();
  const { port, faults } = await listenForTest(t, { material, service, app: { bodyLimitBytes: 1_000 } });
  const client = await openClient(port, ca);
  const declared = await client.ask('/validate', 'x'.repeat(200_000));
  t.equal(declared.statusCode, 413);
  t.equal((await client.ask('/validate')).statusCode, 200);
  const chunk = `${(500).toString(16)}\r\n${'x'.repeat(500)}\r\n`;
  client.socket.write(
    'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  client.socket.write(chunk.repeat(3));
  await until(() => client.received().includes('body-too-large'));
  t.same(faults.kinds, ['body-too-large', 'body-too-large']);
  t.equal(service.validated.length, 1);
});

void test('calls over the bound of those that wait are shed', async (t) => {
  const { service, calls } = heldService();
  const { port, faults } = await listenForTest(t, { material, service, app: { maxInFlight: 1 } });
  const busy = await openClient(port, ca);
  const asked = busy.ask('/validate');
  await until(() => calls.length === 1);
  const client = await openClient(port, ca);
  client.socket.write(post('/validate', '{}'));
  await until(() => client.received().includes('overloaded'));
  t.match(client.received(), /^HTTP\/1.1 503 [^]*Retry-After: 1\r\n/);
  t.same(faults.kinds, ['request-shed']);
  calls[0]!.answer({ statusCode: 200, body: '{}' });
  t.equal((await asked).statusCode, 200);
});

void test('when the queue stands, calls that come up late are shed, and afterwards all are answered', async (t) => {
  const service = fakeAdmissionService(() => {
    const endMs = performance.now() + 1;
    while (performance.now() < endMs);
    return { statusCode: 200, body: '{}' };
  });
  const { port, faults } = await listenForTest(t, { material, service, app: { maxQueueMs: 10 } });
  const clients = await Promise.all(Array.from({ length: 80 }, () => openClient(port, ca)));
  const codes: number[] = [];
  // Each asks again at once: turn follows turn, and each takes several times the bound.
  await Promise.all(
    clients.map(async (client) => {
      for (let round = 0; round < 4; round += 1) {
        const { statusCode, isLast } = await client.ask('/validate');
        codes.push(statusCode);
        t.notOk(isLast, 'the connection is kept: another would cost more than the answer');
      }
    }),
  );
  const shed = codes.filter((code) => code === 503).length;
  t.equal(codes.length, 320, 'none is lost');
  t.ok(shed > 0 && shed < 320, `${shed} shed`);
  t.equal(codes.filter((code) => code === 200).length, 320 - shed);
  t.equal(faults.kinds.filter((kind) => kind === 'request-shed').length, shed);
  for (const client of clients) t.equal((await client.ask('/validate')).statusCode, 200);
});

void test('when there is no room for bodies, the one that has been arriving for longest is told to come again', async (t) => {
  const { port, faults } = await listenForTest(t, { material, app: { maxBytes: 1_000 } });
  const stalled = await openClient(port, ca);
  const whole = post('/validate', 'x'.repeat(900));
  stalled.socket.write(whole.slice(0, -1));
  await delay(50);
  const second = await openClient(port, ca);
  second.socket.write(whole.slice(0, -1));
  await until(() => stalled.received().includes('overloaded'));
  t.match(stalled.received(), /^HTTP\/1.1 503 [^]*Retry-After: 1\r\n/);
  t.same(faults.kinds, ['request-shed']);
  second.socket.write('x');
  await until(() => second.received().includes('HTTP/1.1 200'));
});

void test('stalled connections make room for new ones, and a request that is being judged is never lost to it', async (t) => {
  const { service, calls } = heldService();
  const { port, faults } = await listenForTest(t, { material, service, limits: { maxConnections: 6 } });
  const busy = await openClient(port, ca);
  const asked = busy.ask('/validate');
  await until(() => calls.length === 1);
  for (let round = 0; round < 5; round += 1) {
    const plain = connect(port, '127.0.0.1');
    plain.on('error', () => undefined);
    await once(plain, 'connect');
    const half = await openClient(port, ca);
    half.socket.write('POST /validate HTTP/1.1\r\nHost: x\r\n');
    const body = await openClient(port, ca);
    body.socket.write(post('/validate', '{}').slice(0, -1));
    const good = await openClient(port, ca);
    const answer = good.ask('/validate');
    await until(() => calls.length === round + 2);
    calls[round + 1]!.answer({ statusCode: 200, body: '{"good":true}' });
    t.equal((await answer).body, '{"good":true}');
  }
  t.ok(faults.kinds.filter((kind) => kind === 'connection-evicted').length >= 10);
  t.notOk(faults.kinds.includes('connection-dropped'));
  calls[0]!.answer({ statusCode: 200, body: '{"busy":true}' });
  t.equal((await asked).body, '{"busy":true}');
});

void test('when all connections are in use, new ones are dropped and counted', async (t) => {
  const { service, calls } = heldService();
  const { port, faults } = await listenForTest(t, { material, service, limits: { maxConnections: 1 } });
  const busy = await openClient(port, ca);
  const asked = busy.ask('/validate');
  await until(() => calls.length === 1);
  await t.rejects(openClient(port, ca));
  t.same(faults.kinds, ['connection-dropped']);
  calls[0]!.answer({ statusCode: 200, body: '{}' });
  t.equal((await asked).statusCode, 200);
});

void test('a client that connects and says nothing is ended after the time for a handshake', async (t) => {
  const { port, faults } = await listenForTest(t, { material, limits: { handshakeMs: 50 } });
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'close');
  t.same(faults.kinds, ['tls-handshake']);
  const gone = connect(port, '127.0.0.1');
  await once(gone, 'connect');
  gone.end();
  await once(gone, 'close');
  t.same(faults.kinds, ['tls-handshake'], 'who leaves without a word is no fault');
});

void test('half-sent requests do not hold up the stop; those that are judged do', async (t) => {
  const { service, calls } = heldService();
  const forEver = {
    headersMs: 600_000,
    requestMs: 600_000,
    handshakeMs: 600_000,
    keepAliveMs: 600_000,
    closeMs: 600_000,
  };
  const { port, listener } = await listenForTest(t, { material, service, limits: { ...forEver, graceMs: 50 } });
  const stalled = ['headers', 'body', 'nothing'].map(async (what) => {
    const client = await openClient(port, ca);
    const text = what === 'headers' ? 'POST /validate HTTP/1.1\r\nHost: x\r\n' : post('/validate', '{}').slice(0, -1);
    if (what !== 'nothing') client.socket.write(text);
    return client;
  });
  const clients = await Promise.all(stalled);
  const plain = connect(port, '127.0.0.1');
  plain.on('error', () => undefined);
  const plainClosed = once(plain, 'close');
  const busy = await openClient(port, ca);
  const asked = busy.ask('/validate');
  await until(() => calls.length === 1);
  const drained = listener.drain();
  await Promise.all([plainClosed, ...clients.map(({ closed }) => closed)]);
  calls[0]!.answer({ statusCode: 200, body: '{"judged":true}' });
  t.equal((await asked).body, '{"judged":true}');
  await drained;
});
