import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';

import { openClientCaFile } from '../../src/server/client-ca-file.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { waitFor } from '../cluster/wait-for.ts';

const now = new Date();
const [first, second] = [await createDevelopmentCertificate({ now }), await createDevelopmentCertificate({ now })];

const until = (what: string, isTrue: () => boolean) => waitFor(what, isTrue, { timeoutMs: 20_000, intervalMs: 2 });

void test('a client CA that changes is taken; one that is wrong changes nothing and is told once', async (t) => {
  const path = join(t.testdir({ 'ca.crt': first.caCertificate }), 'ca.crt');
  const reports: (string | undefined)[] = [];
  let isRefused = false;
  let installs = 0;
  const opened = openClientCaFile({
    path,
    pollMs: 5,
    install: () => {
      if (isRefused) throw new Error('TLS says no');
      installs += 1;
    },
    report: (problem) => reports.push(problem),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const file = opened.value;
  t.teardown(() => {
    file.stop();
  });
  t.strictSame([file.current(), file.problem()], [first.caCertificate, undefined]);
  writeFileSync(path, 'nonsense');
  await until('the fault', () => file.problem() !== undefined);
  t.match(file.problem(), /client CA in .* is not usable PEM/);
  t.equal(file.current(), first.caCertificate);
  rmSync(path);
  await until('another fault', () => (file.problem() ?? '').includes('cannot be read'));
  writeFileSync(path, second.caCertificate);
  await until('the second CA', () => file.current() === second.caCertificate);
  t.strictSame([file.problem(), installs], [undefined, 1]);
  isRefused = true;
  writeFileSync(path, first.caCertificate);
  await until('the refusal', () => file.problem() !== undefined);
  t.match(file.problem(), /could not be taken into service: TLS says no/);
  t.equal(file.current(), second.caCertificate);
  isRefused = false;
  await until('the first CA', () => file.current() === first.caCertificate);
  file.stop();
  t.match(reports, [/not usable PEM/, /cannot be read/, undefined, /TLS says no/, undefined]);
  t.equal(reports.length, 5);
});

void test('without a usable CA it does not open', (t) => {
  const folder = t.testdir({ empty: '', nonsense: `${first.caCertificate}nonsense` });
  for (const name of ['missing', 'empty', 'nonsense']) {
    const opened = openClientCaFile({ path: join(folder, name), install: () => undefined, report: () => undefined });
    t.match(opened, { ok: false, error: { message: /\.$/ } }, name);
  }
  t.end();
});
