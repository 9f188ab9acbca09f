import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import t from 'tap';

import { rules } from '../../src/policy/rules/index.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { runInImage, startContainer } from './container.ts';
import { connectImage } from './image-session.ts';

/** Commands in the image, run as its user in a container without a writable file. */
const image = await connectImage();
const checkout = join(import.meta.dirname, '..', '..');

t.test('--version', async (t) => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { readonly version: string };
  t.strictSame(await runInImage(image, { args: ['--version'] }), { code: 0, output: `${version}\n`, errors: '' });
});

t.test('rules: the whole catalogue', async (t) => {
  const { code, output, errors } = await runInImage(image, { args: ['rules', '--output', 'json'] });
  t.strictSame([code, errors], [0, '']);
  const ids = (JSON.parse(output) as readonly { readonly id: string }[]).map(({ id }) => id);
  t.strictSame(
    ids,
    rules.map(({ id }) => id),
  );
});

t.test('check: a mounted folder is judged', async (t) => {
  const mount = join(checkout, 'examples');
  const facts = ['--namespaces', join(mount, 'cluster.yaml')];
  const good = await runInImage(image, { mount, args: ['check', join(mount, 'network/good.yaml'), ...facts] });
  t.equal(good.code, 0, good.output + good.errors);
  const attack = await runInImage(image, { mount, args: ['check', join(mount, 'network/attack.yaml'), ...facts] });
  t.equal(attack.code, 1, attack.errors);
  t.match(attack.output, 'network/confined-peers');
});

t.test('demo: the webhook in development mode', async (t) => {
  const { code, output, errors } = await runInImage(image, { args: ['demo'] });
  t.equal(code, 0, output + errors);
});

t.test('it runs as process 1 of the image’s user, with no right beyond', async (t) => {
  const container = await startContainer(image, {}, ['ignore', 'pipe', 'pipe']);
  let said = '';
  container.process.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  container.process.stdout?.resume();
  await waitFor('the server', () => said.includes('caBundle: '), { timeoutMs: 30_000 });
  const status = readFileSync(`/proc/${await container.hostPid()}/status`, 'utf8');
  t.match(status, /^NSpid:\t\d+\t1$/m);
  t.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);
  t.match(status, /^Gid:\t65532\t65532\t65532\t65532$/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    t.match(status, `\n${set}:\t0000000000000000\n`);
  t.match(status, /^NoNewPrivs:\t1$/m);
  container.process.kill('SIGTERM');
  const code = await new Promise((resolve) => container.process.once('exit', resolve));
  t.equal(code, 0);
});

t.test('SIGTERM ends every command, although process 1 is spared what it does not handle', async (t) => {
  const container = await startContainer(image, { args: ['check', '-'] }, ['pipe', 'ignore', 'ignore']);
  const ended = new Promise((resolve) => container.process.once('exit', resolve));
  // What comes before Node runs is lost, as it is to everybody: asked again until it is heard.
  const again = setInterval(() => container.process.kill('SIGTERM'), 200);
  const code = await Promise.race([ended, delay(20_000, 'it runs on', { ref: false })]);
  clearInterval(again);
  container.process.stdin?.end();
  t.equal(code, 143);
});

/** Prints every path that the kernel lets this user write. */
const LIST_WRITABLE = `
  const { accessSync, constants, readdirSync } = require('node:fs');
  const can = (path, mode) => { try { accessSync(path, mode); return true; } catch { return false; } };
  const visit = (folder) => readdirSync(folder || '/', { withFileTypes: true }).flatMap((entry) => {
    const path = folder + '/' + entry.name;
    if (['/proc', '/dev'].includes(path)) return [];
    const own = can(path, constants.W_OK) ? [path] : [];
    return entry.isDirectory() && can(path, constants.R_OK | constants.X_OK) ? [...own, ...visit(path)] : own;
  });
  process.stdout.write(JSON.stringify(visit('')));
`;

t.test('even with a writable root its user can write to nothing of ours', async (t) => {
  const entrypoint = ['node', '-e', LIST_WRITABLE];
  const { code, output, errors } = await runInImage(image, { entrypoint, args: [], isRootReadOnly: false });
  t.strictSame([code, errors], [0, '']);
  t.strictSame(JSON.parse(output), ['/home/nonroot', '/tmp'], 'what the base has for its user');
});

t.test('in these containers nothing at all can be written', async (t) => {
  const entrypoint = ['node', '-e', `require('node:fs').writeFileSync('/tmp/trace', '')`];
  const { code, errors } = await runInImage(image, { entrypoint, args: [] });
  t.equal(code, 1);
  t.match(errors, 'EROFS');
});
