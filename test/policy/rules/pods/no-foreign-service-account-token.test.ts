import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/no-foreign-service-account-token';
const ofPlatform = (name: string): string =>
  `${name} is an account of the platform in namespace "acme-dev": whoever gets into the pod acts as the platform`;
const platform = {
  namespaces: ['kube-system'],
  users: ['system:serviceaccount:acme-dev:flux', 'system:serviceaccount:acme-dev:default'],
};
const audienceField = 'spec.volumes[0].projected.sources[1].serviceAccountToken.audience';
const volumes = (audience: unknown) => [
  {
    name: 'token',
    projected: { sources: [{ configMap: { name: 'a' } }, { serviceAccountToken: { path: 't', audience } }] },
  },
];

for (const kind of podKinds) {
  test(`a ${kind} does not run as an account of the platform`, (t) => {
    const set = setOf(rule, { platformServiceAccounts: ['reconciler'] });
    const field = `${podPath(kind)}spec.serviceAccountName`;
    const decision = judge(rule, tweak(minimalObject(kind), field, 'reconciler'), { set });
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [`${field}: ${ofPlatform('reconciler')}`]);
    t.equal(decision.violations[0]?.fix, 'Name a service account of the tenant.');
    t.same(linesOf(judge(rule, tweak(minimalObject(kind), field, 'web'), { set })), []);
    t.same(linesOf(judge(rule, minimalObject(kind), { set })), []);
    t.end();
  });

  test(`a ${kind} holds no token for another audience`, (t) => {
    const object = (audience: unknown) => tweak(minimalObject(kind), `${podPath(kind)}spec.volumes`, volumes(audience));
    t.same(linesOf(judge(rule, object('vault'))), [
      `${podPath(kind)}${audienceField}: vault is not an audience that tokens of tenants are for; these are: "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"`,
    ]);
    for (const audience of [
      'https://kubernetes.default.svc',
      'https://kubernetes.default.svc.cluster.local',
      '',
      null,
      undefined,
    ])
      t.same(linesOf(judge(rule, object(audience))), []);
    t.end();
  });
}

test('an account that the Tenancy document lists as a platform user is the platform’s', (t) => {
  const set = setOf(rule, {}, { platform });
  const as = (field: string, name: unknown) => judge(rule, tweak(minimalPod(), field, name), { set });
  t.same(linesOf(as('spec.serviceAccountName', 'flux')), [`spec.serviceAccountName: ${ofPlatform('flux')}`]);
  t.same(linesOf(as('spec.serviceAccount', 'flux')), [`spec.serviceAccount: ${ofPlatform('flux')}`], 'the old name');
  t.same(linesOf(as('spec.serviceAccountName', 'web')), []);
  for (const none of ['', null, undefined])
    t.same(linesOf(as('spec.serviceAccountName', none)), [`spec.serviceAccountName: ${ofPlatform('default')}`]);
  t.end();
});

test('an account of the same name in another namespace is another', (t) => {
  const set = setOf(rule, {}, { platform });
  const pod = tweak(tweak(minimalPod(), 'spec.serviceAccountName', 'flux'), 'metadata.namespace', 'globex-dev');
  t.same(linesOf(judge(rule, pod, { set })), []);
  t.end();
});

test('the newer field wins over its old name', (t) => {
  const set = setOf(rule, {}, { platform });
  const pod = tweak(tweak(minimalPod(), 'spec.serviceAccount', 'flux'), 'spec.serviceAccountName', 'web');
  t.same(linesOf(judge(rule, pod, { set })), []);
  t.end();
});

test('the operator names audiences of other systems', (t) => {
  const set = setOf(rule, { audiences: ['sts.amazonaws.com'] });
  const pod = (audience: string) => tweak(minimalPod(), 'spec.volumes', volumes(audience));
  t.same(linesOf(judge(rule, pod('sts.amazonaws.com'), { set })), []);
  t.equal(judge(rule, pod('vault'), { set }).outcome, 'denied');
  t.end();
});

test('other volumes, and workloads without a template, have nothing to refuse', (t) => {
  for (const value of [
    null,
    [],
    [{ name: 'a', emptyDir: {} }],
    [{ name: 'a', projected: null }],
    [{ name: 'a', projected: { sources: null } }],
  ])
    t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.volumes', value))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', null))), []);
  t.end();
});
