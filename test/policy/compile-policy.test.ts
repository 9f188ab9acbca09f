import { test } from 'tap';

import { compilePolicy, paramDefaults } from '../../src/policy/compile-policy.ts';
import { modes, strongerMode, weakerMode, type PolicyDocument } from '../../src/policy/policy-document.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { policySetOf, type PolicyEntry } from '../../src/policy/policy-set.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { serviceAccountRequired } from '../../src/policy/rules/flux/service-account-required.ts';
import { policyOf, setOf } from '../support/judge.ts';
import type { Manifest } from '../support/minimal-objects.ts';

function entriesOf(spec: Manifest, strongestMode: (typeof modes)[number] = 'enforce'): readonly PolicyEntry[] {
  const result = compilePolicy(policyOf(spec) as unknown as PolicyDocument, rules, strongestMode);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

test('an entry has the mode, params, scope and exemptions that hold for its rule', (t) => {
  const exemption = { rules: ['flux/no-kube-config'], owner: 'a', reason: 'b', expires: '2027-01-31' };
  const [first, second] = entriesOf({
    mode: 'warn',
    undecided: 'admit',
    scope: { namespaces: { include: ['a'], exclude: ['b'] }, tenants: ['t'], kinds: ['HelmRelease'] },
    rules: [
      { rule: 'flux/service-account-required', params: { allowedNames: ['x'] } },
      { rule: 'flux/no-kube-config', mode: 'enforce' },
    ],
    exemptions: [exemption],
  });
  t.match(first, { policy: 'test', mode: 'warn', undecided: 'admit', params: { allowedNames: ['x'] }, exemptions: [] });
  t.match(second, { mode: 'enforce', params: { allowSecretRef: false }, exemptions: [exemption] });
  t.same(first?.scope, {
    includedNamespaces: new Set(['a']),
    excludedNamespaces: new Set(['b']),
    tenants: new Set(['t']),
    kinds: new Set(['HelmRelease']),
  });
  t.end();
});

test('absent means enforced, denied when undecided, everywhere, with the defaults of the rule', (t) => {
  t.same(entriesOf({ rules: [{ rule: 'flux/service-account-required' }] }), [
    {
      policy: 'test',
      rule: serviceAccountRequired,
      params: paramDefaults(serviceAccountRequired.params),
      modes: { usual: { mode: 'enforce', from: undefined, later: 'enforce' }, places: [] },
      mode: 'enforce',
      undecided: 'deny',
      scope: { includedNamespaces: undefined, excludedNamespaces: new Set(), tenants: undefined, kinds: undefined },
      exemptions: [],
    },
  ]);
  t.end();
});

test('the cap weakens and never strengthens', (t) => {
  t.equal(entriesOf({ rules: [{ rule: 'flux/no-kube-config' }] }, 'audit')[0]?.mode, 'audit');
  t.equal(entriesOf({ mode: 'audit', rules: [{ rule: 'flux/no-kube-config' }] }, 'warn')[0]?.mode, 'audit');
  for (const a of modes) {
    for (const b of modes) {
      t.same(new Set([weakerMode(a, b), strongerMode(a, b)]), new Set([a, b]), `${a} and ${b}`);
    }
  }
  t.equal(weakerMode('warn', 'enforce'), 'warn');
  t.equal(strongerMode('warn', 'audit'), 'warn');
  t.end();
});

test('a set finds its entries by kind, without those that the scope leaves out', (t) => {
  const entries = entriesOf({
    scope: { kinds: ['Pod', 'Namespace'] },
    rules: [
      { rule: 'pods/host-network' },
      { rule: 'pods/tenant-label-matches' },
      { rule: 'pods/tenant-label-default' },
      { rule: 'namespaces/pod-security-default' },
    ],
  });
  const set = policySetOf(setOf('pods/host-network').tenancy, entries, 'enforce', 'hash');
  t.same([...set.checks.keys()], ['Pod']);
  t.same(
    set.checks.get('Pod')?.map(({ rule }) => rule.id),
    ['pods/host-network', 'pods/tenant-label-matches'],
  );
  t.same([...set.defaults.keys()], ['Pod', 'Namespace']);
  t.end();
});

/** All faults of a document that its schema accepts, as `field: message`. */
function faultsOf(spec: Manifest): readonly string[] {
  const result = compilePolicy(policyOf(spec) as unknown as PolicyDocument, rules, 'enforce');
  return result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`);
}

test('unknown rules, kinds and days in a Policy are faults', (t) => {
  const rule = { rule: 'pods/host-network' };
  const exemption = { rules: ['pods/host-network'], owner: 'a', reason: 'b', expires: '2027-01-31' };
  t.same(faultsOf({ rules: [rule], exemptions: [exemption] }), []);
  t.same(faultsOf({ rules: [rule], scope: { kinds: ['Pod', 'Pods', 'constructor'] } }).length, 2);
  t.match(
    faultsOf({ rules: [rule], scope: { kinds: ['Pods'] } })[0],
    'spec.scope.kinds[0]: "Pods" is not a kind that rules judge; these are: ' + Object.keys(kinds).sort().join(', '),
  );
  t.same(faultsOf({ rules: [rule], exemptions: [{ ...exemption, rules: ['pods/host-network', 'pods/no'] }] }), [
    'spec.exemptions[0].rules[1]: "pods/no" is not a rule; `tenantgate rules` lists them',
  ]);
  t.match(
    faultsOf({ rules: [rule], exemptions: [{ ...exemption, kinds: ['pod'] }] })[0],
    'spec.exemptions[0].kinds[0]: "pod"',
  );
  for (const day of ['2027-02-29', '2027-04-31', '2027-13-01', '2027-00-10', '2027-01-00', '2100-02-29']) {
    t.same(faultsOf({ rules: [rule], exemptions: [{ ...exemption, expires: day }] }), [
      `spec.exemptions[0].expires: "${day}" is no day of the calendar; write YYYY-MM-DD`,
    ]);
  }
  for (const day of ['2028-02-29', '2000-02-29', '2027-12-31']) {
    t.same(faultsOf({ rules: [rule], exemptions: [{ ...exemption, expires: day }] }), []);
  }
  t.end();
});

test('params are held against the schema of their rule', (t) => {
  const withParams = (rule: string, params: unknown): readonly string[] => faultsOf({ rules: [{ rule, params }] });
  t.same(withParams('flux/no-kube-config', { allowSecretRef: 'yes' }), [
    'spec.rules[0].params.allowSecretRef: must be of type boolean',
  ]);
  t.same(withParams('flux/service-account-required', { allowedNames: ['a', 7] }), [
    'spec.rules[0].params.allowedNames[1]: must be of type string',
  ]);
  t.same(withParams('namespaces/pod-security-default', { enforce: 'none' }), [
    'spec.rules[0].params.enforce: must be one of "privileged", "baseline", "restricted"',
  ]);
  t.same(withParams('flux/no-kube-config', { 'a b': 1 }), [
    'spec.rules[0].params["a b"]: is not a known field; check its spelling',
  ]);
  t.same(withParams('flux/no-kube-config', {}), []);
  t.end();
});

test('rules that there are not are faults', (t) => {
  t.same(faultsOf({ rules: [{ rule: 'pods/host-network' }, { rule: 'x/y' }, { rule: 'constructor' }] }), [
    'spec.rules[1].rule: "x/y" is not a rule; `tenantgate rules` lists them',
    'spec.rules[2].rule: "constructor" is not a rule; `tenantgate rules` lists them',
  ]);
  t.end();
});
