import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import type { DoctorCheck } from '../../src/admission/doctor/doctor-check.ts';
import { doctorCommand } from '../../src/cli/commands/doctor.ts';
import { doctorExitCode, doctorText } from '../../src/cli/doctor-report.ts';
import { startFakeApiServer, statusOf, writeJson, type FakeApiServer } from '../kubernetes/fake-api-server.ts';
import { examinedCluster, paths } from '../support/examined-cluster.ts';
import { rendered } from '../support/registration.ts';
import { runCommand } from './recording-terminal.ts';

const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
const manifest = kinds.map((kind) => `---\n${JSON.stringify(rendered(kind))}\n`).join('');

/** A fake API server that has everything as it should be. */
async function cluster(t: Test): Promise<{ readonly server: FakeApiServer; readonly folder: string }> {
  const folder = t.testdir({ 'registration.yaml': manifest });
  const server = await startFakeApiServer(t, folder);
  for (const [path, reading] of examinedCluster().answers) {
    if (reading.state === 'read') server.objects.set(path.split('?')[0] ?? '', reading.object);
  }
  return { server, folder };
}

const run = (args: readonly string[], stdin?: string) => runCommand(doctorCommand, args, {}, stdin);

void test('a cluster that is as it should be ends with 0 and a line for each check', async (t) => {
  const { server, folder } = await cluster(t);
  const { output, errors, exitCode } = await run([
    '--kubeconfig',
    server.kubeconfig,
    '--registration',
    join(folder, 'registration.yaml'),
  ]);
  t.strictSame([exitCode, errors], [0, '']);
  const lines = output.trimEnd().split('\n');
  t.match(lines[0], /^ok {7}api-server {6}Kubernetes v1\.36\.3; clocks differ by \d+ s$/);
  t.equal(lines.filter((line) => line.startsWith('ok ')).length, 12);
  t.match(lines.at(-1), '12 checks: 12 ok, 0 wrong, 0 unknown');
  const again = server.requests.filter((request, index) => server.requests.indexOf(request) !== index);
  const endpoints = server.requests.find((request) => request.includes('/endpointslices?'));
  t.strictSame(again, ['/version', endpoints], 'nothing is asked twice but for the time, and by two checks of servers');
});

void test('what is wrong ends with 1, and stands below its check with what mends it', async (t) => {
  const { server, folder } = await cluster(t);
  const file = join(folder, 'registration.yaml');
  server.objects.delete(paths.mutating);
  const { output, exitCode } = await run(['--kubeconfig', server.kubeconfig, '--registration', file]);
  t.equal(exitCode, 1);
  t.match(
    output,
    `wrong    registration    ValidatingWebhookConfiguration tenantgate; compared with ${file}\n  wrong: MutatingWebhookConfiguration tenantgate is missing: nothing of it is sent to Tenantgate\n    fix: helm upgrade gate CHART --namespace tenantgate-system --reuse-values\n`,
  );
  const usual = await run(['--kubeconfig', server.kubeconfig]);
  t.equal(usual.exitCode, 1);
  t.match(usual.output, 'fix: helm upgrade tenantgate CHART --namespace tenantgate-system --reuse-values\n');
});

void test('what Helm has rendered comes by standard input, among whatever else it renders', async (t) => {
  const { server } = await cluster(t);
  const stream = `---\n# Source: tenantgate/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: tenantgate\n${manifest}`;
  const args = ['--kubeconfig', server.kubeconfig, '--registration', '-'];
  const fine = await run(args, stream);
  t.equal(fine.exitCode, 0, fine.output + fine.errors);
  t.match(fine.output, 'compared with standard input');
  server.objects.delete(paths.validating);
  t.match(
    (await run(args, stream)).output,
    'fix: helm upgrade gate CHART --namespace tenantgate-system --reuse-values\n',
  );
});

void test('where nothing is wrong but something is refused, it ends with 2 and names the right', async (t) => {
  const { server } = await cluster(t);
  server.answer = (_request, response, url) => {
    const object = server.objects.get(url.pathname);
    const isRefused = url.pathname === paths.service || object === undefined;
    writeJson(response, isRefused ? 403 : 200, isRefused ? statusOf(403) : object);
  };
  const { output, exitCode } = await run(['--kubeconfig', server.kubeconfig]);
  t.equal(exitCode, 2);
  t.match(
    output,
    'unknown  service         Service tenantgate-system/tenantgate\n  unknown: Service tenantgate-system/tenantgate cannot be read: RBAC refuses it\n    fix: Grant {apiGroups: [""], resources: [services], resourceNames: [tenantgate], verbs: [get]} in namespace tenantgate-system\n',
  );
  await server.leave();
  const away = await run(['--kubeconfig', server.kubeconfig]);
  t.equal(away.exitCode, 2);
  t.match(
    away.output,
    /^unknown {2}api-server {2}no answer\n {2}unknown: The version of the API server cannot be read: .*ECONNREFUSED.*\n\n1 checks/,
  );
});

void test('programs get JSON with the same in it', async (t) => {
  const { server } = await cluster(t);
  server.objects.delete(paths.mutating);
  const { output, exitCode } = await run(['--kubeconfig', server.kubeconfig, '--output', 'json']);
  t.equal(exitCode, 1);
  const { result, checks } = JSON.parse(output) as { readonly result: string; readonly checks: readonly DoctorCheck[] };
  t.equal(result, 'wrong');
  t.equal(checks.length, 12);
  t.match(checks[1], {
    id: 'registration',
    title: 'Both configurations are there, with their webhooks and no others',
    status: 'wrong',
    remarks: [{ status: 'wrong', code: 'configuration-missing', fix: /^helm upgrade tenantgate CHART / }],
  });
});

void test('the namespace of the Service is that of what was rendered, unless another is named', async (t) => {
  const { server, folder } = await cluster(t);
  const elsewhere = kinds.map((kind) => {
    const object = rendered(kind);
    for (const webhook of object.webhooks) webhook.clientConfig.service.namespace = 'gate-system';
    return JSON.stringify(object);
  });
  writeFileSync(join(folder, 'elsewhere.yaml'), elsewhere.join('\n---\n'));
  const args = ['--kubeconfig', server.kubeconfig, '--registration', join(folder, 'elsewhere.yaml')];
  t.match((await run(args)).output, 'namespaces gate-system, kube-node-lease');
  t.match(
    (await run([...args, '--service-namespace', 'other'])).output,
    'namespaces kube-node-lease, kube-public, kube-system, other',
  );
});

void test('what cannot be asked at all is bad usage', async (t) => {
  const folder = t.testdir({ kubeconfig: 'clusters: [', 'registration.yaml': manifest, 'empty.yaml': '' });
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--name', '../secrets'], /^error: --name "\.\.\/secrets" can be no name of an object\n$/],
    [['--service-namespace', ''], /^error: --service-namespace "" can be no name of an object\n$/],
    [
      ['--name', '..', '--registration', 'no-such.yaml'],
      /^error: --name "\.\.".*\nerror: no-such\.yaml.*\nerror: no-such\.yaml holds no /,
    ],
    [['--registration', join(folder, 'empty.yaml')], /^error: .*empty\.yaml.*holds no manifests\n/],
    [['--registration', join(folder, 'registration.yaml'), '--name', 'gate'], /named "gate"; it has "tenantgate"\n$/],
    [['--kubeconfig', join(folder, 'no-such')], /^error: --kubeconfig: Error: ENOENT/],
    [['--kubeconfig', join(folder, 'kubeconfig')], /^error: --kubeconfig: /],
  ];
  for (const [args, expected] of cases) {
    const { output, errors, exitCode } = await run(args);
    t.strictSame([output, exitCode], ['', 2], args.join(' '));
    t.match(errors, expected, args.join(' '));
  }
  await t.rejects(run(['--output', 'xml']), /Allowed choices are text, json/);
});

void test('what one command mends has it once, below the last of its remarks', (t) => {
  const remark = (message: string, fix?: string) => ({ status: 'wrong' as const, message, fix });
  const remarks = [remark('a', 'mend'), remark('b', 'mend'), remark('c'), remark('d', 'mend'), remark('e', 'other')];
  const text = doctorText([{ id: 'rules', title: 'a title', status: 'wrong', evidence: 'seen', remarks }]);
  t.strictSame(text.split('\n').slice(1, 9), [
    '  wrong: a',
    '  wrong: b',
    '    fix: mend',
    '  wrong: c',
    '  wrong: d',
    '    fix: mend',
    '  wrong: e',
    '    fix: other',
  ]);
  t.end();
});

void test('what is wrong is certain: it counts before what is not known, and notes count for nothing', (t) => {
  const check = (status: DoctorCheck['status'], message: string): DoctorCheck => ({
    id: 'service',
    title: 'a title',
    status,
    evidence: 'seen',
    remarks: [{ status: 'note', message, fix: undefined }],
  });
  t.equal(doctorExitCode([check('ok', '')]), 0);
  t.equal(doctorExitCode([check('ok', ''), check('unknown', '')]), 2);
  t.equal(doctorExitCode([check('unknown', ''), check('wrong', ''), check('ok', '')]), 1);
  const hostile = doctorText([check('ok', 'a\u001b[2J\nwrong  faked')]);
  t.equal(hostile.split('\n').length, 5, 'a name from the cluster makes no line of its own');
  t.notMatch(hostile, '\u001b');
  t.end();
});
