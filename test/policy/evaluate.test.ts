import { test } from 'tap';

import { allowed, type Decision } from '../../src/policy/decision.ts';
import { evaluate, unreadable } from '../../src/policy/evaluate.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { compileDocuments } from '../../src/config/compile-documents.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import type { Mode } from '../../src/policy/policy-document.ts';
import { defineCheckRule, operationsOn, type CheckRule } from '../../src/policy/rule.ts';
import { confinedPeers } from '../../src/policy/rules/network/confined-peers.ts';
import { factsOf, twoTenants, type World } from '../support/facts.ts';
import { accountPrincipal, linesOf, policyOf, setOf, subjectOf, tenancyOf, type Doing } from '../support/judge.ts';
import {
  minimalKustomization,
  minimalRole,
  minimalRoleBinding,
  minimalService,
  minimalNamespace,
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { compiled, documentOf, shippedPolicySet } from '../support/shipped-policies.ts';

const hostNetwork = 'pods/host-network';
const isolationKept = 'network/isolation-kept';
const badPod = tweak(minimalPod(), 'spec.hostNetwork', true);

function decide(set: PolicySet, manifest: Manifest, doing: Doing = {}): Decision {
  return evaluate(subjectOf(manifest, doing), set, factsOf(doing.world));
}

/** A set with these Policy specs, named a, b, c…. */
function setWith(...specs: readonly Manifest[]): PolicySet {
  return compiled([tenancyOf(), ...specs.map((spec, index) => policyOf(spec, 'abcdef'.charAt(index)))]);
}

test('a rule acts in the mode of its entry, else of its policy, else enforced', (t) => {
  const cases = [
    [{ rules: [{ rule: hostNetwork }] }, 'enforce', 'denied'],
    [{ mode: 'warn', rules: [{ rule: hostNetwork }] }, 'warn', 'allowed'],
    [{ mode: 'warn', rules: [{ rule: hostNetwork, mode: 'enforce' }] }, 'enforce', 'denied'],
    [{ rules: [{ rule: hostNetwork, mode: 'audit' }] }, 'audit', 'allowed'],
  ] as const;
  for (const [spec, mode, outcome] of cases) {
    const decision = decide(setWith(spec), badPod);
    t.equal(decision.outcome, outcome);
    t.equal(decision.admitted, outcome === 'allowed');
    t.match(decision.violations, [{ rule: hostNetwork, policy: 'a', mode, severity: 'critical', leniency: undefined }]);
  }
  t.end();
});

test('no rule acts stronger than the global cap', (t) => {
  t.match(decide(shippedPolicySet('warn'), badPod), {
    outcome: 'allowed',
    admitted: true,
    violations: [{ mode: 'warn' }],
  });
  t.match(decide(shippedPolicySet('audit'), badPod), { outcome: 'allowed', violations: [{ mode: 'audit' }] });
  const audited = compiled([tenancyOf(), policyOf({ mode: 'audit', rules: [{ rule: hostNetwork }] })], 'warn');
  t.match(decide(audited, badPod).violations, [{ mode: 'audit' }], 'a cap never makes a mode stronger');
  t.end();
});

test('a violation that several policies find is told once, in its strongest reading', (t) => {
  const exempting = {
    rules: [{ rule: hostNetwork }],
    exemptions: [{ rules: [hostNetwork], owner: 'ops', reason: 'sniffer', expires: '2026-12-31' }],
  };
  const orders = [
    setWith({ mode: 'warn', rules: [{ rule: hostNetwork }] }, { rules: [{ rule: hostNetwork }] }),
    setWith({ rules: [{ rule: hostNetwork }] }, { mode: 'warn', rules: [{ rule: hostNetwork }] }),
    setWith(exempting, { rules: [{ rule: hostNetwork }] }),
    setWith({ rules: [{ rule: hostNetwork }] }, exempting),
  ];
  for (const set of orders) {
    t.match(decide(set, badPod), { outcome: 'denied', violations: [{ mode: 'enforce', leniency: undefined }] });
    t.equal(decide(set, badPod).violations.length, 1);
  }
  t.match(decide(setWith(exempting, { mode: 'warn', rules: [{ rule: hostNetwork }] }), badPod), {
    outcome: 'allowed',
    violations: [{ mode: 'warn', leniency: undefined }],
  });
  t.end();
});

test('a policy holds in its scope only', (t) => {
  const held = (scope: Manifest, doing: Doing = {}): boolean =>
    decide(setWith({ rules: [{ rule: hostNetwork }], scope }), badPod, doing).outcome === 'denied';
  t.equal(held({ namespaces: { include: ['acme-dev'] } }), true);
  t.equal(held({ namespaces: { include: ['acme-prod'] } }), false);
  t.equal(held({ namespaces: { exclude: ['acme-dev'] } }), false);
  t.equal(held({ namespaces: { include: ['acme-dev'], exclude: ['acme-prod'] } }), true);
  t.equal(held({ tenants: ['acme'] }), true);
  t.equal(held({ tenants: ['globex'] }), false);
  t.equal(held({ kinds: ['Pod'] }), true);
  t.equal(held({ kinds: ['Deployment'] }), false);
  const unknown: World = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(held({ tenants: ['globex'] }, { world: unknown }), true, 'where the tenant is not known, strictly');
  const ofNobody: World = { namespaces: { 'acme-dev': {} } };
  t.equal(held({ tenants: ['acme'] }, { world: ofNobody }), false);
  t.end();
});

test('policies that name the namespace, the tenant or neither are applied in the order in which they stand', (t) => {
  const scopes: readonly (readonly [name: string, scope: Manifest])[] = [
    ['of-tenant', { tenants: ['acme', 'globex'] }],
    ['of-another-tenant', { tenants: ['globex'] }],
    ['of-namespace', { namespaces: { include: ['acme-dev', 'globex-dev'] }, tenants: ['acme'] }],
    ['of-namespace-and-another-tenant', { namespaces: { include: ['acme-dev'] }, tenants: ['globex'] }],
    ['of-another-namespace', { namespaces: { include: ['acme-prod'] } }],
    ['of-all', {}],
    ['of-all-but-one', { namespaces: { exclude: ['acme-dev'] } }],
  ];
  const policies = scopes.map(([name, scope]) => policyOf({ rules: [{ rule: isolationKept }], scope }, name));
  const ofOtherKinds = policyOf({ rules: [{ rule: hostNetwork }], scope: { tenants: ['acme'] } }, 'of-pods');
  const set = compiled([tenancyOf(), ...policies, ofOtherKinds]);
  const policiesOf = (doing: Doing): readonly string[] =>
    decide(set, tweak(minimalNetworkPolicy(), 'metadata.name', 'web'), {
      operation: 'DELETE',
      world: { networkPolicies: {}, ...doing.world },
    }).gaps.map(({ policy }) => policy);
  t.same(policiesOf({}), ['of-tenant', 'of-namespace', 'of-all']);
  t.same(
    policiesOf({ world: { namespaces: { ...twoTenants, 'acme-dev': undefined } } }),
    ['of-tenant', 'of-another-tenant', 'of-namespace', 'of-namespace-and-another-tenant', 'of-all'],
    'where the tenant is not known, strictly',
  );
  t.end();
});

const exemption = (more: Manifest = {}): Manifest => ({
  rules: [hostNetwork],
  owner: 'network team',
  reason: 'packet capture',
  expires: '2026-06-30',
  ...more,
});
const exempted = (...exemptions: readonly Manifest[]): PolicySet =>
  setWith({ rules: [{ rule: hostNetwork }], exemptions });

test('an exemption lifts its rule for what it names', (t) => {
  const outcome = (more: Manifest, doing?: Doing): string => decide(exempted(exemption(more)), badPod, doing).outcome;
  t.equal(outcome({}), 'exempt');
  t.equal(outcome({ namespaces: ['acme-dev'], tenants: ['acme'], kinds: ['Pod'], names: ['web'] }), 'exempt');
  t.equal(outcome({ namespaces: ['acme-prod'] }), 'denied');
  t.equal(outcome({ tenants: ['globex'] }), 'denied');
  t.equal(outcome({ kinds: ['Deployment'] }), 'denied');
  t.equal(outcome({ names: ['other'] }), 'denied');
  t.equal(outcome({ rules: ['pods/tenant-label-matches'] }), 'denied');
  t.equal(outcome({ tenants: ['acme'] }, { world: { namespaces: {} } }), 'denied', 'an unknown tenant is not that one');
  t.same(decide(exempted(exemption()), badPod).violations[0]?.leniency, {
    kind: 'exempt',
    owner: 'network team',
    reason: 'packet capture',
    expires: '2026-06-30',
  });
  t.equal(decide(exempted(exemption()), badPod).admitted, true);
  t.end();
});

test('an exemption holds to the end of its day, and afterwards exempts nothing and is told', (t) => {
  const on = (today: string): Decision => decide(exempted(exemption()), badPod, { world: { today } });
  t.equal(on('2026-06-30').outcome, 'exempt');
  t.same(on('2026-06-30').expiredExemptions, []);
  const after = on('2026-07-01');
  t.equal(after.outcome, 'denied');
  t.same(after.expiredExemptions, [{ rule: hostNetwork, policy: 'a', owner: 'network team', expires: '2026-06-30' }]);
  t.equal(
    decide(exempted(exemption(), exemption({ expires: '2026-12-31' })), badPod, { world: { today: '2026-07-01' } })
      .outcome,
    'exempt',
  );
  const twice = decide(exempted(exemption(), exemption()), badPod, { world: { today: '2027-01-01' } });
  t.equal(twice.expiredExemptions.length, 1);
  t.same(decide(exempted(exemption()), minimalPod(), { world: { today: '2027-01-01' } }).expiredExemptions, []);
  t.end();
});

test('no object exempts itself', (t) => {
  const pleading = tweak(badPod, 'metadata', {
    name: 'web',
    namespace: 'acme-dev',
    labels: { 'tenantgate.dev/exempt': 'true', 'admission.tenantgate.dev/ignore': 'true' },
    annotations: { 'tenantgate.dev/exempt': hostNetwork, 'tenantgate.dev/mode': 'audit' },
    finalizers: ['tenantgate.dev/skip'],
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'y', controller: true }],
    deletionTimestamp: '2026-01-01T00:00:00Z',
  });
  t.equal(decide(shippedPolicySet(), pleading).outcome, 'denied');
  t.end();
});

const open = { namespaceSelector: {} };
const withPeers = (...peers: readonly unknown[]): Manifest =>
  tweak(minimalNetworkPolicy(), 'spec.ingress', [{ from: peers }]);
const peersSet = setOf('network/confined-peers');
const standing = (manifest: Manifest, old: Manifest): readonly string[] =>
  decide(peersSet, manifest, { old }).violations.map(({ leniency }) => leniency?.kind ?? 'new');

test('an UPDATE answers for what it adds: an old violation warns, a new one denies', (t) => {
  const labelled = (key: string): Manifest => ({ namespaceSelector: { matchLabels: { [key]: 'x' } } });
  const old = withPeers(labelled('env'));
  const touched = tweak(old, 'metadata.labels', { touched: 'yes' });
  t.match(decide(peersSet, touched, { old }), { outcome: 'allowed', admitted: true });
  t.same(standing(touched, old), ['preexisting']);
  t.same(standing(withPeers(labelled('env'), labelled('team')), old), ['preexisting', 'new']);
  t.end();
});

test('a second violation like the first is the same, since it opens nothing more', (t) => {
  t.same(standing(withPeers(open, open), withPeers(open)), ['preexisting', 'preexisting']);
  t.same(standing(tweak(withPeers(open, open), 'metadata.labels', { a: 'b' }), withPeers(open, open)), [
    'preexisting',
    'preexisting',
  ]);
  t.end();
});

test('list items may move', (t) => {
  const own = { podSelector: {} };
  t.same(standing(withPeers(own, open), withPeers(open, own)), ['preexisting']);
  const dns = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  const to = (...peers: readonly unknown[]): Manifest =>
    tweak(minimalNetworkPolicy(), 'spec.egress', [{ to: peers, ports: [{ port: 53 }] }]);
  t.same(standing(to(own, dns), to(dns)), ['preexisting'], 'also where the message names the item');
  t.end();
});

test('an old object is repaired step by step', (t) => {
  t.same(standing(withPeers(open), withPeers(open, open)), ['preexisting']);
  t.same(standing(withPeers({ namespaceSelector: { matchLabels: { env: 'x' } } }), withPeers(open)), ['preexisting']);
  const narrowed = tweak(withPeers(open), 'spec.ingress.0.ports', [{ port: 80 }]);
  t.same(standing(narrowed, withPeers(open)), ['preexisting'], 'fewer ports');
  const foreign = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'globex-dev' } } };
  t.same(standing(withPeers(foreign), withPeers(open)), ['preexisting'], 'one foreign namespace instead of all');
  t.end();
});

test('an old violation is not made worse, even where its message stays the same', (t) => {
  const web = { namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } };
  const more = {
    namespaceSelector: {},
    podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'x'] }] },
  };
  t.same(linesOf(decide(peersSet, withPeers(web))), linesOf(decide(peersSet, withPeers(more))));
  t.same(standing(withPeers(more), withPeers(web)), ['new'], 'more pods');
  t.same(standing(withPeers(web), withPeers(more)), ['preexisting'], 'fewer pods');
  const narrowed = tweak(withPeers(open), 'spec.ingress.0.ports', [{ port: 80 }]);
  t.same(standing(withPeers(open), narrowed), ['new'], 'more ports');
  t.same(standing(withPeers({}), withPeers(open)), ['new'], 'another violation in the same place');
  const blocks = (...cidrs: readonly string[]): Manifest =>
    tweak(minimalNetworkPolicy(), 'spec.egress', [{ to: cidrs.map((cidr) => ({ ipBlock: { cidr } })) }]);
  const addresses = setOf('network/bounded-addresses');
  const judged = (now: Manifest, old: Manifest): readonly string[] =>
    decide(addresses, now, { old }).violations.map(({ leniency }) => leniency?.kind ?? 'new');
  t.same(judged(blocks('20.0.0.0/15', '8.8.8.8/32'), blocks('20.0.0.0/15')), ['preexisting']);
  t.same(judged(blocks('20.0.0.0/14'), blocks('20.0.0.0/15')), ['new']);
  t.same(judged(blocks('20.0.0.0/15'), blocks('20.0.0.0/14')), ['preexisting']);
  const seventeen = Array.from({ length: 17 }, (_, index) => `20.${2 * index}.0.0/16`);
  t.same(judged(blocks(...seventeen, '40.0.0.0/24'), blocks(...seventeen)), ['new'], 'a larger union');
  t.same(judged(blocks(...seventeen), blocks(...seventeen, '40.0.0.0/24')), ['preexisting'], 'a smaller union');
  const unreadablePeer = withPeers({ podSelector: 'all' });
  t.same(standing(unreadablePeer, withPeers({ namespaceSelector: {} })), ['new']);
  t.end();
});

test('rules that judge a change know no old violations', (t) => {
  const old = tweak(minimalNamespace(), ['metadata', 'labels', 'tenantgate.dev/x'], '1');
  const decision = decide(
    setOf('namespaces/reserved-labels'),
    tweak(old, ['metadata', 'labels', 'tenantgate.dev/x'], '2'),
    { old },
  );
  t.equal(decision.outcome, 'denied');
  t.end();
});

test('writes of controllers that change no content pass, whatever the object holds', (t) => {
  const set = shippedPolicySet();
  const old = tweak(badPod, 'metadata.finalizers', ['example.com/wait']);
  const changes: Readonly<Record<string, Manifest>> = {
    'a finalizer is removed': tweak(old, 'metadata.finalizers', undefined),
    'a status is written': tweak(old, 'status', { phase: 'Running' }),
    'managed fields and versions move': tweak(
      tweak(old, 'metadata.managedFields', [{}]),
      'metadata.resourceVersion',
      '2',
    ),
    'deletion begins': tweak(old, 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z'),
  };
  for (const [name, manifest] of Object.entries(changes)) t.same(decide(set, manifest, { old }).violations, [], name);
  const adopted = decide(set, tweak(old, 'metadata.ownerReferences', [{ uid: 'x' }]), { old });
  t.match(adopted, { admitted: true, violations: [{ leniency: { kind: 'preexisting' } }] }, 'an owner is judged');
  t.end();
});

test('an object that is being deleted is judged like any other', (t) => {
  const terminating = tweak(withPeers({ podSelector: {} }), 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z');
  const widened = tweak(withPeers(open), 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z');
  t.equal(decide(shippedPolicySet(), widened, { old: terminating }).outcome, 'denied');
  t.end();
});

const unknownReference = tweak(minimalKustomization(), 'spec.sourceRef.namespace', 'somewhere');
const somewhereUnknown: World = { namespaces: { ...twoTenants, somewhere: undefined } };

test('what could not be judged is held back, unless the policy admits it', (t) => {
  const set = (spec: Manifest): PolicySet => setWith({ rules: [{ rule: 'flux/own-tenant-references' }], ...spec });
  const decided = (spec: Manifest): Decision => decide(set(spec), unknownReference, { world: somewhereUnknown });
  t.match(decided({}), { outcome: 'undecided', admitted: false, gaps: [{ undecided: 'deny', mode: 'enforce' }] });
  t.match(decided({ undecided: 'admit' }), { outcome: 'undecided', admitted: true });
  t.match(decided({ mode: 'warn' }), { outcome: 'allowed', admitted: true, gaps: [{ mode: 'warn' }] });
  t.match(decided({ mode: 'audit' }), { outcome: 'allowed', admitted: true, gaps: [{ mode: 'audit' }] });
  const mixed = compiled([
    tenancyOf(),
    policyOf({ undecided: 'admit', rules: [{ rule: 'flux/own-tenant-references' }] }, 'lax'),
    policyOf({ rules: [{ rule: 'flux/own-tenant-references' }] }, 'strict'),
  ]);
  t.equal(decide(mixed, unknownReference, { world: somewhereUnknown }).admitted, false);
  t.end();
});

test('a certain violation beats what is undecided', (t) => {
  const both = tweak(unknownReference, 'spec.dependsOn', [{ name: 'x', namespace: 'globex-dev' }]);
  t.equal(decide(setOf('flux/own-tenant-references'), both, { world: somewhereUnknown }).outcome, 'denied');
  t.end();
});

const today = '2026-06-01';

test('an unreadable object leaves every rule of its kind undecided, but not in the platform’s namespaces', (t) => {
  const faults = [{ field: 'spec.hostNetwork', message: 'must be of type boolean or null' }];
  const decision = unreadable('Pod', 'CREATE', shippedPolicySet(), faults, { namespace: 'acme-dev', today });
  t.equal(decision.outcome, 'undecided');
  t.equal(decision.admitted, false);
  const held = (shippedPolicySet().checks.get('Pod') ?? []).filter(({ rule }) =>
    operationsOn(rule, 'Pod').includes('CREATE'),
  );
  t.same(
    decision.gaps.map(({ rule, field, message }) => [rule, field, message]),
    held.map(({ rule }) => [rule.id, 'spec.hostNetwork', 'must be of type boolean or null']),
  );
  t.ok(held.some(({ rule }) => rule.id === hostNetwork));
  t.equal(unreadable('Pod', 'CREATE', shippedPolicySet('audit'), faults, { today }).admitted, true);
  t.equal(unreadable('Pod', 'DELETE', shippedPolicySet(), faults, { today }).outcome, 'allowed', 'no rule judges that');
  t.equal(unreadable('Pod', 'CREATE', setOf('flux/no-kube-config'), faults, { today }).outcome, 'allowed');
  t.equal(
    unreadable('Pod', 'CREATE', shippedPolicySet(), faults, { namespace: 'kube-system', today }).outcome,
    'allowed',
  );
  t.equal(
    unreadable('Namespace', 'UPDATE', shippedPolicySet(), faults, { namespace: 'kube-system', today }).outcome,
    'undecided',
  );
  const scoped = setWith({ rules: [{ rule: hostNetwork }], scope: { namespaces: { include: ['acme-prod'] } } });
  t.equal(
    unreadable('Pod', 'CREATE', scoped, faults, { namespace: 'acme-dev', today }).outcome,
    'allowed',
    'beyond the policy’s scope',
  );
  t.equal(unreadable('Pod', 'CREATE', scoped, faults, { namespace: 'acme-prod', today }).outcome, 'undecided');
  t.equal(
    unreadable('Pod', 'CREATE', scoped, faults, { today }).outcome,
    'undecided',
    'where it is not known, strictly',
  );
  t.end();
});

test('kinds that no rule in force judges are allowed', (t) => {
  t.equal(decide(setOf(hostNetwork), minimalNetworkPolicy()).outcome, 'allowed');
  t.end();
});

test('the platform’s namespaces are known by name: nothing is looked up', (t) => {
  const facts = {
    ...factsOf(),
    namespace: (): undefined => {
      t.fail('no look-up is needed');
    },
  };
  const pod = tweak(badPod, 'metadata.namespace', 'kube-system');
  t.equal(evaluate(subjectOf(pod), shippedPolicySet(), facts).outcome, 'allowed');
  t.end();
});

test('a namespace that is not known is asked for, even where nothing hangs on it yet', (t) => {
  for (const namespaces of [{}, { 'acme-dev': undefined }]) {
    t.same(decide(setOf(hostNetwork), minimalPod(), { world: { namespaces } }).missingFacts, [
      { fact: 'namespace', namespace: 'acme-dev' },
    ]);
  }
  t.end();
});

test('the same input gives the same decision, byte for byte, in whatever order maps come', (t) => {
  const labels = ['a', 'b', 'c'];
  const selector = (keys: readonly string[]): Manifest => ({
    matchLabels: Object.fromEntries(keys.map((key) => [key, key])),
  });
  const policy = (keys: readonly string[]): Manifest =>
    withPeers(
      { namespaceSelector: {}, podSelector: selector(keys) },
      { namespaceSelector: selector(keys), podSelector: {} },
    );
  const set = shippedPolicySet();
  const once = JSON.stringify(decide(set, policy(labels)).violations.map(({ message }) => message));
  t.equal(JSON.stringify(decide(set, policy(labels)).violations.map(({ message }) => message)), once);
  const counterexamples = (keys: readonly string[]): readonly string[] =>
    linesOf(decide(set, policy(keys))).map((line) => line.slice(line.indexOf('counterexample')));
  t.same(counterexamples(labels.toReversed()), counterexamples(labels));
  t.notMatch(once, /\d{4}-\d\d-\d\d|[0-9a-f]{8}-[0-9a-f]{4}/, 'no time, no uid');
  t.end();
});

test('violations are sorted by rule, whatever order the policies name them in', (t) => {
  const bad = tweak(badPod, ['metadata', 'labels', 'tenantgate.dev/tenant'], 'globex');
  const policies = [{ rules: [{ rule: 'pods/tenant-label-matches' }] }, { rules: [{ rule: hostNetwork }] }];
  for (const order of [policies, policies.toReversed()]) {
    t.same(
      decide(setWith(...order), bad).violations.map(({ rule }) => rule),
      [hostNetwork, 'pods/tenant-label-matches'],
    );
  }
  t.end();
});

test('a rule that throws is a bug, not a decision', (t) => {
  const broken = defineCheckRule({
    ...confinedPeers,
    id: 'test/broken',
    kinds: ['Pod'],
    judges: 'state',
    check: () => {
      throw new Error('bug');
    },
  });
  t.throws(() => decide(setWithRule(broken), minimalPod()), /bug/);
  t.end();
});

/** A set with one more rule, enforced. */
function setWithRule(rule: CheckRule, spec: Manifest = {}): PolicySet {
  const documents = [tenancyOf(), policyOf({ ...spec, rules: [{ rule: rule.id }] })].map((value) => documentOf(value));
  const result = compileDocuments(documents, { rules: [...rules, rule], strongestMode: 'enforce' });
  if (!result.ok) throw new Error('the documents are right');
  return result.value;
}

test('a violation may act weaker than its rule, and never stronger', (t) => {
  const weak = (strongestMode: Mode) =>
    defineCheckRule({
      ...confinedPeers,
      id: 'test/weak',
      kinds: ['Pod'],
      judges: 'state',
      *check() {
        yield { field: 'spec', message: 'is bad', fix: 'Mend it.', strongestMode };
      },
    });
  t.match(decide(setWithRule(weak('warn')), minimalPod()), { outcome: 'allowed', violations: [{ mode: 'warn' }] });
  t.match(decide(setWithRule(weak('enforce')), minimalPod()), { outcome: 'denied', violations: [{ mode: 'enforce' }] });
  t.match(decide(setWithRule(weak('enforce'), { mode: 'audit' }), minimalPod()).violations, [{ mode: 'audit' }]);
  t.end();
});

/** Advice on pods that asks for the pods of a namespace, and finds something where there are none. */
const advice = defineCheckRule({
  ...confinedPeers,
  id: 'test/advice',
  kinds: ['Pod'],
  judges: 'state',
  isAdvice: true,
  *check(_, { facts }) {
    const pods = facts.podsOf('acme-dev');
    for (let index = 0; pods !== undefined && index < 300 - pods.length; index += 1)
      yield { field: 'spec', message: `is odd in respect ${index}`, fix: 'Look again.' };
  },
});

test('advice never denies, whatever mode a policy gives it', (t) => {
  const decision = decide(setWithRule(advice), minimalPod());
  t.match(decision, { outcome: 'allowed', admitted: true, gaps: [] });
  t.match(decision.violations, { 0: { mode: 'warn' }, length: 200 }, 'what nobody reads any more is no gap');
  t.match(decide(setWithRule(advice, { mode: 'audit' }), minimalPod()).violations[0], { mode: 'audit' });
  t.end();
});

test('where a fact is missing, advice is left out, and the fact may be fetched', (t) => {
  const world: World = { pods: {} };
  t.same(decide(setWithRule(advice), minimalPod(), { world }), {
    ...allowed,
    adviceFacts: [{ fact: 'podsOf', namespace: 'acme-dev' }],
  });
  const denied = decide(setWithRule(advice), minimalPod(), { world: { ...world, namespaces: {} } });
  t.same(denied.gaps, [], 'nor does an unknown owner make it undecided');
  t.same(denied.missingFacts, [{ fact: 'namespace', namespace: 'acme-dev' }]);
  t.end();
});

test('an object that cannot be read leaves no advice undecided', (t) => {
  t.equal(
    unreadable('Pod', 'CREATE', setWithRule(advice), [{ field: 'spec', message: 'x' }], { today }).gaps.length,
    0,
  );
  t.end();
});

test('a rule is told of which kind the object is whose weight it compares', (t) => {
  const seen: string[] = [];
  const rule = defineCheckRule({
    ...confinedPeers,
    id: 'test/weight',
    kinds: ['Pod', 'Job'],
    judges: 'state',
    *check() {
      yield { field: 'spec', message: 'is bad', fix: 'Mend it.' };
    },
    doesNoMore: (_now, _before, kind) => {
      seen.push(kind);
      return kind === 'Job';
    },
  });
  const set = setWithRule(rule);
  for (const object of [minimalPod(), minimalObject('Job')]) {
    const decision = decide(set, tweak(object, 'metadata.labels.app', 'web'), { old: object });
    t.equal(decision.outcome, object['kind'] === 'Job' ? 'allowed' : 'denied');
  }
  t.same(seen, ['Pod', 'Job']);
  t.end();
});

const everywhere = tweak(minimalRoleBinding('ClusterRoleBinding'), 'roleRef.name', 'cluster-admin');
const bindingRule = 'access/no-cluster-admin-binding';

test('an object of the whole cluster is its author’s', (t) => {
  const set = setWith({ rules: [{ rule: bindingRule }] });
  const outcome = (principal: NonNullable<Doing['principal']>): string =>
    decide(set, everywhere, { principal }).outcome;
  t.equal(outcome(accountPrincipal), 'denied');
  t.equal(outcome({ kind: 'tenant', username: 'jane', serviceAccountNamespace: undefined }), 'denied');
  t.equal(outcome({ kind: 'tenant', username: 'a', serviceAccountNamespace: 'nowhere' }), 'denied');
  for (const kind of ['platform', 'controller', 'unknown'] as const) t.equal(outcome({ kind }), 'allowed', kind);
  const ignoring = compiled([
    tenancyOf({ unmanagedNamespaces: 'ignore' }),
    policyOf({ rules: [{ rule: bindingRule }] }),
  ]);
  t.equal(decide(ignoring, everywhere).outcome, 'denied', 'a person is nobody’s, but no namespace');
  t.end();
});

test('a policy that includes or exempts namespaces says nothing of the whole cluster', (t) => {
  const rules = [{ rule: bindingRule }];
  const doing = { principal: accountPrincipal };
  const held = (spec: Manifest): string => decide(setWith({ rules, ...spec }), everywhere, doing).outcome;
  t.equal(held({ scope: { namespaces: { include: ['acme-dev', 'web'] } } }), 'allowed');
  t.equal(held({ scope: { namespaces: { exclude: ['web'] } } }), 'denied');
  t.equal(held({ scope: { tenants: ['acme'] } }), 'denied');
  t.equal(held({ scope: { tenants: ['globex'] } }), 'allowed');
  const exemption = { rules: [bindingRule], owner: 'ops', reason: 'x', expires: '2026-12-31' };
  t.equal(held({ exemptions: [{ ...exemption, namespaces: ['web'] }] }), 'denied');
  t.equal(held({ exemptions: [{ ...exemption, names: ['web'] }] }), 'exempt');
  t.end();
});

test('whose a ClusterRole is waits for the author’s namespace', (t) => {
  const world: World = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const good = decide(setWith({ rules: [{ rule: 'access/no-escalating-role' }] }), minimalRole('ClusterRole'), {
    principal: accountPrincipal,
    world,
  });
  t.match(good, { outcome: 'allowed', missingFacts: [{ fact: 'namespace', namespace: 'acme-dev' }] });
  t.end();
});

test('an UPDATE of the status alone is judged where rules judge the status, and passes elsewhere', (t) => {
  const set = shippedPolicySet();
  const ingress = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } };
  t.equal(decide(set, { ...minimalService(), status: ingress }, { old: minimalService() }).outcome, 'denied');
  t.equal(decide(set, { ...badPod, status: { phase: 'Running' } }, { old: badPod }), allowed);
  t.end();
});
