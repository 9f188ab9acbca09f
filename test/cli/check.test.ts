import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';
import { test, type Test } from 'tap';

import { checkCommand } from '../../src/cli/commands/check.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

interface Run {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | undefined;
}

/** Runs the command as `tenantgate check …` with a terminal of its own. */
async function run(args: readonly string[], parts: Partial<Terminal> & { readonly stdin?: string } = {}): Promise<Run> {
  let output = '';
  let errors = '';
  let exitCode: number | undefined;
  const terminal: Terminal = {
    environment: {},
    isInteractive: false,
    columns: 80,
    hasErrorTerminal: false,
    write: (text) => void (output += text),
    writeError: (text) => void (errors += text),
    readInput: () => Promise.resolve(new TextEncoder().encode(parts.stdin ?? '')),
    setExitCode: (code) => void (exitCode = code),
    now: () => new Date('2026-06-01T23:59:59Z'),
    ...parts,
  };
  const command = checkCommand(terminal).exitOverride();
  command.configureOutput({ writeErr: (text) => void (errors += text), writeOut: (text) => void (output += text) });
  await new Command('tenantgate')
    .version('9.9.9')
    .addCommand(command)
    .parseAsync(['check', ...args], { from: 'user' });
  return { output, errors, exitCode };
}

const namespace =
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: acme-dev\n  labels: {tenantgate.dev/tenant: acme}\n';
const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: acme-dev}\nspec:\n  hostNetwork: true\n';
const good = 'apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: acme-dev}\n';

function jsonOf({ output }: Run) {
  return JSON.parse(output) as {
    readonly summary: {
      readonly violations: { readonly enforce: number; readonly warn: number; readonly audit: number };
    };
    readonly results: readonly {
      readonly rule: string;
      readonly mode: string;
      readonly file: string;
      readonly line: number;
    }[];
  };
}

function folderOf(t: Test, files: Readonly<Record<string, string>>): string {
  return t.testdir({ ...files });
}

void test('clean manifests end with 0', async (t) => {
  const root = folderOf(t, { 'a.yaml': `${namespace}---\n${good}` });
  const { output, errors, exitCode } = await run([root]);
  t.equal(
    output,
    '2 objects, 2 judged: 0 violations (0 enforce, 0 warn, 0 audit), 0 exempt, 0 undecided, 0 faults, 0 expired exemptions\n',
  );
  t.equal(errors, '');
  t.equal(exitCode, 0);
});

void test('violations end with 1 and name file, line and column', async (t) => {
  const root = folderOf(t, { 'a.yaml': `${namespace}---\n${pod}` });
  const { output, exitCode } = await run([root]);
  t.match(output, `${root}/a.yaml:11:3 critical pods/host-network Pod acme-dev/a spec.hostNetwork: `);
  t.equal(exitCode, 1);
});

void test('an unreadable file ends with 2, and the others are still judged', async (t) => {
  const root = folderOf(t, { 'a.yaml': pod, 'b.yaml': 'a: [' });
  const { output, exitCode } = await run([root]);
  t.match(output, `${root}/b.yaml:1:5 unreadable is not valid YAML: `);
  t.match(output, 'pods/host-network');
  t.equal(exitCode, 2);
});

void test('what kustomize builds is read from standard input', async (t) => {
  const { output, exitCode } = await run(['-', '--output', 'json'], { stdin: `${namespace}---\n${pod}` });
  t.match(jsonOf({ output, errors: '', exitCode }).results, [
    { rule: 'pods/host-network', file: '<stdin>', line: 11, mode: 'enforce' },
  ]);
  t.equal(exitCode, 1);
  t.equal((await run(['-'], { stdin: '' })).exitCode, 2, 'a build that failed is not clean');
});

void test('modes are capped, and weaker ones fail only if asked to', async (t) => {
  const root = folderOf(t, { 'a.yaml': `${namespace}---\n${pod}` });
  const warned = await run([root, '--mode', 'warn', '--output', 'json']);
  t.match(jsonOf(warned).summary, { violations: { enforce: 0, warn: 1 } });
  t.equal(warned.exitCode, 0);
  t.equal((await run([root, '--mode', 'warn', '--fail-on', 'warn'])).exitCode, 1);
  t.equal((await run([root, '--mode', 'audit', '--fail-on', 'audit'])).exitCode, 1);
  t.equal((await run([root, '--fail-on', 'never'])).exitCode, 0);
});

void test('namespaces are given as facts, from files or standard input', async (t) => {
  const labelled =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: acme-dev, labels: {tenantgate.dev/tenant: acme}}\n';
  const root = folderOf(t, { 'pod.yaml': labelled, 'namespaces.yaml': namespace });
  const file = join(root, 'pod.yaml');
  t.equal((await run([file])).exitCode, 2, 'nobody knows whose the namespace is');
  t.equal((await run([file, '--namespaces', `${root}/namespaces.yaml`])).exitCode, 0);
  t.equal((await run([file, '--namespaces', '-'], { stdin: namespace })).exitCode, 0);
  t.equal((await run([file, '--tenant', 'acme'])).exitCode, 0);
  t.equal((await run([file, '--tenant', 'globex'])).exitCode, 1);
});

void test('the namespace of objects that name none can be chosen', async (t) => {
  const root = folderOf(t, { 'a.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true}\n' });
  t.match((await run([root, '--namespace', 'acme-dev'])).output, 'Pod acme-dev/a spec.hostNetwork');
  t.equal((await run([root, '--namespace', 'kube-system'])).exitCode, 0);
});

void test('who applies can be named', async (t) => {
  const root = folderOf(t, { 'a.yaml': namespace });
  t.equal((await run([root, '--as', 'alice'])).exitCode, 1, 'a tenant claims a namespace');
  t.equal((await run([root, '--as', 'alice', '--as-group', 'system:masters', '--as-group', 'x'])).exitCode, 0);
  t.equal((await run([root])).exitCode, 0);
});

void test('other documents can be in force', async (t) => {
  const root = folderOf(t, {
    'a.yaml': `${namespace}---\n${pod}`,
    'tenancy.yaml': 'apiVersion: tenantgate.dev/v1alpha1\nkind: Tenancy\nmetadata: {name: mine}\nspec: {}\n',
    'one.yaml':
      'apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: one}\nspec: {rules: [{rule: flux/no-kube-config}]}\n',
    'two.yaml':
      'apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: two}\nspec: {mode: warn, rules: [{rule: pods/host-network}]}\n',
  });
  const file = (name: string) => join(root, name);
  const base = [file('a.yaml'), '--tenancy', file('tenancy.yaml'), '--policies', file('one.yaml')];
  t.match((await run(base)).output, '2 objects, 0 judged: 0 violations');
  t.match((await run([...base, '--policies', file('two.yaml')])).output, '(0 enforce, 1 warn, 0 audit)');
});

void test('bad documents end with 2 and all their faults', async (t) => {
  const root = folderOf(t, {
    'a.yaml': good,
    'policy.yaml':
      'apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: x}\nspec:\n  rules:\n    - rule: no/such\n  extra: 1\n',
    'syntax.yaml': 'a: [',
  });
  const first = await run([root, '--policies', join(root, 'policy.yaml'), '--policies', join(root, 'syntax.yaml')]);
  t.equal(first.output, '');
  t.equal(first.exitCode, 2);
  t.match(first.errors, `${root}/policy.yaml:7:3: `);
  t.match(first.errors, `${root}/syntax.yaml:1:5: is not valid YAML: `);
});

void test('bad usage ends with 2 or is refused', async (t) => {
  const root = folderOf(t, { 'a.yaml': good });
  const refused: readonly (readonly [readonly string[], string])[] = [
    [['-', '--namespaces', '-'], 'error: standard input can be read once: as PATH or for --namespaces\n'],
    [[root, '--as-group', 'x'], 'error: --as-group needs --as: whose group is it?\n'],
    [[root, '--tenant', ''], 'error: --tenant needs a name\n'],
  ];
  for (const [args, message] of refused) t.match(await run(args), { errors: message, output: '', exitCode: 2 });
  for (const args of [
    [],
    [root, '--mode', 'deny'],
    [root, '--output', 'xml'],
    [root, '--fail-on', 'all'],
    [root, '--nope'],
  ]) {
    await t.rejects(run(args), /error: /, args.join(' '));
  }
});

void test('every output is printed', async (t) => {
  const root = folderOf(t, { 'a.yaml': `${namespace}---\n${pod}` });
  const outputOf = async (format: string) => (await run([root, '--output', format])).output;
  t.match(await outputOf('text'), /^\S+a\.yaml:11:3 critical pods\/host-network /);
  t.match(JSON.parse(await outputOf('json')), { summary: { objects: 2 } });
  t.match(JSON.parse(await outputOf('sarif')), { runs: [{ tool: { driver: { semanticVersion: '9.9.9' } } }] });
  t.match(
    await outputOf('junit'),
    '<testsuites name="tenantgate check" tests="2" failures="1" errors="0" skipped="0">',
  );
  t.match(await outputOf('github'), `::error file=${root}/a.yaml,line=11,col=3,title=pods/host-network::`);
});

void test('colours are for terminals, unless NO_COLOR is set', async (t) => {
  const root = folderOf(t, {});
  writeFileSync(join(root, 'a.yaml'), namespace);
  t.match((await run([root], { isInteractive: true })).output, '\u001b[32m');
  t.match((await run([root], { isInteractive: true, environment: { NO_COLOR: '' } })).output, '\u001b[32m');
  t.notMatch((await run([root], { isInteractive: true, environment: { NO_COLOR: '1' } })).output, '\u001b');
  t.notMatch((await run([root])).output, '\u001b');
});
