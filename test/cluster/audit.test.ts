import t from 'tap';

import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** Mode audit: nothing is denied, nothing is changed, and every would-be denial can be seen. */
const cluster = await connectControlPlane();
const { acmeDev, asAcme } = await createTenants(cluster, 'audit');
const tenantgate = await startTenantgate(cluster, { mode: 'audit' });
t.teardown(() => tenantgate.stop());

const open = networkPolicy(acmeDev, 'open', {
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ namespaceSelector: {} }] }],
});

t.test('a would-be denial is admitted without a word to its author', async (t) => {
  const outcome = await cluster.apply([open], asAcme);
  expectSuccess(outcome);
  t.equal(outcome.stderr, '');
  const labels = await cluster.kubectl([
    'get',
    'networkpolicy',
    'open',
    '-n',
    acmeDev,
    '-o',
    'jsonpath={.metadata.labels}',
  ]);
  t.equal(labels.stdout, '', 'nothing is changed either');
});

t.test('the API server’s audit log tells the decision, the rule and the violation', async (t) => {
  const event = await cluster.waitForAuditEvent(
    'the open policy',
    ({ objectRef, verb }) => verb !== 'get' && objectRef?.namespace === acmeDev && objectRef.name === 'open',
  );
  const annotations = event.annotations ?? {};
  t.equal(annotations['validate.tenantgate.dev/decision'], 'allowed');
  t.equal(annotations['validate.tenantgate.dev/rules'], 'network/confined-peers');
  t.match(annotations['validate.tenantgate.dev/violations'], /^\[audit\] network\/confined-peers spec\.ingress\[0\]/);
  t.match(annotations['validate.tenantgate.dev/policy'], /^[0-9a-f]{12}$/);
});

t.test('the metrics count it', async (t) => {
  const metrics = await tenantgate.metrics();
  t.match(
    metrics,
    /tenantgate_rule_violations_total\{rule="network\/confined-peers",mode="audit",kind="[^"]*NetworkPolicy",operation="CREATE",dry_run="false"\} 1/,
  );
});

t.test('the log has one line for it, without the object', async (t) => {
  const lines = (await tenantgate.decisions()).filter(({ name, rules }) => name === 'open' && rules.length > 0);
  t.equal(lines.length, 1);
  t.match(lines[0], { outcome: 'allowed', rules: ['network/confined-peers'], namespace: acmeDev, user: asAcme.as });
  t.notMatch(JSON.stringify(lines), 'namespaceSelector');
});

t.test('a good object leaves annotations too, and no violation', async (t) => {
  expectSuccess(await cluster.apply([pod(acmeDev, 'web')], asAcme));
  const event = await cluster.waitForAuditEvent(
    'the pod',
    ({ objectRef, verb }) => verb === 'create' && objectRef?.namespace === acmeDev && objectRef.name === 'web',
  );
  t.match(event.annotations, {
    'validate.tenantgate.dev/decision': 'allowed',
    'validate.tenantgate.dev/rules': '',
  });
});
