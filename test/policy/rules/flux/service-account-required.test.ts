import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/service-account-required';
const field = 'spec.serviceAccountName';
const missing = `${field}: is missing, so Flux would apply with the identity of its controller instead of the tenant’s`;

for (const kind of ['Kustomization', 'HelmRelease', 'ResourceSet'] as const) {
  const object = minimalObject(kind);

  test(`a ${kind} names a service account`, (t) => {
    t.same(linesOf(judge(rule, object)), []);
    for (const value of [undefined, null, '']) t.same(linesOf(judge(rule, tweak(object, field, value))), [missing]);
    for (const value of [undefined, null]) t.same(linesOf(judge(rule, tweak(object, 'spec', value))), [missing]);
    t.equal(
      judge(rule, tweak(object, field, '')).violations[0]?.fix,
      'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>',
    );
    t.end();
  });

  test(`a ${kind} names one of the allowed service accounts, where they are listed`, (t) => {
    const set = setOf(rule, { allowedNames: ['deployer', 'another'] });
    const decision = judge(rule, object, { set });
    t.same(linesOf(decision), [`${field}: "flux" is not among the allowed service accounts: "another", "deployer"`]);
    t.equal(decision.violations[0]?.fix, 'Use one of the allowed service accounts.');
    t.same(linesOf(judge(rule, tweak(object, field, 'deployer'), { set })), []);
    t.same(linesOf(judge(rule, tweak(object, field, null), { set })), [missing]);
    t.end();
  });

  test(`a ${kind} of the platform is not judged`, (t) => {
    const platforms = tweak(tweak(object, field, undefined), 'metadata.namespace', 'flux-system');
    t.same(linesOf(judge(rule, platforms)), []);
    t.end();
  });
}

const provider = (spec: Manifest): Manifest => tweak(minimalObject('ResourceSetInputProvider'), 'spec', spec);

test('an input provider names a service account where it looks into the cluster', (t) => {
  const selectors = [{ name: 'web' }];
  t.same(linesOf(judge(rule, provider({ type: 'ExternalArtifact', selectors }))), [
    `${field}: is missing, so Flux would look for artifacts with the identity of its controller instead of the tenant’s`,
  ]);
  t.same(linesOf(judge(rule, provider({ type: 'ExternalArtifact', selectors, serviceAccountName: 'flux' }))), []);
  t.same(linesOf(judge(rule, provider({ type: 'Static' }))), []);
  t.same(linesOf(judge(rule, tweak(provider({}), 'spec', null))), []);
  t.end();
});

test('what is known of Flux’s default service account is said, and weighs', (t) => {
  const world = (defaultServiceAccount: boolean | undefined) => ({
    fluxControllers: new Map([['helm-controller', { noCrossNamespaceRefs: true, defaultServiceAccount }] as const]),
  });
  const object = tweak(minimalObject('HelmRelease'), field, '');
  const said = (given: boolean | undefined) =>
    judge(rule, object, { world: world(given) }).violations.map(({ severity, message }) => [severity, message]);
  t.same(said(true), [
    [
      'medium',
      'is missing, so Flux would apply as nobody that the object names; helm-controller would fall back to its --default-service-account',
    ],
  ]);
  t.same(said(false), [
    [
      'critical',
      'is missing, so Flux would apply with the identity of its controller instead of the tenant’s; helm-controller has no --default-service-account to fall back to',
    ],
  ]);
  const untold = 'is missing, so Flux would apply with the identity of its controller instead of the tenant’s';
  t.same(said(undefined), [['critical', untold]]);
  t.end();
});
