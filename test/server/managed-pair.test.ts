import { X509Certificate } from 'node:crypto';
import { test } from 'tap';

import { issueCertificate } from '../../src/server/issue-certificate.ts';
import { covers, entriesOf, isOwnName, makePair, readPair, withoutSlot } from '../../src/server/managed-pair.ts';

const now = new Date('2030-01-10T00:00:00Z');
const dayMs = 86_400_000;
const names = ['tenantgate.tenantgate-system.svc', '10.0.0.7', 'fd00::7'];
const pair = await makePair(names, now, 90 * dayMs);
const other = await makePair(names, now, 90 * dayMs);
const foreign = await issueCertificate({ now, names, caName: 'CN=somebody', validMs: dayMs, backdateMs: 0 });

void test('a pair that was made is read back as it is, from either slot', (t) => {
  for (const slot of ['current', 'next'] as const) {
    const reading = readPair({ ...entriesOf(pair, slot), another: 'entry' }, slot);
    t.strictSame(reading, { state: 'usable', pair }, slot);
    t.strictSame(readPair(entriesOf(pair, slot), slot === 'next' ? 'current' : 'next'), { state: 'absent' });
    t.strictSame(
      Object.keys(withoutSlot(slot)).sort(),
      Object.keys(entriesOf(pair, slot)).sort(),
      'what is taken out is what was put in',
    );
  }
  t.strictSame(Object.keys(entriesOf(pair, 'current')).sort(), ['ca.crt', 'tls.crt', 'tls.key']);
  t.end();
});

void test('a pair is valid from an hour ago on, for its names alone, under a CA of its own', (t) => {
  t.equal(pair.notBefore.toISOString(), '2030-01-09T23:00:00.000Z');
  t.equal(pair.notAfter.getTime(), now.getTime() + 90 * dayMs);
  t.not(pair.caFingerprint, other.caFingerprint);
  const ca = new X509Certificate(pair.caCertificate);
  t.ok(isOwnName(ca.subject));
  t.notOk(isOwnName('CN=O=tenantgate.dev'));
  t.notOk(isOwnName('O=tenantgate.dev.example\nCN=x'));
  t.ok(covers(pair, names));
  t.ok(covers(pair, ['FD00:0::7', 'TENANTGATE.tenantgate-system.svc']));
  for (const name of ['tenantgate', 'localhost', '10.0.0.8', 'fd00::8']) t.notOk(covers(pair, [names[0]!, name]), name);
  t.end();
});

void test('names are read as they can be given again', async (t) => {
  const again = await makePair(pair.names, now, dayMs);
  t.ok(covers(again, names));
  t.strictSame(again.names, pair.names);
});

void test('what cannot be served is broken, and what somebody else has made is foreign; no key is told', (t) => {
  const good = entriesOf(pair, 'current');
  const theirs = entriesOf(foreign, 'current');
  const elsewhere = entriesOf(other, 'current');
  const cases = [
    ['broken', 'no certificate', { 'tls.crt': '' }],
    ['broken', 'no certificate', { 'tls.crt': 'nonsense' }],
    ['broken', 'no certificate', { 'tls.crt': good['tls.key'] }],
    ['broken', 'not the CA', { 'ca.crt': '' }],
    ['broken', 'not the CA', { 'ca.crt': 'nonsense' }],
    ['broken', 'not the CA', { 'ca.crt': elsewhere['ca.crt'] }],
    ['broken', 'not the CA', { 'ca.crt': good['tls.crt'] }],
    ['broken', 'not usable PEM', { 'tls.key': '' }],
    ['broken', 'not usable PEM', { 'tls.key': 'nonsense' }],
    ['broken', 'does not belong', { 'tls.key': elsewhere['tls.key'] }],
    ['broken', 'longer than 65536', { 'tls.key': 'x'.repeat(65_537) }],
    ['foreign', 'issued by "CN=somebody"', theirs],
    ['foreign', 'issued by "CN=somebody"', { 'tls.crt': theirs['tls.crt'] }],
  ] as const;
  for (const [state, reason, change] of cases) {
    const reading = readPair({ ...good, ...(change as Record<string, string>) }, 'current');
    t.match(reading, { state, reason: new RegExp(reason) }, `${state}: ${reason}`);
    t.notMatch(JSON.stringify(reading), /PRIVATE KEY/);
  }
  for (const key of ['tls.crt', 'tls.key', 'ca.crt']) {
    const half = Object.fromEntries(Object.entries(good).filter(([name]) => name !== key));
    t.equal(readPair(half, 'current').state, 'broken', `without ${key}`);
  }
  t.strictSame(readPair({}, 'current'), { state: 'absent' });
  t.strictSame(readPair({ 'tls.crt': '', 'tls.key': '', 'ca.crt': '' }, 'current'), { state: 'absent' });
  t.strictSame(readPair(Object.create(good) as Record<string, string>, 'current'), { state: 'absent' }, 'inherited');
  t.end();
});
