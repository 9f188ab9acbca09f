import { test } from 'tap';

import type { NetworkPolicy } from '../../../../src/policy/objects/network-policy.ts';
import type { World } from '../../../support/facts.ts';
import { judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalNamespace, minimalNetworkPolicy, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/baseline-before-use';
const stored = tweak(minimalNamespace(), 'metadata.resourceVersion', '1');
const changed = tweak(stored, ['metadata', 'labels', 'team'], 'x');
const has = 'metadata.name: namespace "acme-dev" has';
const ranges = 'no LimitRange for containers';
const isolated = (direction: string): string => `no NetworkPolicy that isolates every pod for ${direction}`;
const quota = 'no ResourceQuota that counts every pod';
const everything = `${has} ${ranges}; ${isolated('egress')}; ${isolated('ingress')}; ${quota}`;

const policies = (...manifests: readonly Manifest[]): World => ({
  networkPolicies: { 'acme-dev': manifests as unknown as readonly NetworkPolicy[] },
});
const complete = policies(minimalNetworkPolicy());
const nothing: World = { networkPolicies: {}, resourceQuotas: {}, limitRanges: {} };
const empty: World = {
  networkPolicies: { 'acme-dev': [] },
  resourceQuotas: { 'acme-dev': [] },
  limitRanges: { 'acme-dev': [] },
};
const lines = (world: World, doing: Doing = {}): readonly string[] =>
  linesOf(judge(rule, changed, { old: stored, world, ...doing }));

test('one message tells all that a namespace lacks, whoever changes it', (t) => {
  t.same(lines(empty), [everything]);
  t.same(lines(empty, { principal: { kind: 'platform' } }), [everything]);
  t.same(lines(complete), []);
  t.same(lines({ ...complete, resourceQuotas: { 'acme-dev': [] } }), [`${has} ${quota}`]);
  t.same(lines({ ...complete, limitRanges: { 'acme-dev': [] } }), [`${has} ${ranges}`]);
  t.equal(
    judge(rule, changed, { old: stored, world: empty }).violations[0]?.fix,
    'Have the platform add to namespace acme-dev what is missing.',
  );
  t.end();
});

test('a default-deny selects every pod, lasts, and may be two policies', (t) => {
  const only = (type: string): Manifest => tweak(minimalNetworkPolicy(), 'spec.policyTypes', [type]);
  t.same(lines(policies(only('Ingress'))), [`${has} ${isolated('egress')}`]);
  t.same(lines(policies(only('Ingress'), only('Egress'))), []);
  const some = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchLabels: { app: 'db' } });
  const ending = tweak(minimalNetworkPolicy(), 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z');
  const wrong = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchExpressions: [{ key: 'a', operator: 'x' }] });
  for (const policy of [some, ending, wrong]) {
    t.same(lines(policies(policy)), [`${has} ${isolated('egress')}; ${isolated('ingress')}`]);
  }
  t.end();
});

test('a quota with scopes, and a limit range for volumes, do not count', (t) => {
  const head = { apiVersion: 'v1', metadata: { name: 'x' } };
  const scoped = { ...head, kind: 'ResourceQuota', spec: { hard: { pods: '1' }, scopes: ['Terminating'] } };
  const ofVolumes = { ...head, kind: 'LimitRange', spec: { limits: [{ type: 'PersistentVolumeClaim', max: {} }] } };
  const world = { ...complete, resourceQuotas: { 'acme-dev': [scoped] }, limitRanges: { 'acme-dev': [ofVolumes] } };
  t.same(lines(world), [`${has} ${ranges}; ${quota}`]);
  t.end();
});

test('what is not known is not called missing', (t) => {
  const decision = judge(rule, changed, { old: stored, world: nothing });
  t.same(linesOf(decision), []);
  t.same(
    decision.missingFacts.map(({ fact }) => fact),
    ['limitRangesOf', 'networkPoliciesOf', 'resourceQuotasOf'],
  );
  t.end();
});

test('it reports, and denies no change to a namespace that lacked it before', (t) => {
  const decision = judge(rule, changed, { old: stored, world: empty });
  t.equal(decision.outcome, 'allowed');
  t.match(decision.violations, [{ leniency: { kind: 'preexisting' } }]);
  const ofNobody = tweak(stored, 'metadata.labels', {});
  const principal = { kind: 'platform' } as const;
  t.equal(judge(rule, stored, { old: ofNobody, principal, world: empty }).outcome, 'denied', 'becoming a tenant’s');
  t.end();
});

test('a namespace that is only now made, or stands in a manifest, has nothing to tell; a stored one has', (t) => {
  t.same(linesOf(judge(rule, minimalNamespace(), { world: empty })), []);
  const principal = { kind: 'unknown' } as const;
  t.same(linesOf(judge(rule, minimalNamespace(), { principal, world: empty })), []);
  t.same(linesOf(judge(rule, stored, { principal, world: empty })), [everything]);
  t.end();
});

test('namespaces of the platform and of nobody are left alone, and so is the namespace controller', (t) => {
  t.same(lines(empty, { principal: { kind: 'controller' } }), []);
  const ofNobody = tweak(stored, 'metadata.labels', {});
  t.same(linesOf(judge(rule, ofNobody, { old: stored, world: empty })), []);
  const kubeSystem = tweak(changed, 'metadata.name', 'kube-system');
  t.same(linesOf(judge(rule, kubeSystem, { old: tweak(stored, 'metadata.name', 'kube-system'), world: empty })), []);
  t.end();
});

test('params choose what has to be there', (t) => {
  t.same(lines(empty, { set: setOf(rule, { parts: ['ResourceQuota'] }) }), [`${has} ${quota}`]);
  t.same(lines(empty, { set: setOf(rule, { parts: [] }) }), []);
  t.end();
});
