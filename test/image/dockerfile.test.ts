import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import t from 'tap';

import { findHadolint } from './hadolint.ts';

const checkout = join(import.meta.dirname, '..', '..');
const dockerfile = readFileSync(join(checkout, 'Dockerfile'), 'utf8');

t.test('hadolint finds nothing to say', async (t) => {
  const hadolint = await findHadolint();
  if (!hadolint.ok) {
    if (process.env['CI'] === 'true') t.fail(hadolint.message);
    else t.pass('the Dockerfile is not linted', { skip: hadolint.message });
    return;
  }
  const broken = await hadolint.lint('FROM node\nRUN cd /app && sudo npm install\n');
  t.match(broken, /DL3006[^]*DL3004/, 'it does find faults');
  t.equal(await hadolint.lint(dockerfile), '');
});

t.test('both bases are pinned by digest, and have the Node of .nvmrc', (t) => {
  const bases = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)=(.*)$/gm)].map(([, name = '', image = '']) => ({
    name,
    image,
  }));
  t.strictSame(
    bases.map(({ name }) => name),
    ['BUILD_IMAGE', 'RUNTIME_IMAGE'],
  );
  const node = readFileSync(join(checkout, '.nvmrc'), 'utf8').trim();
  for (const { name, image } of bases) {
    t.match(image, /^[a-z0-9.-]+\/[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/, name);
    t.match(image, new RegExp(`/(?:node:|nodejs)${node}[.-]`), name);
  }
  const froms = [...dockerfile.matchAll(/^FROM (.*?)(?: AS .*)?$/gm)].map(([, from]) => from);
  t.strictSame(froms, [
    '--platform=$BUILDPLATFORM ${BUILD_IMAGE}',
    '--platform=$BUILDPLATFORM ${BUILD_IMAGE}',
    '${RUNTIME_IMAGE}',
  ]);
  t.end();
});
