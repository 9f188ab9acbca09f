import { readdirSync, readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import t from 'tap';

import { buildArguments } from './build-image.ts';
import { images } from './buildah.ts';
import { contentOf, digestOf, sizeOf, type Entry } from './image-content.ts';
import { connectImage } from './image-session.ts';

/** What is in the image, and what is not. */
const checkout = join(import.meta.dirname, '..', '..');
const image = await connectImage();
const everything = await contentOf(image.root);
const ours = everything.filter(({ path }) => path === '/app' || path.startsWith('/app/'));

const MEGABYTE = 1_000_000;
/** Twice of what it is: it should not grow unseen, and need not be a kilobyte smaller each time. */
const MOST_BYTES = 70 * MEGABYTE;

const paths = (entries: readonly Entry[]): readonly string[] => entries.map(({ path }) => path);
const filesBelow = (folder: string): readonly Entry[] =>
  ours.filter(({ path, type }) => type === 'file' && path.startsWith(`${folder}/`));

t.test('it adds one folder to its base and changes nothing else', async (t) => {
  const others = everything.filter((entry) => !ours.includes(entry));
  t.equal(digestOf(others), digestOf(await contentOf(image.baseRoot)));
  const top = ours.filter(({ path }) => path.split('/').length === 3);
  const expected = ['LICENSE', 'dist', 'examples', 'node_modules', 'package.json', 'policies', 'schemas'];
  t.strictSame(
    paths(top),
    expected.map((name) => `/app/${name}`),
  );
});

t.test('of the build only code: every source, and nothing else', (t) => {
  const names = readdirSync(join(checkout, 'src'), { recursive: true, encoding: 'utf8' });
  // The generator has put into another source what is for browsers.
  const sources = names.filter((name) => name.endsWith('.ts') && !name.startsWith('audit-output/html/browser/'));
  t.ok(sources.length > 100);
  t.strictSame(paths(filesBelow('/app/dist')), sources.map((name) => `/app/dist/${name.replace(/ts$/, 'js')}`).sort());
  t.end();
});

t.test('documents, schemas and examples are those of the checkout', async (t) => {
  for (const folder of ['policies', 'schemas', 'examples']) {
    // Tests of the policies are for who changes them.
    const own = (await contentOf(join(checkout, folder))).filter(
      ({ type, path }) => type === 'file' && !path.startsWith('/tests/'),
    );
    t.ok(own.length > 0, folder);
    t.strictSame(
      filesBelow(`/app/${folder}`).map(({ path, content }) => [path, content]),
      own.map(({ path, content }) => [`/app/${folder}${path}`, content]),
    );
  }
});

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** Folders of the packages that the lock file names for production. */
function lockedPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as Lock;
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path);
}

t.test('of packages those for production, without what only the Bare runtime loads; no dev dependency, no npm', (t) => {
  const manifest = /^\/app\/((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@]+)\/package\.json$/;
  const present = paths(ours).flatMap((path) => manifest.exec(path)?.[1] ?? []);
  const expected = lockedPackages().filter((path) => !/(?:^|\/)node_modules\/bare-/.test(path));
  t.strictSame([...present].sort(), [...expected].sort());
  const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  // Types come with libraries too, as packages that are empty here.
  const tools = Object.keys(devDependencies).filter((name) => name !== '@types/node');
  t.ok(tools.includes('typescript'));
  for (const name of ['npm', ...tools]) t.notOk(present.includes(`node_modules/${name}`), name);
  t.end();
});

t.test('each package keeps its licence', (t) => {
  const licence = /^(?:un)?licen[cs]e/i;
  for (const path of lockedPackages().filter((path) => !path.includes('node_modules/bare-'))) {
    const files = readdirSync(join(checkout, path)).filter((name) => licence.test(name));
    for (const file of files) t.ok(paths(ours).includes(`/app/${path}/${file}`), `${path}/${file}`);
  }
  t.end();
});

t.test('nothing that never runs: no types, source maps, tests, or papers of packages', (t) => {
  const idle = /\.(?:[cm]?ts|map|test\.js)$|\/(?:tests?|benchmarks?|docs|\.bin|\.github|\.package-lock\.json)(?:\/|$)/;
  t.strictSame(
    paths(ours).filter((path) => idle.test(path)),
    [],
  );
  t.end();
});

t.test('no native code: one build serves every platform', async (t) => {
  const magic = Buffer.alloc(4);
  for (const { path } of filesBelow('/app')) {
    const file = await open(join(image.root, path));
    await file.read(magic, 0, magic.length, 0);
    await file.close();
    if (magic.equals(Buffer.from('\x7fELF'))) t.fail(path);
  }
  t.strictSame(
    paths(ours).filter((path) => /\.(?:node|bare|so|dll|dylib|exe|wasm)$/.test(path)),
    ['/app/node_modules/undici/lib/llhttp/llhttp.wasm', '/app/node_modules/undici/lib/llhttp/llhttp_simd.wasm'].filter(
      (path) => paths(ours).includes(path),
    ),
  );
});

t.test('all of it is root’s, readable by everybody, writable by nobody else, and no setuid', (t) => {
  const kinds = new Set(ours.map(({ type, owner, mode }) => `${type} ${owner} ${mode}`));
  t.strictSame([...kinds].sort(), ['file 0:0 0644', 'folder 0:0 0755']);
  t.end();
});

t.test('no shell and no program but Node', (t) => {
  const programs = everything.filter(
    ({ type, mode, path }) => type === 'file' && isExecutable(mode) && !isLibrary(path),
  );
  t.strictSame(paths(programs), ['/nodejs/bin/node']);
  const names = /\/(?:ba|da|z|k|a)?sh$|\/(?:busybox|npm|npx|corepack|yarn)$/;
  t.strictSame(
    paths(everything).filter((path) => names.test(path)),
    [],
  );
  t.end();
});

function isExecutable(mode: string): boolean {
  return (Number.parseInt(mode, 8) & 0o111) !== 0;
}

function isLibrary(path: string): boolean {
  return /\/lib[^/]*\/.*\.so(?:\.\d+)*$/.test(path);
}

t.test('what npm was told of its registry has left no trace', async (t) => {
  t.match(await readFile(image.secrets.npmrc, 'utf8'), image.secrets.marker);
  const traces: string[] = [];
  for (const { path } of everything.filter(({ type }) => type === 'file')) {
    if ((await readFile(join(image.root, path))).includes(image.secrets.marker)) traces.push(path);
  }
  t.strictSame(traces, []);
  t.notMatch(JSON.stringify(image.description), image.secrets.marker);
  t.notMatch(JSON.stringify(image.description), '_auth');
});

t.test('it describes itself', (t) => {
  const { config } = image.description;
  t.match(config, {
    User: '65532:65532',
    Entrypoint: ['node', '--max-semi-space-size=4', '--v8-pool-size=1', '/app/dist/cli/main.js'],
    Cmd: ['serve'],
    WorkingDir: '/app',
    ExposedPorts: { '8443/tcp': {}, '8080/tcp': {} },
  });
  t.ok(config.Env.includes('MALLOC_MMAP_THRESHOLD_=131072'), 'large buffers are given back');
  const { license, description } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly license: string;
    readonly description: string;
  };
  const labels = Object.entries(config.Labels).filter(([key]) => key.startsWith('org.opencontainers.image.'));
  t.strictSame(
    Object.fromEntries(labels.map(([key, value]) => [key.replace('org.opencontainers.image.', ''), value])),
    {
      title: 'Tenantgate',
      description,
      licenses: license,
      source: buildArguments.SOURCE,
      version: buildArguments.VERSION,
      revision: buildArguments.REVISION,
      'base.name': images.runtime,
    },
  );
  t.end();
});

t.test('it is small', (t) => {
  const [all, own] = [sizeOf(everything), sizeOf(ours)];
  t.comment(`${(own / MEGABYTE).toFixed(1)} MB of ours, ${((all - own) / MEGABYTE).toFixed(1)} MB of its base`);
  t.ok(own < MOST_BYTES, `${own} bytes`);
  t.end();
});
