import { join } from 'node:path';

import { test } from 'tap';

import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer, statusOf, writeJson } from '../kubernetes/fake-api-server.ts';
import { rendered, service, stored } from '../support/registration.ts';
import { runTenantgate, startServing } from './tenantgate-process.ts';

/** A look every two seconds, and a machine that has other things to do. */
const waiting = { timeoutMs: 20_000 };
const api = '/apis/admissionregistration.k8s.io/v1';
const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

test('serve tells in readiness, metrics and log how its registration stands, and stays ready whatever it is', async (t) => {
  const folder = t.testdir({
    'registration.yaml': kinds.map((kind) => JSON.stringify(rendered(kind))).join('\n---\n'),
  });
  const apiServer = await startFakeApiServer(t, folder);
  const server = await startServing([
    ...['--kubeconfig', apiServer.kubeconfig, '--registration', join(folder, 'registration.yaml')],
    ...['--address', '127.0.0.1', '--tls-host', `${service.name}.${service.namespace}.svc`, '--drain-seconds', '0'],
  ]);
  t.teardown(() => server.stop());
  const untilTold = (what: string | RegExp) =>
    waitFor(
      String(what),
      async () => {
        const { status, body } = await server.get('/readyz');
        t.equal(status, 200, 'the pod stays in the Service');
        const { checks } = JSON.parse(body) as { readonly checks: readonly { name: string; detail: string }[] };
        return new RegExp(what).test(checks.find(({ name }) => name === 'registration')?.detail ?? '');
      },
      waiting,
    );
  const drift = (code: string) =>
    server.metric(`tenantgate_registration_drift{configuration="${kinds[0]}",code="${code}"}`);
  await untilTold(/is not registered yet/);
  t.equal(await drift('not-registered'), 1);
  const put = (failurePolicy: string): void => {
    for (const kind of kinds) {
      const object = stored(kind, Buffer.from(server.ca).toString('base64'));
      if (kind === kinds[0]) object.webhooks[0]!.failurePolicy = failurePolicy;
      apiServer.objects.set(`${api}/${kind.toLowerCase()}s/tenantgate`, object);
    }
  };
  put('Fail');
  await untilTold(/^as expected$/);
  put('Ignore');
  await untilTold(/failurePolicy is Ignore, not Fail/);
  t.equal(await drift('failure-policy'), 1);
  t.equal(await server.metric(`tenantgate_registration_known{configuration="${kinds[0]}"}`), 1);
  apiServer.answer = (_request, response) => {
    writeJson(response, 403, statusOf(403));
  };
  await untilTold(
    /is not known: RBAC refuses it; grant \{apiGroups: \[admissionregistration\.k8s\.io\], .*verbs: \[get\]\}/,
  );
  t.equal(await drift('failure-policy'), 0);
  t.equal(await server.metric(`tenantgate_registration_known{configuration="${kinds[0]}"}`), 0);
  apiServer.answer = undefined;
  put('Fail');
  await untilTold(/^as expected$/);
  await server.stop();
  const lines = server.log().filter(({ msg }) => msg.includes('registration'));
  const about = (message: string) =>
    lines.filter(({ msg, configuration }) => msg === message && configuration === kinds[0]);
  t.match(about('the registration has drifted'), [{ level: 'warn', code: 'failure-policy', field: 'failurePolicy' }]);
  t.equal(about('the registration has drifted').length, 1, 'once, not at each look');
  t.strictSame(
    about('a drift of the registration has ended').map(({ code }) => code),
    ['not-registered', 'failure-policy'],
  );
  t.match(about('the registration cannot be read'), [{ level: 'warn', problem: /RBAC refuses it/ }]);
});

test('a registration file that is wrong ends the start', async (t) => {
  const folder = t.testdir({ 'registration.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {}\n' });
  const apiServer = await startFakeApiServer(t, folder);
  const ending = await runTenantgate([
    ...['serve', '--kubeconfig', apiServer.kubeconfig, '--registration', join(folder, 'registration.yaml')],
    ...['--address', '127.0.0.1', '--port', '0', '--metrics-port', '0'],
  ]);
  t.match(ending, {
    code: 2,
    errors:
      /^The registration file is wrong:\n {2}.*registration\.yaml holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration\n$/,
  });
});
