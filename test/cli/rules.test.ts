import { test } from 'tap';

import { rulesCommand } from '../../src/cli/commands/rules.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { runCommand } from './recording-terminal.ts';

const run = (...args: readonly string[]) => runCommand(rulesCommand, args);

void test('every rule is listed on a line, with severity and title', async (t) => {
  const { output, errors, exitCode } = await run();
  const lines = output.trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => line.split(/ {2,}/)),
    rules.map(({ id, severity, title }) => [id, severity, title]),
  );
  t.equal(new Set(lines.map((line) => line.indexOf(' critical '))).size <= 2, true, 'columns stand under one another');
  t.strictSame([errors, exitCode], ['', undefined]);
});

void test('one rule is explained: why, how to mend it, what it takes', async (t) => {
  const { output } = await run('network/confined-peers');
  t.match(output, /^network\/confined-peers: /);
  for (const line of [
    /^Severity: +critical$/m,
    /^Since: +\d+\.\d+\.\d+$/m,
    /^Kinds: +NetworkPolicy \(networking\.k8s\.io\)$/m,
    /^Operations: +CREATE, UPDATE$/m,
    /^Why: +\S/m,
    /^Fix: +\S/m,
    /^Params:\n {2}\S/m,
    /^References:\n {2}https:/m,
  ]) {
    t.match(output, line);
  }
  t.notMatch(output, 'Satisfies');
});

void test('a default names the rule that it satisfies, and core kinds are called so', async (t) => {
  const { output } = await run('namespaces/pod-security-default');
  t.match(output, /^Kinds: +Namespace \(core\)$/m);
  t.match(output, /^Satisfies: +namespaces\/pod-security-level$/m);
  t.match((await run('pods/tenant-label-default')).output, /^Satisfies: +pods\/tenant-label-matches$/m);
  t.match(output, /^ {2}enforce \(default "baseline"\): \S/m);
});

void test('a rule without params says so', async (t) => {
  t.match((await run('pods/host-network')).output, /^Params:\n {2}none$/m);
});

void test('the catalogue comes as JSON, whole or for one rule', async (t) => {
  const all = JSON.parse((await run('--output', 'json')).output) as readonly { readonly id: string }[];
  t.strictSame(
    all.map(({ id }) => id),
    rules.map(({ id }) => id),
  );
  const one = JSON.parse((await run('pods/host-network', '--output', 'json')).output) as readonly object[];
  t.match(one, [{ id: 'pods/host-network', type: 'check', severity: 'critical', params: { type: 'object' } }]);
  t.equal(one.length, 1);
});

void test('what is no rule, and an unknown format, are refused', async (t) => {
  t.strictSame(await run('no/such-rule'), {
    output: '',
    errors: 'There is no rule "no/such-rule". `tenantgate rules` lists them.\n',
    exitCode: 2,
  });
  t.equal((await run('constructor')).exitCode, 2);
  await t.rejects(run('--output', 'xml'), /Allowed choices are text, json/);
});
