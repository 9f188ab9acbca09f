import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';
import { test, type Test } from 'tap';
import { parse } from 'yaml';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { auditCommand } from '../../src/cli/commands/audit.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { startFakeApiServer, statusOf, writeJson } from '../kubernetes/fake-api-server.ts';

interface Run {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | undefined;
}

const today = '2026-06-01T08:00:00.000Z';

/** Runs the command as `tenantgate audit …` with a terminal of its own. */
async function run(args: readonly string[], parts: Partial<Terminal> & { readonly stdin?: string } = {}): Promise<Run> {
  let output = '';
  let errors = '';
  let exitCode: number | undefined;
  const terminal: Terminal = {
    environment: {},
    isInteractive: false,
    columns: 400,
    hasErrorTerminal: false,
    write: (text) => void (output += text),
    writeError: (text) => void (errors += text),
    readInput: () => Promise.resolve(new TextEncoder().encode(parts.stdin ?? '')),
    setExitCode: (code) => void (exitCode = code),
    now: () => new Date(today),
    ...parts,
  };
  const command = auditCommand(terminal).exitOverride();
  command.configureOutput({ writeErr: (text) => void (errors += text), writeOut: (text) => void (output += text) });
  await new Command('tenantgate')
    .version('9.9.9')
    .addCommand(command)
    .parseAsync(['audit', ...args], { from: 'user' });
  return { output, errors, exitCode };
}

function namespaceOf(name: string, tenant: string): string {
  const labels = `{tenantgate.dev/tenant: ${tenant}, pod-security.kubernetes.io/enforce: restricted}`;
  return `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: ${labels}}\n`;
}

function serviceOf(namespace: string, name: string, spec: string): string {
  return `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;
}

const good = `${namespaceOf('acme-dev', 'acme')}${namespaceOf('globex-prod', 'globex')}${serviceOf('acme-dev', 'web', '{}')}`;
const openAcme = serviceOf('acme-dev', 'leak', '{externalIPs: [192.0.2.1]}');
const openGlobex = serviceOf('globex-prod', 'leak', '{externalIPs: [192.0.2.2]}');

/** A folder of manifests, and whatever else lies beside it. */
function folderOf(t: Test, manifests: string, beside: Readonly<Record<string, string>> = {}): string {
  return t.testdir({ k8s: { 'all.yaml': manifests }, ...beside });
}

function reportIn({ output }: Run): AuditReport {
  return JSON.parse(output) as AuditReport;
}

void test('what is as it should be ends with 0', async (t) => {
  const root = folderOf(t, good);
  const { output, errors, exitCode } = await run(['--from', join(root, 'k8s')]);
  t.match(output, /^Audit of .*\/k8s, 2026-06-01 08:00 UTC, policies [0-9a-f]{12}$/m);
  t.match(output, /^tenant +labels +access /m);
  t.match(output, '3 objects, 3 judged, 2 namespaces, 2 tenants: 0 violations (0 enforce, 0 warn, 0 audit)');
  t.strictSame([errors, exitCode], ['', 0]);
});

void test('violations end with 1, in every output', async (t) => {
  const root = folderOf(t, good + openAcme);
  const outputOf = async (format: string) => {
    const { output, exitCode } = await run(['--from', join(root, 'k8s'), '--output', format]);
    t.equal(exitCode, 1, format);
    return output;
  };
  t.match(await outputOf('table'), /^ {2}Service leak\n {4}\w+ {2}services\/no-external-ips {2}spec\.externalIPs/m);
  t.match(await outputOf('wide'), /^\w+ +enforce +violation +services\/no-external-ips /m);
  t.match(JSON.parse(await outputOf('json')), { kind: 'AuditReport', results: [{ rule: 'services/no-external-ips' }] });
  t.match(parse(await outputOf('yaml')), { kind: 'AuditReport', summary: { violations: { enforce: 1 } } });
  t.match(JSON.parse(await outputOf('sarif')), {
    runs: [
      {
        tool: { driver: { semanticVersion: '9.9.9' } },
        results: [{ ruleId: 'services/no-external-ips', ruleIndex: /\d/ }],
      },
    ],
  });
  t.match(await outputOf('junit'), /<testsuites name="tenantgate audit" tests="\d+" failures="1" errors="0"/);
});

void test('what cannot be read ends with 2, whatever else is found, and is told in the report', async (t) => {
  const root = folderOf(t, good + openAcme);
  writeFileSync(join(root, 'k8s/broken.yaml'), 'a: [');
  const asJson = await run(['--from', join(root, 'k8s'), '--output', 'json']);
  t.equal(asJson.exitCode, 2);
  t.match(reportIn(asJson), {
    summary: { unknown: 1, violations: { enforce: 1 } },
    unknown: [{ message: /broken\.yaml:1:5: is not valid YAML/ }],
  });
  t.match((await run(['--from', join(root, 'k8s')])).output, /^UNKNOWN\n.*broken\.yaml:1:5/m);
  t.equal((await run(['--from', join(root, 'nowhere')])).exitCode, 2, 'an audit of nothing is not clean');
});

void test('a namespace that is declared twice is not known', async (t) => {
  const { output, exitCode } = await run(['--from', '-'], { stdin: good + namespaceOf('acme-dev', 'globex') });
  t.match(output, 'Namespace "acme-dev" is declared a second time; keep one of the two');
  t.equal(exitCode, 2);
});

void test('manifests are read from standard input', async (t) => {
  const { output, exitCode } = await run(['--from', '-'], { stdin: good + openAcme });
  t.match(output, 'Audit of -,');
  t.equal(exitCode, 1);
});

void test('modes are capped, and --fail-on says from which on a violation counts', async (t) => {
  const from = ['--from', join(folderOf(t, good + openAcme), 'k8s')];
  t.match((await run([...from, '--mode', 'audit'])).output, '1 violation (0 enforce, 0 warn, 1 audit)');
  t.equal((await run([...from, '--mode', 'audit'])).exitCode, 1);
  t.equal((await run([...from, '--mode', 'warn', '--fail-on', 'enforce'])).exitCode, 0);
  t.equal((await run([...from, '--fail-on', 'never'])).exitCode, 0);
});

void test('filters narrow the report, and tell so', async (t) => {
  const from = ['--from', join(folderOf(t, good + openAcme + openGlobex), 'k8s'), '--output', 'json'];
  const places = async (...filters: readonly string[]) => {
    const found = await run([...from, ...filters]);
    return [found.exitCode, ...reportIn(found).results.map(({ object }) => object.namespace)];
  };
  t.strictSame(await places(), [1, 'acme-dev', 'globex-prod']);
  t.strictSame(await places('--tenant', 'acme'), [1, 'acme-dev']);
  t.strictSame(await places('--tenant', 'acme', '--tenant', 'globex'), [1, 'acme-dev', 'globex-prod']);
  t.strictSame(await places('--namespace', 'globex-prod'), [1, 'globex-prod']);
  t.strictSame(await places('--rule', 'pods/host-network'), [0]);
  t.strictSame(await places('--severity', 'low', '--severity', 'medium'), [0]);
  t.strictSame(await places('--tenant', 'acmee'), [2], 'a misspelt tenant is not clean');
  const narrowed = reportIn(await run([...from, '--tenant', 'acme', '--tenant', 'acme', '--severity', 'high']));
  t.strictSame(narrowed.scan.filters, ['--severity high', '--tenant acme']);
});

void test('what is no filter is refused', async (t) => {
  const refused: readonly (readonly [readonly string[], string])[] = [
    [['--rule', 'no/such'], 'error: --rule: there is no rule "no/such"; `tenantgate rules` lists them\n'],
    [
      ['--rule', 'quota/quota-present'],
      'error: --rule quota/quota-present: no policy in force judges what is stored by it: it is not in them, or it judges changes only\n',
    ],
    [['--severity', 'bad'], 'error: --severity must be one of critical, high, medium, low, not "bad"\n'],
    [['--tenant', ''], 'error: --tenant needs a name\n'],
    [['--namespace', ''], 'error: --namespace needs a name\n'],
    [['--timeout', '5'], 'error: --timeout must be a duration such as 90s, 5m or 1h, not "5"\n'],
    [['--kubeconfig', 'x'], 'error: --kubeconfig and --from exclude each other: a cluster or manifests?\n'],
  ];
  for (const [args, errors] of refused) {
    t.strictSame(await run(['--from', '-', ...args], { stdin: good }), { output: '', errors, exitCode: 2 });
  }
  await t.rejects(run(['--from', '-', '--output', 'xml']), /error: /);
});

void test('an earlier audit tells what is new, fixed and unchanged', async (t) => {
  const root = folderOf(t, good + openAcme);
  const from = ['--from', join(root, 'k8s')];
  const file = join(root, 'before.json');
  const first = await run([...from, '--save', file], { now: () => new Date('2026-05-01T08:00:00.000Z') });
  t.equal(first.exitCode, 1);
  writeFileSync(join(root, 'k8s/all.yaml'), good + openGlobex);
  const second = await run([...from, '--since', file]);
  t.equal(second.errors, '');
  t.match(second.output, 'Since the audit of 2026-05-01 08:00 UTC: 1 new, 1 fixed, 0 unchanged\n');
  t.match(second.output, /^FIXED\ntenant acme, namespace acme-dev\n {2}Service leak\n/m);
  t.match(second.output, /services\/no-external-ips {2}\S+ {2}new$/m);
  const narrowed = await run([...from, '--since', file, '--tenant', 'globex', '--output', 'json']);
  t.match(reportIn(narrowed), { results: [{ since: today }], fixed: [] }, 'what is left out is not fixed');
  const again = await run([...from, '--since', file, '--save', file], { now: () => new Date('2026-07-01T00:00:00Z') });
  t.equal(again.exitCode, 1);
  t.match(JSON.parse(readFileSync(file, 'utf8')), { scan: { comparedWith: '2026-05-01T08:00:00.000Z' } });
});

void test('what makes a comparison say less is told', async (t) => {
  const root = folderOf(t, good);
  const file = join(root, 'before.json');
  await run(['--from', join(root, 'k8s'), '--save', file]);
  const { errors, exitCode } = await run(['--from', '-', '--mode', 'warn', '--since', file], { stdin: good });
  t.equal(
    errors,
    `note: the earlier audit read ${root}/k8s, this one -\nnote: the policies have changed since: what is new or fixed may be so by them alone\nnote: the earlier audit did not begin before this one\n`,
  );
  t.equal(exitCode, 0);
});

void test('what is no earlier audit is refused, with how to get one', async (t) => {
  const root = folderOf(t, good, { 'text.json': 'Audit of', 'check.json': '{"summary": {}}', 'empty.json': '[]' });
  const errorsOf = async (name: string, ...more: readonly string[]) => {
    const file = join(root, name);
    const { output, errors, exitCode } = await run(['--from', join(root, 'k8s'), '--since', file, ...more]);
    t.strictSame([output, exitCode], ['', 2]);
    return errors.replaceAll(file, 'FILE').replaceAll(root, '');
  };
  t.match(
    await errorsOf('text.json'),
    /^error: --since FILE: is not JSON: .*; `tenantgate audit --output json` writes/,
  );
  t.match(await errorsOf('missing.json'), /^error: --since FILE: cannot be read: ENOENT/);
  t.match(await errorsOf('check.json'), 'error: --since FILE: apiVersion is missing and must be given\n');
  t.match(await errorsOf('check.json'), 'error: --since FILE: 4 more faults\n');
  t.match(await errorsOf('empty.json'), 'error: --since FILE: must be of type object\n');
  await run(['--from', join(root, 'k8s'), '--tenant', 'acme', '--save', join(root, 'acme.json')]);
  t.match(await errorsOf('acme.json'), 'error: --since FILE: that audit was narrowed to --tenant acme, ');
  t.equal(
    (await run(['--from', join(root, 'k8s'), '--tenant', 'acme', '--since', join(root, 'acme.json')])).exitCode,
    0,
    'narrowed likewise it can be compared',
  );
});

void test('a report that cannot be saved ends with 2', async (t) => {
  const root = folderOf(t, good);
  const { output, errors, exitCode } = await run(['--from', join(root, 'k8s'), '--save', join(root, 'no/such/x.json')]);
  t.match(output, '0 violations');
  t.match(errors, /^error: --save .*x\.json: cannot be written: ENOENT/);
  t.equal(exitCode, 2);
});

void test('progress is for terminals, and leaves nothing behind', async (t) => {
  const from = ['--from', join(folderOf(t, good), 'k8s')];
  const { errors } = await run(from, { hasErrorTerminal: true });
  t.match(errors, /^\r\u001b\[K\d+ objects, 1 of 2 namespaces\r\u001b\[K$/);
});

void test('colours are for terminals, unless NO_COLOR is set', async (t) => {
  const from = ['--from', join(folderOf(t, good + openAcme), 'k8s')];
  t.match((await run(from, { isInteractive: true })).output, '\u001b[31m');
  t.notMatch((await run(from, { isInteractive: true, environment: { NO_COLOR: '1' } })).output, '\u001b');
});

void test('bad documents end with 2 and all their faults', async (t) => {
  const root = folderOf(t, good, { 'policy.yaml': 'a: [' });
  const { output, errors, exitCode } = await run([
    '--from',
    join(root, 'k8s'),
    '--policies',
    join(root, 'policy.yaml'),
  ]);
  t.strictSame([output, exitCode], ['', 2]);
  t.match(errors, 'policy.yaml:1:5: is not valid YAML');
});

void test('a cluster that refuses everything is unknown, kind by kind', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  server.answer = (_request, response) => {
    writeJson(response, 403, statusOf(403));
  };
  const { output, exitCode } = await run(['--kubeconfig', server.kubeconfig, '--output', 'json']);
  const report = reportIn({ output, errors: '', exitCode });
  t.equal(exitCode, 2);
  t.equal(report.scan.source, `https://localhost:${server.port}`);
  t.ok(report.scan.listings.length > 30);
  t.strictSame(new Set(report.scan.listings.map(({ state }) => state)), new Set(['forbidden']));
  t.match(report.unknown, [{ resource: /./ }]);
});

void test('a kubeconfig that cannot be read is told', async (t) => {
  const { errors, exitCode } = await run(['--kubeconfig', join(t.testdir({}), 'none')]);
  t.match(errors, /^error: --kubeconfig: .*ENOENT/);
  t.equal(exitCode, 2);
});
