import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import type { NetworkPolicy } from '../../../../src/policy/objects/network-policy.ts';
import type { World } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import {
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  tweak,
  type Manifest,
} from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/isolated-before-start';
const denyAll = minimalNetworkPolicy();
const holding = (...policies: readonly Manifest[]): World => ({
  networkPolicies: { 'acme-dev': policies as unknown as readonly NetworkPolicy[] },
});
const open = (direction: 'ingress' | 'egress', labels = 'no labels'): string =>
  `a pod with ${labels} would start without ${direction} isolation: no NetworkPolicy of namespace "acme-dev" selects it for ${direction === 'ingress' ? 'Ingress' : 'Egress'}`;
const lines = (manifest: Manifest, world: World): readonly string[] => linesOf(judge(rule, manifest, { world }));

for (const kind of podKinds) {
  test(`a ${kind} needs a NetworkPolicy for each direction before it starts`, (t) => {
    const labels = kind === 'Pod' ? 'no labels' : 'app=web';
    const field = `${podPath(kind)}metadata.labels`;
    const decision = judge(rule, minimalObject(kind), { world: holding() });
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [`${field}: ${open('ingress', labels)}`, `${field}: ${open('egress', labels)}`]);
    t.match(decision.violations[0]?.fix, 'podSelector: {}');
    t.same(lines(minimalObject(kind), holding(denyAll)), []);
    t.end();
  });
}

test('each direction is judged by itself', (t) => {
  const ingressOnly = tweak(denyAll, 'spec.policyTypes', ['Ingress']);
  const egressOnly = tweak(denyAll, 'spec.policyTypes', ['Egress']);
  t.same(lines(minimalPod(), holding(ingressOnly)), [`metadata.labels: ${open('egress')}`]);
  t.same(lines(minimalPod(), holding(egressOnly)), [`metadata.labels: ${open('ingress')}`]);
  t.same(lines(minimalPod(), holding(ingressOnly, egressOnly)), []);
  const set = setOf(rule, { directions: ['ingress'] });
  t.same(linesOf(judge(rule, minimalPod(), { set, world: holding(ingressOnly) })), [], 'where only one is asked for');
  t.end();
});

test('a policy isolates the pods that it selects', (t) => {
  const ofWeb = tweak(denyAll, 'spec.podSelector', { matchLabels: { app: 'web' } });
  const web = tweak(minimalPod(), 'metadata.labels', { app: 'web' });
  t.same(lines(web, holding(ofWeb)), []);
  t.equal(lines(minimalPod(), holding(ofWeb)).length, 2);
  t.same(lines(minimalObject('Deployment'), holding(ofWeb)), []);
  t.end();
});

test('the tenant label that pods of a template will get counts', (t) => {
  const ofAcme = tweak(denyAll, 'spec.podSelector', { matchLabels: { 'tenantgate.dev/tenant': 'acme' } });
  t.same(lines(minimalObject('Deployment'), holding(ofAcme)), []);
  t.equal(lines(minimalPod(), holding(ofAcme)).length, 2, 'a Pod has it by then, or never');
  const nobodys = tweak(minimalObject('Deployment'), 'metadata.namespace', 'default');
  t.equal(
    judge(rule, nobodys, { world: { networkPolicies: { default: [ofAcme as unknown as NetworkPolicy] } } }).violations
      .length,
    2,
  );
  t.end();
});

test('a policy that is on its way out, or whose selector cannot be read, isolates nobody who comes now', (t) => {
  const going = tweak(denyAll, 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z');
  const unreadable = tweak(denyAll, 'spec.podSelector', { matchLabels: 'web' });
  t.equal(lines(minimalPod(), holding(going, unreadable)).length, 2);
  t.same(lines(minimalPod(), holding(tweak(denyAll, 'spec.podSelector', null))), [], 'an absent selector is empty');
  t.end();
});

test('what runs already, and what no NetworkPolicy governs, is not asked about', (t) => {
  const changed = tweak(minimalPod(), 'metadata.labels', { app: 'web' });
  t.same(linesOf(judge(rule, changed, { old: minimalPod(), world: holding() })), []);
  t.same(lines(tweak(minimalPod(), 'spec.hostNetwork', true), holding()), []);
  t.same(lines(tweak(minimalObject('PodTemplate'), 'template', null), holding()), []);
  t.end();
});

test('an old workload is warned of, until its labels change', (t) => {
  const old = minimalObject('Deployment');
  const world = holding();
  t.equal(judge(rule, tweak(old, 'spec.replicas', 3), { old, world }).outcome, 'allowed');
  const relabelled = tweak(old, 'spec.template.metadata.labels', { app: 'web', tier: 'front' });
  t.equal(judge(rule, relabelled, { old, world }).outcome, 'denied');
  t.end();
});

test('in namespaces that are only warned, nothing is denied', (t) => {
  const set = setOf(rule, { warnOnly: ['acme-dev'] });
  const decision = judge(rule, minimalPod(), { set, world: holding() });
  t.equal(decision.outcome, 'allowed');
  t.same(
    decision.violations.map(({ mode }) => mode),
    ['warn', 'warn'],
  );
  const elsewhere = tweak(minimalPod(), 'metadata.namespace', 'acme-prod');
  t.equal(judge(rule, elsewhere, { set, world: { networkPolicies: { 'acme-prod': [] } } }).outcome, 'denied');
  t.end();
});

test('manifests without any policy of the namespace say nothing of it, where nobody applies them', (t) => {
  const principal = { kind: 'unknown' } as const;
  t.same(linesOf(judge(rule, minimalPod(), { principal, world: holding() })), []);
  const ofDatabase = tweak(denyAll, 'spec.podSelector', { matchLabels: { app: 'database' } });
  t.equal(linesOf(judge(rule, minimalPod(), { principal, world: holding(ofDatabase) })).length, 2);
  t.end();
});

test('where the policies are not known, nothing is guessed', (t) => {
  const decision = judge(rule, minimalPod(), { world: { networkPolicies: {} } });
  t.equal(decision.outcome, 'undecided');
  t.same(decision.missingFacts, [{ fact: 'networkPoliciesOf', namespace: 'acme-dev' }]);
  t.end();
});
