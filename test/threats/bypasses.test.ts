import { test } from 'tap';

import { webhookRules } from '../../src/admission/webhook-rules.ts';
import { podKinds } from '../../src/policy/objects/kinds.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { principalOf } from '../../src/tenancy/principal.ts';
import { coverageOf } from '../support/coverage/coverage.ts';
import { containerLists } from '../support/coverage/transplant.ts';
import { twoTenants } from '../support/facts.ts';
import { judge } from '../support/judge.ts';
import {
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  minimalResourceQuota,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import { bodyOf, createTestAdmission, requestOf, responseOf, reviewOf, unbounded } from '../support/test-admission.ts';
import { admits, changed, denies } from './decide.ts';

const hostNetwork = tweak(minimalPod(), 'spec.hostNetwork', true);

async function ask(request: Manifest): Promise<boolean> {
  const { service } = createTestAdmission();
  return responseOf(await service.validate(bodyOf(reviewOf(request)), unbounded)).allowed;
}

void test('Lists: each rule on pods is broken in every kind with a template, and in every list where containers count', (t) => {
  const cells = coverageOf(rules.filter(({ id }) => id === 'pods/host-ports' || id === 'pods/host-network'));
  for (const kind of podKinds) {
    t.ok(
      cells.some((cell) => cell.rule === 'pods/host-network' && cell.kind === kind && cell.trial),
      kind,
    );
    for (const list of containerLists)
      t.ok(
        cells.some((cell) => cell.rule === 'pods/host-ports' && cell.kind === kind && cell.list === list && cell.trial),
        `${kind} ${list}`,
      );
  }
  t.end();
});

void test('Routes: dry run, generateName, deletecollection and subresources change nothing; CONNECT and Scale carry nothing', async (t) => {
  for (const more of [
    {},
    { dryRun: true },
    { name: '' },
    { operation: 'UPDATE', oldObject: minimalPod(), subResource: 'resize' },
  ])
    t.equal(await ask(requestOf(hostNetwork, more)), false, JSON.stringify(more));
  const generated = changed(hostNetwork, { 'metadata.name': undefined, 'metadata.generateName': 'web-' });
  t.equal(await ask(requestOf(generated)), false, 'generateName');
  denies(t, 'quota/quota-kept', minimalResourceQuota(), { operation: 'DELETE' });
  t.equal(await ask(requestOf(minimalPod(), { operation: 'CONNECT', subResource: 'exec' })), true);
  const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  t.equal(await ask(requestOf(minimalObject('Deployment'), { kind, subResource: 'scale', operation: 'UPDATE' })), true);
});

const repository = (url: string) => tweak(minimalObject('GitRepository'), 'spec.url', url);

void test('Strings: a place is the same however it is spelt, and nothing and very much are no place', (t) => {
  for (const url of [
    'https://Kubernetes.Default.SVC/x',
    'https://kubernetes.default.svc./x',
    'HTTPS://localhost:443/x',
    'https://github.com@localhost/x',
    'https://github.com\\@localhost/x',
    'https://2130706433/x',
    `https://${'a'.repeat(300)}/x`,
  ])
    denies(t, 'flux/allowed-source-urls', repository(url));
  for (const url of ['https://github.com/acme/web', 'https://GitHub.com:443/acme/web', 'ssh://git@github.com/acme/web'])
    admits(t, repository(url));
  t.end();
});

void test('Identity: only whole names and listed groups make a platform', (t) => {
  const { tenancy } = shippedPolicySet();
  const kindOf = (username: string, ...groups: readonly string[]) => principalOf(tenancy, { username, groups }).kind;
  t.equal(kindOf('admin', 'system:masters'), 'platform');
  const tenants = [
    ['system:anonymous', 'system:unauthenticated'],
    ['system:node:a', 'system:nodes'],
    ['', 'system:authenticated'],
    ['system:masters', 'developers'],
    ['jane', 'system:masters2', 'SYSTEM:MASTERS'],
    ['system:serviceaccount:acme-dev:namespace-controller', 'system:serviceaccounts'],
  ] as const;
  for (const [username, ...groups] of tenants) t.equal(kindOf(username, ...groups), 'tenant', username);
  t.end();
});

void test('Values: quantities are compared exactly, null is absent, and text is no boolean', async (t) => {
  const quota = (pods: unknown) => tweak(minimalResourceQuota(), 'spec.hard.pods', pods);
  for (const [before, now] of [
    ['1e3', '1001'],
    ['1k', '1Ki'],
    ['500m', '0.501'],
    ['9007199254740992', '9007199254740993'],
  ] as const)
    denies(t, 'quota/quota-kept', quota(now), { old: quota(before) });
  for (const [before, now] of [
    ['1e3', '1000'],
    ['1Ki', '1024'],
    ['0.5', '500m'],
  ] as const)
    admits(t, quota(now), { old: quota(before) });
  for (const value of [null, undefined, false]) admits(t, tweak(minimalPod(), 'spec.hostNetwork', value));
  t.equal(
    await ask(requestOf(tweak(minimalPod(), 'spec.hostNetwork', 'true'))),
    false,
    'text for a boolean cannot be read',
  );
});

void test('State: what was wrong before excuses nothing new, and what is unknown is not allowed', (t) => {
  const labelled = tweak(hostNetwork, 'metadata.labels', { version: '2' });
  t.equal(judge('pods/host-network', labelled, { old: hostNetwork }).admitted, true, 'no worse');
  const worse = tweak(hostNetwork, 'spec.hostPID', true);
  denies(t, 'pods/host-namespaces', worse, { old: hostNetwork });
  const ofAcme = [{ from: [{ namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } } }] }];
  const policy = tweak(minimalNetworkPolicy(), 'spec.ingress', ofAcme);
  for (const namespaces of [{ ...twoTenants, 'acme-dev': undefined }, {}]) {
    t.match(judge('network/confined-peers', policy, { world: { namespaces } }), {
      outcome: 'undecided',
      admitted: false,
    });
  }
  const terminating = { world: { namespaces: twoTenants } };
  denies(t, 'pods/host-network', tweak(hostNetwork, 'metadata.deletionTimestamp', '2026-06-01T00:00:00Z'), terminating);
  t.end();
});

void test('Versions: every version is registered, and judged', (t) => {
  for (const entry of webhookRules(rules).validating)
    for (const { apiVersions, resources } of entry.rules) t.same(apiVersions, ['*'], resources.join(','));
  denies(
    t,
    'flux/service-account-required',
    changed(minimalObject('Kustomization'), {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1beta2',
      'spec.serviceAccountName': undefined,
    }),
  );
  denies(
    t,
    'pods/host-network',
    changed(minimalObject('CronJob'), {
      apiVersion: 'batch/v1beta1',
      'spec.jobTemplate.spec.template.spec.hostNetwork': true,
    }),
  );
  t.end();
});
