import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';

import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { checkServingCertificate, readServingCertificate } from '../../src/server/serving-certificate.ts';

const now = new Date('2030-01-10T00:00:00Z');
const good = await createDevelopmentCertificate({ now });
const other = await createDevelopmentCertificate({ now });

void test('a pair that belongs together is taken, with its end and fingerprint', (t) => {
  const reading = checkServingCertificate({ ...good, clientCa: other.caCertificate }, now);
  t.match(reading, {
    ok: true,
    value: { notAfter: new Date('2030-02-09T00:00:00Z'), fingerprint: /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/ },
  });
  t.end();
});

void test('what cannot be served is refused with its reason, without key material', (t) => {
  const cases = [
    ['certificate-key-mismatch', { certificate: good.certificate, key: other.key }, now],
    ['certificate-expired', good, new Date('2030-02-10T00:00:00Z')],
    ['certificate-not-yet-valid', good, new Date('2030-01-09T00:00:00Z')],
    ['certificate-malformed', { certificate: 'nonsense', key: good.key }, now],
    ['certificate-malformed', { certificate: good.certificate, key: 'nonsense' }, now],
    ['certificate-malformed', { certificate: '', key: '' }, now],
    ['certificate-malformed', { ...good, clientCa: '' }, now],
    ['certificate-malformed', { ...good, clientCa: `${other.caCertificate}\nnonsense` }, now],
  ] as const;
  for (const [code, material, at] of cases) {
    const reading = checkServingCertificate(material, at);
    t.match(reading, { ok: false, error: { code, message: /\.$/ } }, code);
    t.notMatch(JSON.stringify(reading), /PRIVATE KEY/);
  }
  t.end();
});

void test('files are bounded in size before they are parsed, and named when they cannot be read', (t) => {
  const folder = t.testdir({ 'tls.crt': good.certificate, 'tls.key': good.key });
  const certificate = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  t.ok(readServingCertificate({ certificate, key }, now).ok);
  const missing = readServingCertificate({ certificate, key, clientCa: join(folder, 'ca.crt') }, now);
  t.match(missing, { ok: false, error: { code: 'certificate-unreadable', message: /ca\.crt.*ENOENT/ } });
  writeFileSync(certificate, good.certificate.padEnd(262_145, '\n'));
  t.match(readServingCertificate({ certificate, key }, now), { ok: false, error: { code: 'certificate-too-large' } });
  t.match(readServingCertificate({ certificate: folder, key }, now), {
    ok: false,
    error: { code: 'certificate-unreadable' },
  });
  t.end();
});
