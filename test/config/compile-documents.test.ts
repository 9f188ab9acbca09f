import { test } from 'tap';

import { compileDocuments, type LocatedFault } from '../../src/config/compile-documents.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { policyOf, tenancyOf } from '../support/judge.ts';
import { tweak, type Manifest } from '../support/minimal-objects.ts';
import { documentOf, shippedDocuments } from '../support/shipped-policies.ts';

const policy = policyOf({ rules: [{ rule: 'pods/host-network' }] });

function compile(...documents: readonly unknown[]) {
  return compileDocuments(
    documents.map((value, index) => documentOf(value, `file-${index + 1}.yaml`)),
    { rules, strongestMode: 'enforce' },
  );
}

/** All faults as `field: message`. */
function faultsOf(...documents: readonly unknown[]): readonly string[] {
  const result = compile(...documents);
  return result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`);
}

const withPolicy = (spec: Manifest): readonly string[] => faultsOf(tenancyOf(), policyOf(spec));

test('one Tenancy and one Policy are needed at least', (t) => {
  t.same(faultsOf(tenancyOf(), policy), []);
  t.same(faultsOf(), [
    ': there is no Tenancy document; exactly one is needed',
    ': there is no Policy document; at least one is needed',
  ]);
  t.same(faultsOf(tenancyOf()), [': there is no Policy document; at least one is needed']);
  t.same(faultsOf(policy), [': there is no Tenancy document; exactly one is needed']);
  t.same(faultsOf(tenancyOf(), tenancyOf(), policy), ['kind: a second Tenancy; exactly one is needed']);
  t.same(faultsOf(tenancyOf(), policy, policy), ['metadata.name: a second Policy named "test"']);
  t.end();
});

test('what is no document of Tenantgate is told so', (t) => {
  const wrongVersion = 'apiVersion: must be "tenantgate.dev/v1alpha1", the API of Tenancy and Policy';
  for (const value of [null, 7, 'text', [], {}, { apiVersion: 'v1', kind: 'Pod' }]) {
    t.same(faultsOf(tenancyOf(), policy, value), [wrongVersion]);
  }
  t.same(faultsOf(tenancyOf(), policy, { ...policy, kind: 'Rule' }), ['kind: must be "Tenancy" or "Policy"']);
  t.end();
});

test('faults carry file, line and column of their field', (t) => {
  const bad = {
    file: 'b.yaml',
    value: tweak(policy, 'spec.mode', 'deny'),
    positionOf: (field: string) => (field === 'spec.mode' ? { line: 7, column: 9 } : { line: 1, column: 1 }),
  };
  const result = compileDocuments([documentOf(tenancyOf(), 'a.yaml'), bad], { rules, strongestMode: 'enforce' });
  const expected: LocatedFault = {
    file: 'b.yaml',
    line: 7,
    column: 9,
    field: 'spec.mode',
    message: 'must be one of "audit", "warn", "enforce"',
  };
  t.same(result, { ok: false, faults: [expected] });
  const none = compileDocuments([documentOf(policy, 'c.yaml')], { rules, strongestMode: 'enforce' });
  t.match(none, { ok: false, faults: [{ file: 'c.yaml', line: 1, column: 1, field: '' }] });
  t.match(compile(), { ok: false, faults: [{ file: '(no file)' }, { file: '(no file)' }] });
  t.end();
});

test('all faults of all documents are told at once', (t) => {
  t.same(
    faultsOf(
      tweak(tweak(tenancyOf(), 'spec.unmanagedNamespaces', 'deny'), 'spec.colour', 'blue'),
      policyOf({ rules: [], mode: 'off' }, 'one'),
      policyOf({ rules: [{ rule: 'x/y' }, { rule: 'pods/host-network', params: { a: 1 } }] }, 'two'),
    ),
    [
      'spec.colour: is not a known field; check its spelling',
      'spec.unmanagedNamespaces: must be one of "isolate", "ignore"',
      'spec.mode: must be one of "audit", "warn", "enforce"',
      'spec.rules: must NOT have fewer than 1 items',
      'spec.rules[0].rule: "x/y" is not a rule; `tenantgate rules` lists them',
      'spec.rules[1].params.a: is not a known field; check its spelling',
    ],
  );
  t.end();
});

test('unknown and missing fields of a Policy are faults', (t) => {
  const { spec, ...headless } = policy;
  t.same(faultsOf(tenancyOf(), headless), ['spec: is missing and must be given']);
  t.same(faultsOf(tenancyOf(), { apiVersion: policy['apiVersion'], kind: 'Policy', spec }), [
    'metadata: is missing and must be given',
  ]);
  t.same(faultsOf(tenancyOf(), tweak(policy, 'metadata.namespace', 'x')), [
    'metadata.namespace: is not a known field; check its spelling',
  ]);
  t.same(faultsOf(tenancyOf(), tweak(policy, 'metadata.name', 'Not A Name')), [
    'metadata.name: must match pattern "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"',
  ]);
  t.same(withPolicy({ rules: [{ rule: 'pods/host-network', severity: 'low' }] }), [
    'spec.rules[0].severity: is not a known field; check its spelling',
  ]);
  t.same(withPolicy({ rules: 'all' }), ['spec.rules: must be of type array']);
  t.end();
});

test('exemptions and params have the shape that their schema says', (t) => {
  const rule = { rule: 'pods/host-network' };
  const exemption = { rules: ['pods/host-network'], owner: 'a', reason: 'b', expires: '2027-01-31' };
  t.same(withPolicy({ rules: [rule], exemptions: [exemption] }), []);
  t.same(withPolicy({ rules: [rule], exemptions: [{ ...exemption, expires: 'soon' }] }), [
    'spec.exemptions[0].expires: must match pattern "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"',
  ]);
  t.same(withPolicy({ rules: [rule], exemptions: [{ rules: [] }] }), [
    'spec.exemptions[0].owner: is missing and must be given',
    'spec.exemptions[0].reason: is missing and must be given',
    'spec.exemptions[0].expires: is missing and must be given',
    'spec.exemptions[0].rules: must NOT have fewer than 1 items',
  ]);
  t.same(withPolicy({ rules: [{ rule: 'flux/no-kube-config', params: 'all' }] }), [
    'spec.rules[0].params: must be of type object',
  ]);
  t.same(faultsOf(tenancyOf({ addresses: { largestBlock: { ipv4: 33 } } }), policy), [
    'spec.addresses.largestBlock.ipv4: must be <= 32',
  ]);
  const flow = { name: 'f', direction: 'both', namespaces: { names: ['a'] }, ports: [{ port: true }] };
  t.same(faultsOf(tenancyOf({ flows: [flow] }), policy), [
    'spec.flows[0].direction: must be one of "ingress", "egress"',
    'spec.flows[0].ports[0].port: must be of type integer',
    'spec.flows[0].ports[0].port: must be of type string',
  ]);
  t.end();
});

test('faults of the compilers come with the place of their field', (t) => {
  t.same(faultsOf(tenancyOf({ cluster: { pods: ['10.0.0.0'] } }), policy), [
    'spec.cluster.pods[0]: "10.0.0.0" has no prefix length: write "10.0.0.0/32"',
  ]);
  t.same(withPolicy({ rules: [{ rule: 'x/y' }] }), [
    'spec.rules[0].rule: "x/y" is not a rule; `tenantgate rules` lists them',
  ]);
  t.end();
});

test('the documents that ship compile', (t) => {
  t.ok(compile(...shippedDocuments().values()).ok);
  t.end();
});

test('a set is named by its content and its cap', (t) => {
  const hashOf = (documents: readonly unknown[], strongestMode: 'enforce' | 'audit' = 'enforce'): string => {
    const result = compileDocuments(
      documents.map((value) => documentOf(value)),
      { rules, strongestMode },
    );
    return result.ok ? result.value.hash : 'faults';
  };
  const hash = hashOf([tenancyOf(), policy]);
  t.match(hash, /^[0-9a-f]{12}$/);
  t.equal(hashOf([tenancyOf(), policy]), hash);
  t.not(hashOf([tenancyOf(), policy], 'audit'), hash);
  t.not(hashOf([tenancyOf({ unmanagedNamespaces: 'ignore' }), policy]), hash);
  t.end();
});

test('a PolicyTest may lie beside what it tests: it changes nothing, not even the name of the set', (t) => {
  const documents = [...shippedDocuments().values()];
  const [alone, beside] = [compile(...documents), compile({ ...policy, kind: 'PolicyTest' }, ...documents)];
  t.ok(alone.ok && beside.ok && alone.value.hash === beside.value.hash);
  t.end();
});
