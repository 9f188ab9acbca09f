import { accessSync, constants, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';

import { t as suite, test, type Test } from 'tap';

import { npm, registryProblem, runIn, type CommandEnding } from './npm.ts';

const root = join(import.meta.dirname, '../..');
const workspace = mkdtempSync(join(tmpdir(), 'tenantgate-package-'));
suite.teardown(() => {
  rmSync(workspace, { recursive: true, force: true });
});

interface PackedFile {
  readonly path: string;
}

/** Packs a copy of the sources, so that nobody else's build is replaced. */
async function pack(): Promise<{ readonly tarball: string; readonly files: readonly string[]; readonly copy: string }> {
  const copy = join(workspace, 'sources');
  for (const name of readdirSync(root)) {
    if (!['node_modules', 'dist', '.git', '.tap'].includes(name)) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const output = await npm(copy, 'pack', '--json', '--pack-destination', workspace);
  // What the build prints comes first.
  const [packed] = JSON.parse(output.slice(output.lastIndexOf('\n[') + 1)) as [
    { readonly filename: string; readonly files: readonly PackedFile[] },
  ];
  return { tarball: join(workspace, packed.filename), files: packed.files.map(({ path }) => path), copy };
}

/** The oldest Node that the package promises to run on, as a version of the npm package `node`. */
function oldestNode(): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
  return manifest.engines.node.replace('>=', '');
}

async function install(tarball: string): Promise<string> {
  const folder = join(workspace, 'installed');
  await npm(workspace, 'install', '--omit=dev', '--prefix', folder, tarball);
  return folder;
}

const packing = pack();
const problem = await registryProblem(workspace);
const installing = problem === undefined ? packing.then(({ tarball }) => install(tarball)) : undefined;
const oldest = join(workspace, 'oldest');
const fetching =
  problem === undefined
    ? npm(workspace, 'install', '--no-save', '--prefix', oldest, `node@${oldestNode()}`)
    : undefined;
// Awaited in tests below; until then a failure is nobody's.
for (const pending of [packing, installing, fetching]) pending?.catch(() => undefined);

/** Without the registry there is nothing to install from: said plainly, and a failure where everything must be tested. */
function needsRegistry(t: Test): boolean {
  if (problem === undefined) return true;
  const message = `The npm registry cannot be reached, so the package is not installed: ${problem}`;
  if ((process.env['CI'] ?? '') === 'true') t.fail(message);
  else t.pass('installed packages are not tested', { skip: message });
  return false;
}

/** Judges an attack and its good twin of the examples that came with the package. */
async function judgesExamples(t: Test, check: (...args: readonly string[]) => Promise<CommandEnding>): Promise<void> {
  const examples = 'node_modules/tenantgate/examples';
  const facts = ['--namespaces', `${examples}/cluster.yaml`];
  const good = await check(`${examples}/network/good.yaml`, ...facts);
  t.equal(good.code, 0, `${good.output}${good.errors}`);
  const attack = await check(`${examples}/network/attack.yaml`, ...facts, '--output', 'json');
  t.equal(attack.code, 1, attack.errors);
  t.match(JSON.parse(attack.output), { results: [{ rule: 'network/confined-peers' }] });
}

void test('the package holds what it runs with, and nothing else', async (t) => {
  const { files } = await packing;
  const folders = new Set(files.map((file) => (file.includes('/') ? file.slice(0, file.indexOf('/') + 1) : file)));
  t.strictSame(
    [...folders].sort(),
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist/', 'examples/', 'package.json', 'policies/', 'schemas/'].sort(),
  );
  t.strictSame(
    files.filter((file) => file.startsWith('dist/') && !/\.(?:js|js\.map|d\.ts)$/.test(file)),
    [],
    'of the build only code, its maps and its types',
  );
  t.strictSame(
    files.filter((file) => /(?:\.test\.|\.tgz$|tsbuildinfo|(?:^|\/)\.)/.test(file)),
    [],
  );
  // The generator has put into another source what is for browsers.
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('audit-output/html/browser/'),
  );
  t.strictSame(
    files.filter((file) => file.endsWith('.js')).sort(),
    sources.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`).sort(),
    'every source, and nothing left over from an older build',
  );
});

void test('source maps carry their sources and point to nothing outside', async (t) => {
  const { files, copy } = await packing;
  const maps = files.filter((file) => file.endsWith('.map'));
  t.ok(maps.length > 100);
  for (const file of maps) {
    const map = JSON.parse(readFileSync(join(copy, file), 'utf8')) as {
      readonly sourceRoot?: string;
      readonly sources: readonly string[];
      readonly sourcesContent?: readonly (string | null)[];
    };
    t.strictSame([map.sourceRoot, map.sourcesContent?.length], ['', map.sources.length], file);
    for (const source of map.sources) t.match(normalize(join(dirname(file), source)), /^src\//, file);
  }
});

void test('installed into an empty folder it runs with npx', async (t) => {
  if (!needsRegistry(t) || installing === undefined) return;
  const folder = await installing;
  const command = join(folder, 'node_modules/tenantgate/dist/cli/main.js');
  t.doesNotThrow(() => {
    accessSync(command, constants.X_OK);
  }, 'the command is executable');
  t.strictSame(
    ['typescript', 'tap', '@types/node'].filter((name) => readdirSync(join(folder, 'node_modules')).includes(name)),
    [],
    'no tool of ours comes with it',
  );
  await judgesExamples(t, (...args) => runIn(folder, 'npx', ['--no', 'tenantgate', 'check', ...args]));
  const demo = await runIn(folder, 'npx', ['--no', 'tenantgate', 'demo']);
  t.equal(demo.code, 0, `${demo.output}${demo.errors}`);
});

void test('the oldest Node that is promised runs it too', async (t) => {
  if (!needsRegistry(t) || installing === undefined) return;
  const [folder] = await Promise.all([installing, fetching]);
  const node = join(oldest, 'node_modules/.bin/node');
  const { output } = await runIn(folder, node, ['--version']);
  t.match(output, `v${oldestNode()}.`);
  const main = 'node_modules/tenantgate/dist/cli/main.js';
  await judgesExamples(t, (...args) => runIn(folder, node, [main, 'check', ...args]));
  const demo = await runIn(folder, node, [main, 'demo']);
  t.equal(demo.code, 0, `${demo.output}${demo.errors}`);
});
