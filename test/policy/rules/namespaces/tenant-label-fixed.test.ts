import { test } from 'tap';

import type { Principal } from '../../../../src/tenancy/principal.ts';
import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalNamespace, tweak } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/tenant-label-fixed';
const path = ['metadata', 'labels', 'tenantgate.dev/tenant'];
const field = 'metadata.labels["tenantgate.dev/tenant"]';
const ofAcme = minimalNamespace();
const ofGlobex = tweak(ofAcme, path, 'globex');
const ofNobody = tweak(ofAcme, path, undefined);
const whose = 'only the platform says whose namespace "acme-dev" is';

const serviceAccountIn = (namespace: string): Principal => ({
  kind: 'tenant',
  username: `system:serviceaccount:${namespace}:flux`,
  serviceAccountNamespace: namespace,
});

test('a tenant does not change the tenant label of a namespace', (t) => {
  const cases = [
    [ofAcme, ofGlobex, `${field}: changes from "acme" to "globex"; ${whose}`, 'Keep the label at "acme".'],
    [ofAcme, ofNobody, `${field}: is removed (it was "acme"); ${whose}`, 'Keep the label at "acme".'],
    [ofAcme, tweak(ofAcme, path, ''), `${field}: is removed (it was "acme"); ${whose}`, 'Keep the label at "acme".'],
    [
      ofAcme,
      tweak(ofAcme, 'metadata.labels', null),
      `${field}: is removed (it was "acme"); ${whose}`,
      'Keep the label at "acme".',
    ],
    [ofNobody, ofAcme, `${field}: is set to "acme" by a tenant; ${whose}`, 'Ask the platform to assign the namespace.'],
  ] as const;
  for (const [old, manifest, line, fix] of cases) {
    const decision = judge(rule, manifest, { old });
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [line]);
    t.equal(decision.violations[0]?.fix, fix);
  }
  t.end();
});

test('nor does a service account of the tenant: a free namespace cannot be claimed by a change', (t) => {
  t.same(linesOf(judge(rule, ofAcme, { old: ofNobody, principal: serviceAccountIn('acme-prod') })), [
    `${field}: is set to "acme" by a tenant; ${whose}`,
  ]);
  t.same(linesOf(judge(rule, ofAcme, { old: ofGlobex, principal: serviceAccountIn('acme-prod') })), [
    `${field}: changes from "globex" to "acme"; ${whose}`,
  ]);
  t.end();
});

test('what leaves the tenant label alone passes', (t) => {
  t.same(linesOf(judge(rule, tweak(ofAcme, ['metadata', 'labels', 'team'], 'x'), { old: ofAcme })), []);
  t.same(linesOf(judge(rule, tweak(ofNobody, ['metadata', 'labels', 'team'], 'x'), { old: ofNobody })), []);
  t.same(linesOf(judge(rule, tweak(ofNobody, path, ''), { old: ofNobody })), [], 'an empty label is none');
  t.end();
});

test('a person creates no namespace of a tenant; one without a label is another rule’s', (t) => {
  t.same(linesOf(judge(rule, ofAcme)), [`${field}: is set to "acme" by a tenant; ${whose}`]);
  t.same(linesOf(judge(rule, ofNobody)), []);
  t.end();
});

test('a service account creates namespaces of its own tenant only', (t) => {
  const next = tweak(ofAcme, 'metadata.name', 'acme-next');
  const outcome = (namespace: string, manifest = next): string =>
    judge(rule, manifest, { principal: serviceAccountIn(namespace) }).outcome;
  t.equal(outcome('acme-dev'), 'allowed');
  t.equal(outcome('globex-dev'), 'denied');
  t.equal(outcome('default'), 'denied');
  t.equal(outcome('nowhere'), 'denied');
  t.equal(outcome('acme-dev', tweak(next, path, 'globex')), 'denied');
  const unknown = judge(rule, next, {
    principal: serviceAccountIn('acme-dev'),
    world: { namespaces: { ...twoTenants, 'acme-dev': undefined } },
  });
  t.equal(unknown.outcome, 'denied');
  t.same(unknown.missingFacts, [{ fact: 'namespace', namespace: 'acme-dev' }], 'so that it can be read live');
  t.end();
});

test('a tenant does not create a namespace of the platform before the platform does', (t) => {
  const early = tweak(ofNobody, 'metadata.name', 'tenantgate-system');
  const line =
    'metadata.name: "tenantgate-system" is a name that the Tenancy document gives a meaning, and a tenant creates it; only the platform says whose namespace "tenantgate-system" is';
  t.same(linesOf(judge(rule, early)), [line]);
  t.same(linesOf(judge(rule, early, { principal: serviceAccountIn('acme-dev') })), [line]);
  t.same(linesOf(judge(rule, tweak(early, ['metadata', 'labels', 'x'], 'y'), { old: early })), [], 'once it is there');
  t.same(linesOf(judge(rule, early, { principal: { kind: 'platform' } })), []);
  t.end();
});

test('the platform, and a check of manifests, may assign and move namespaces', (t) => {
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, ofGlobex, { old: ofAcme, principal: { kind } })), [], kind);
    t.same(linesOf(judge(rule, ofAcme, { principal: { kind } })), [], kind);
  }
  t.end();
});
