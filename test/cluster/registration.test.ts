import { execFileSync } from 'node:child_process';

import t from 'tap';

import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** What becomes of the registration, done by hand to the real API server, and what Tenantgate tells of it. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster, { isWatching: true });
t.teardown(() => tenantgate.stop());

/** It is told within five seconds; the rest is for a machine that has other things to do. */
const waiting = { timeoutMs: 30_000 };
const validating = 'ValidatingWebhookConfiguration';
const resource = 'validatingwebhookconfigurations';
const [namespaces, objects] = ['/webhooks/0', '/webhooks/1'];

interface Told {
  readonly detail: string;
  readonly isReady: boolean;
}

async function readiness(): Promise<Told> {
  const { status, body } = await tenantgate.ready();
  const { checks } = JSON.parse(body) as { readonly checks: readonly { name: string; detail: string }[] };
  return { isReady: status === 200, detail: checks.find(({ name }) => name === 'registration')?.detail ?? '' };
}

const untilAsExpected = () =>
  waitFor('the registration to be as expected', async () => (await readiness()).detail === 'as expected', waiting);

/** The words of a command line, as a shell takes it apart. */
function wordsOf(command: string): readonly string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

interface Case {
  readonly what: string;
  /** JSON patch of the validating configuration, or what kubectl is asked to do instead. */
  readonly change: readonly object[] | readonly string[];
  readonly code: string;
  readonly detail: RegExp;
  /** Whether the fix is a command for kubectl alone; if not, what was registered is registered again. */
  readonly hasCommand: boolean;
}

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const add = (path: string, value: unknown) => ({ op: 'add', path, value });

const cases: readonly Case[] = [
  {
    what: 'a failure policy that fails open',
    change: [replace(`${objects}/failurePolicy`, 'Ignore')],
    code: 'failure-policy',
    detail: /webhook validate\.tenantgate\.dev: failurePolicy is Ignore, not Fail/,
    hasCommand: true,
  },
  {
    what: 'a selector that covers the control plane',
    change: [replace(`${objects}/namespaceSelector`, {})],
    code: 'namespace-selector-widened',
    detail: /namespaceSelector covers namespaces that it should leave alone; for example namespace "cert-manager"/,
    hasCommand: true,
  },
  {
    what: 'a selector that leaves out a tenant',
    change: [add(`${objects}/namespaceSelector/matchExpressions/0/values/-`, 'acme-dev')],
    code: 'namespace-selector-narrowed',
    detail: /requests in them go unjudged; for example namespace "acme-dev"/,
    hasCommand: true,
  },
  {
    what: 'labels by which tenants can leave',
    change: [add(`${objects}/objectSelector`, { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] })],
    code: 'object-selector-narrowed',
    detail: /for example an object labelled skip=other/,
    hasCommand: true,
  },
  {
    what: 'a match condition',
    change: [add(`${objects}/matchConditions`, [{ name: 'not-web', expression: "request.name != 'web'" }])],
    code: 'match-conditions-narrowed',
    detail: /matchConditions leave out what should be judged: "request\.name != 'web'"/,
    hasCommand: true,
  },
  {
    what: 'an operation less',
    change: [replace(`${namespaces}/rules/0/operations`, ['CREATE'])],
    code: 'rules-narrowed',
    detail: /rules leave out what should be judged: UPDATE of namespaces/,
    hasCommand: true,
  },
  {
    what: 'another path',
    change: [replace(`${objects}/clientConfig/service/path`, '/healthz')],
    code: 'path',
    detail: /clientConfig\.service\.path is "\/healthz", not "\/validate"/,
    hasCommand: true,
  },
  {
    what: 'one more webhook',
    change: [
      add('/webhooks/-', {
        name: 'more.example.com',
        clientConfig: { url: 'https://127.0.0.1:9/' },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      }),
    ],
    code: 'entry-unknown',
    detail: /webhook more\.example\.com was not rendered, and sends requests to https:\/\/127\.0\.0\.1:9\//,
    hasCommand: true,
  },
  {
    what: 'a webhook less',
    change: [{ op: 'remove', path: namespaces }],
    code: 'entry-missing',
    detail: /webhook namespaces\.validate\.tenantgate\.dev is gone/,
    hasCommand: false,
  },
  {
    what: 'an empty caBundle',
    change: [{ op: 'remove', path: `${objects}/clientConfig/caBundle` }],
    code: 'ca-bundle-missing',
    detail: /clientConfig\.caBundle is empty/,
    hasCommand: false,
  },
  {
    what: 'the CA of somebody else',
    change: [replace(`${objects}/clientConfig/caBundle`, Buffer.from(cluster.ca.certificatePem).toString('base64'))],
    code: 'ca-bundle-mismatch',
    detail: /caBundle holds no certificate that signed the one that is served, which "CN=Tenantgate test CA" issued/,
    hasCommand: false,
  },
  {
    what: 'a configuration deleted',
    change: ['delete', resource, 'tenantgate'],
    code: 'configuration-missing',
    detail: /ValidatingWebhookConfiguration tenantgate is gone: nothing of it is sent/,
    hasCommand: false,
  },
];

function isCommand(change: Case['change']): change is readonly string[] {
  return typeof change[0] === 'string';
}

for (const { what, change, code, detail, hasCommand } of cases) {
  t.test(`${what} is told in readiness, metric and log, and that it has ended`, async (t) => {
    await untilAsExpected();
    const before = (await tenantgate.log()).length;
    const args = isCommand(change)
      ? change
      : ['patch', resource, 'tenantgate', '--type=json', `--patch=${JSON.stringify(change)}`];
    expectSuccess(await cluster.kubectl(args));
    const changedAt = performance.now();
    const { isReady } = await waitFor(
      'readiness to tell it',
      async () => {
        const told = await readiness();
        return detail.test(told.detail) && told;
      },
      waiting,
    );
    t.equal(isReady, true, 'the pod stays in the Service');
    const sample = `tenantgate_registration_drift{configuration="${validating}",code="${code}"} 1`;
    t.ok((await tenantgate.metrics()).split('\n').includes(sample), sample);
    const linesOf = async (message: string) =>
      (await tenantgate.log())
        .slice(before)
        .filter((line) => line.msg === message && line['code'] === code && line['configuration'] === validating);
    const [line] = await waitFor(
      'the log to tell it',
      async () => {
        const lines = await linesOf('the registration has drifted');
        return lines.length > 0 && lines;
      },
      waiting,
    );
    t.comment(`told after ${Math.round(performance.now() - changedAt)} ms`);
    const fix = String(line?.['fix']);
    if (hasCommand) {
      const [program, ...words] = wordsOf(fix);
      t.equal(program, 'kubectl');
      expectSuccess(await cluster.kubectl(words));
    } else await tenantgate.register();
    await untilAsExpected();
    t.notMatch(await tenantgate.metrics(), /^tenantgate_registration_drift\{/m);
    await waitFor(
      'the log to tell its end',
      async () => (await linesOf('a drift of the registration has ended')).length > 0,
      waiting,
    );
    t.equal((await linesOf('the registration has drifted')).length, 1, 'once, not at each look');
  });
}

t.test('while the API server is away the registration is not known', async (t) => {
  t.teardown(() => cluster.startApiServer());
  await cluster.stopApiServer();
  await waitFor(
    'readiness to tell it',
    async () => (await readiness()).detail.includes(`${validating} tenantgate is not known: `),
    waiting,
  );
  t.match(await tenantgate.metrics(), `tenantgate_registration_known{configuration="${validating}"} 0`);
  await cluster.startApiServer();
  await untilAsExpected();
  t.match(await tenantgate.metrics(), `tenantgate_registration_known{configuration="${validating}"} 1`);
});
