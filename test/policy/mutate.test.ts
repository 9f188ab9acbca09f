import { test } from 'tap';

import type { PatchOperation } from '../../src/policy/json-patch.ts';
import { mutate, type Defaults } from '../../src/policy/mutate.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { factsOf } from '../support/facts.ts';
import { policyOf, setOf, subjectOf, tenancyOf, type Doing } from '../support/judge.ts';
import { minimalNamespace, minimalObject, minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import { compiled, shippedPolicySet } from '../support/shipped-policies.ts';

const set = shippedPolicySet();
const tenantLabel = 'tenantgate.dev/tenant';

function defaultsFor(manifest: Manifest, doing: Doing = {}): Defaults {
  return mutate(subjectOf(manifest, doing), doing.set ?? set, factsOf(doing.world));
}

/** RFC 6902 `add` to members of objects, which is all that defaults use. */
function apply(manifest: Manifest, patch: readonly PatchOperation[]): Manifest {
  return patch.reduce((object, { path, value }) => {
    const tokens = path
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    return tweak(object, tokens, value);
  }, manifest);
}

test('a pod without labels gets the map, one with labels gets one more', (t) => {
  t.same(defaultsFor(minimalPod()).patch, [{ op: 'add', path: '/metadata/labels', value: { [tenantLabel]: 'acme' } }]);
  t.same(defaultsFor(tweak(minimalPod(), 'metadata.labels', null)).patch, [
    { op: 'add', path: '/metadata/labels', value: { [tenantLabel]: 'acme' } },
  ]);
  t.same(defaultsFor(tweak(minimalPod(), 'metadata.labels', {})).patch, [
    { op: 'add', path: '/metadata/labels/tenantgate.dev~1tenant', value: 'acme' },
  ]);
  t.end();
});

test('keys with a slash or a tilde are escaped in the path', (t) => {
  const tilde = compiled([
    tenancyOf({ tenantLabel: 'example.com/tenant' }),
    policyOf({ rules: [{ rule: 'pods/tenant-label-default' }] }),
  ]);
  const world = { namespaces: { 'acme-dev': { 'example.com/tenant': 'acme' } } };
  const { patch } = defaultsFor(tweak(minimalPod(), 'metadata.labels', { 'a~b/c': 'x' }), { set: tilde, world });
  t.same(patch, [{ op: 'add', path: '/metadata/labels/example.com~1tenant', value: 'acme' }]);
  t.end();
});

test('mutating twice is mutating once, and the patched object satisfies the rules', (t) => {
  for (const manifest of [
    minimalPod(),
    tweak(minimalPod(), 'metadata.labels', { app: 'web' }),
    minimalObject('Deployment'),
    minimalObject('NetworkPolicy'),
    minimalNamespace(),
  ]) {
    const patched = apply(manifest, defaultsFor(manifest).patch);
    t.same(defaultsFor(patched).patch, []);
    t.equal(evaluate(subjectOf(patched, { principal: { kind: 'platform' } }), set, factsOf()).outcome, 'allowed');
  }
  t.end();
});

test('nothing goes into pod templates, and nothing else is touched', (t) => {
  const deployment = minimalObject('Deployment');
  t.same(
    apply(deployment, defaultsFor(deployment).patch),
    tweak(deployment, ['metadata', 'labels', tenantLabel], 'acme'),
  );
  t.end();
});

test('a conflicting value is left, and the validation denies it', (t) => {
  const pod = tweak(minimalPod(), ['metadata', 'labels', tenantLabel], 'globex');
  t.same(defaultsFor(pod).patch, []);
  t.equal(evaluate(subjectOf(pod), set, factsOf()).outcome, 'denied');
  t.end();
});

test('in modes warn and audit nothing is changed', (t) => {
  for (const mode of ['warn', 'audit'] as const) {
    t.same(defaultsFor(minimalPod(), { set: shippedPolicySet(mode) }).patch, [], `capped at ${mode}`);
    const weak = compiled([tenancyOf(), policyOf({ rules: [{ rule: 'pods/tenant-label-default', mode }] })]);
    t.same(defaultsFor(minimalPod(), { set: weak }).patch, [], mode);
    t.equal(defaultsFor(minimalPod(), { set: weak, world: { namespaces: {} } }).decision.outcome, 'allowed');
  }
  t.end();
});

test('scope, operation and kind decide whether defaults hold', (t) => {
  const scoped = (scope: Manifest) =>
    compiled([tenancyOf(), policyOf({ scope, rules: [{ rule: 'pods/tenant-label-default' }] })]);
  t.equal(defaultsFor(minimalPod(), { set: scoped({ tenants: ['acme'] }) }).patch.length, 1);
  t.same(defaultsFor(minimalPod(), { set: scoped({ tenants: ['globex'] }) }).patch, []);
  t.same(defaultsFor(minimalPod(), { set: scoped({ kinds: ['Job'] }) }).patch, []);
  t.same(defaultsFor(minimalPod(), { operation: 'DELETE' }).patch, []);
  t.same(defaultsFor(minimalPod(), { set: setOf('pods/host-network') }).patch, []);
  t.equal(defaultsFor(tweak(minimalPod(), 'spec.hostNetwork', true), { old: minimalPod() }).patch.length, 1, 'UPDATE');
  t.end();
});

test('an UPDATE that changes no content gets no defaults, even where nothing is known of the namespace', (t) => {
  const world = { namespaces: {} };
  const old = tweak(minimalPod(), 'metadata.finalizers', ['example.com/wait']);
  const released = defaultsFor(minimalPod(), { old, world });
  t.same(released.patch, []);
  t.equal(released.decision.outcome, 'allowed');
  const changed = tweak(minimalPod(), 'metadata.annotations', { a: 'b' });
  t.equal(defaultsFor(changed, { old, world }).decision.outcome, 'undecided', 'any other UPDATE waits for the facts');
  t.end();
});

test('of two policies with one default the first to name a label decides', (t) => {
  const rule = 'namespaces/pod-security-default';
  const two = compiled([
    tenancyOf(),
    policyOf({ rules: [{ rule, params: { enforce: 'restricted' } }] }, 'first'),
    policyOf({ rules: [{ rule, params: { enforce: 'privileged' } }] }, 'second'),
  ]);
  const { patch, rules } = defaultsFor(minimalNamespace(), { set: two });
  t.equal(patch[0]?.value, 'restricted');
  t.equal(patch.length, 3);
  t.same(rules, [rule]);
  t.end();
});

test('an object without metadata is left to the API server', (t) => {
  const bare = tweak(minimalPod(), 'metadata', undefined);
  t.same(mutate({ ...subjectOf(bare), namespace: 'acme-dev' }, set, factsOf()).patch, []);
  t.end();
});
