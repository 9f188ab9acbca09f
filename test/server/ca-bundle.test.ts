import { X509Certificate } from 'node:crypto';
import { test } from 'tap';

import { mendCaBundle, readCaBundle } from '../../src/server/ca-bundle.ts';
import { issueCertificate } from '../../src/server/issue-certificate.ts';
import { makePair } from '../../src/server/managed-pair.ts';

const now = new Date('2030-01-10T00:00:00Z');
const dayMs = 86_400_000;
const names = ['localhost'];
const ownAt = async (days: number): Promise<string> =>
  (await makePair(names, new Date(now.getTime() - days * dayMs), 90 * dayMs)).caCertificate;
const foreignAt = async (days: number): Promise<string> => {
  const made = new Date(now.getTime() - days * dayMs);
  return (await issueCertificate({ now: made, names, caName: 'CN=somebody', validMs: 90 * dayMs, backdateMs: 0 }))
    .caCertificate;
};
const [own, retired, other, foreign] = [await ownAt(0), await ownAt(60), await ownAt(1), await foreignAt(60)];

const mend = (present: string, needed: string, at = now) =>
  mendCaBundle(readCaBundle(present), readCaBundle(needed), at)?.map(({ pem }) => pem);

void test('a bundle is read as Go reads it: certificates count, and nothing else', (t) => {
  const windows = foreign.replaceAll('\n', '\r\n');
  const text = `# ours\n${own}text -----BEGIN CERTIFICATE-----\n${windows}${own}-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\nrest`;
  const [first, second, ...more] = readCaBundle(text);
  t.match(first, { pem: own, fingerprint: new X509Certificate(own).fingerprint256, isOwn: true });
  t.match(second, { fingerprint: new X509Certificate(foreign).fingerprint256, isOwn: false, subject: 'CN=somebody' });
  t.strictSame(more, [], 'a second copy and what cannot be parsed are left out');
  for (const empty of ['', '\n', 'nonsense', '-----END CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'])
    t.strictSame(readCaBundle(empty), []);
  t.end();
});

void test('a bundle that holds what is needed stays as it is', (t) => {
  t.equal(mend(own, own), undefined);
  t.equal(mend(`# a comment\n${own}`, own), undefined);
  t.equal(mend(`${retired}${foreign}${own}`, own), undefined, 'with those that may still be served by');
  t.equal(mend('', ''), undefined);
  t.end();
});

void test('what is needed is added, and nothing that is valid is taken away', (t) => {
  t.strictSame(mend('', own), [own]);
  t.strictSame(mend('nonsense', own), [own]);
  t.strictSame(mend(foreign, own), [foreign, own]);
  t.strictSame(mend(`${retired}${foreign}`, `${own}${other}`), [retired, foreign, own, other]);
  t.strictSame(mend(`${own}${retired}`, `${other}${own}`), [own, retired, other]);
  t.end();
});

void test('a CA is dropped a day after it has expired, whoever made it', async (t) => {
  const [early, late] = [await ownAt(90.9), await ownAt(91.1)];
  const [earlyForeign, lateForeign] = [await foreignAt(90.9), await foreignAt(91.1)];
  t.equal(mend(`${early}${earlyForeign}${own}`, own), undefined, 'clocks may be behind');
  t.strictSame(mend(`${late}${early}${lateForeign}${own}`, own), [early, own]);
  t.equal(mend(late, late), undefined, 'unless it is needed');
});

void test('of our own CAs that are no longer needed the eight latest stay', async (t) => {
  const many = await Promise.all([5, 9, 1, 7, 3, 8, 2, 6, 4, 10].map(ownAt));
  const [ninth, tenth] = [many[1]!, many[9]!];
  const kept = many.filter((ca) => ca !== ninth && ca !== tenth);
  t.strictSame(mend(`${many.join('')}${foreign}`, own), [...kept, foreign, own]);
  t.equal(mend(`${kept.join('')}${foreign}${own}`, own), undefined);
});
