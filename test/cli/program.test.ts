import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { runTenantgate } from '../e2e/tenantgate-process.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

void test('version and help go to standard output and end with 0', async (t) => {
  t.match(await runTenantgate(['--version']), { code: 0, output: `${version}\n`, errors: '' });
  for (const args of [['--help'], ['help'], ['help', 'check'], ['serve', '--help'], ['check', '-h']]) {
    const { code, output, errors } = await runTenantgate(args);
    t.strictSame([code, errors], [0, ''], args.join(' '));
    t.match(output, /^Usage: tenantgate/, args.join(' '));
  }
});

void test('bad usage goes to standard error and ends with 2, which never means violations', async (t) => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'Usage: tenantgate'],
    [['apply'], "error: unknown command 'apply'"],
    [['serv'], '(Did you mean serve?)'],
    [['--verbose'], "error: unknown option '--verbose'"],
    [['serve', '--prot', '1'], "error: unknown option '--prot'"],
    [['serve', '--port'], "error: option '--port <value>' argument missing"],
    [['serve', 'now'], "error: too many arguments for 'serve'"],
    [['check'], "error: missing required argument 'path'"],
    [['check', 'a.yaml', '--mode', 'deny'], 'Allowed choices are audit, warn, enforce'],
    [['rules', '--output', 'xml'], 'Allowed choices are text, json'],
    [['rules', 'no/such'], 'There is no rule "no/such"'],
    [['doctor', '--output', 'xml'], 'Allowed choices are text, json'],
    [['doctor', '--name', '..'], 'can be no name of an object'],
    [['demo', '--mode', 'deny'], 'Allowed choices are audit, warn, enforce'],
  ];
  for (const [args, message] of cases) {
    const { code, output, errors } = await runTenantgate(args);
    t.strictSame([code, output], [2, ''], args.join(' '));
    t.ok(errors.includes(message), `${args.join(' ')}: ${errors}`);
  }
});

void test('check ends with 0, 1 and 2 as a process too', async (t) => {
  const [network, cluster] = ['network', 'cluster.yaml'].map((name) => join(root, 'examples', name));
  const check = (...args: readonly string[]) => runTenantgate(['check', '--namespaces', cluster ?? '', ...args]);
  t.equal((await check(join(network ?? '', 'good.yaml'))).code, 0);
  t.equal((await check(join(network ?? '', 'attack.yaml'))).code, 1);
  t.equal((await check(join(network ?? '', 'no-such.yaml'))).code, 2);
});
