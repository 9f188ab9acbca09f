import { chmodSync, cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import t from 'tap';

import { buildImage, mountImage } from './build-image.ts';
import { buildahIn } from './buildah.ts';
import { contentOf, digestOf } from './image-content.ts';
import { connectImage } from './image-session.ts';

/** The same tree in another place: other times, other modes, and secrets lying about. */
const image = await connectImage();
const checkout = join(import.meta.dirname, '..', '..');
const buildah = buildahIn(image.folder);
const copy = join(image.folder, 'elsewhere');

const SECRETS = ['.env', '.npmrc', 'tls.key', 'src/.env.local', 'policies/tls.key', 'examples/ca.pem', 'secrets/token'];

for (const name of readdirSync(checkout)) {
  if (['node_modules', 'dist', '.git', '.tap'].includes(name)) continue;
  cpSync(join(checkout, name), join(copy, name), { recursive: true });
}
for (const path of readdirSync(copy, { recursive: true, encoding: 'utf8' }).map((name) => join(copy, name))) {
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  chmodSync(path, 0o770);
}
for (const name of ['node_modules/left-over', 'secrets']) mkdirSync(join(copy, name), { recursive: true });
for (const path of [...SECRETS, 'node_modules/left-over/index.js']) writeFileSync(join(copy, path), 'secret');

t.test('only what the build needs goes to it', async (t) => {
  const file = join(image.folder, 'Dockerfile.context');
  writeFileSync(file, 'FROM scratch\nCOPY . /\n');
  await buildah(['build', '--tag', 'localhost/context', '--file', file, copy]);
  const context = await contentOf(await mountImage(buildah, 'localhost/context'));
  const top = context.map(({ path }) => path).filter((path) => path.lastIndexOf('/') === 0);
  t.strictSame(top, [
    ...['/LICENSE', '/examples', '/package-lock.json', '/package.json', '/policies', '/schemas', '/src'],
    ...['/tsconfig.build.json', '/tsconfig.json'],
  ]);
  const secrets = new Set(SECRETS.map((path) => `/${path}`));
  t.strictSame(
    context.filter(({ path }) => secrets.has(path)),
    [],
  );
});

t.test('the same tree gives the same image, wherever and whenever it is built', async (t) => {
  const tag = 'localhost/tenantgate-again';
  const id = await buildImage(buildah, { context: copy, tag, secrets: image.secrets });
  const [first, second] = [await contentOf(image.root), await contentOf(await mountImage(buildah, tag))];
  t.strictSame(second, first);
  t.comment(`content digest sha256:${digestOf(first)}, image ${image.id}`);
  t.equal(id, image.id, 'layers, configuration and history too');
});
