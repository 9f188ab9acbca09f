import { test } from 'tap';

import { accountPrincipal, judge, linesOf } from '../../../support/judge.ts';
import { minimalNamespace, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/owner-references-fixed';
const uid = '7d5a5b7e-0000-4000-8000-000000000000';
const tenant = { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', name: 'acme', uid };
const gone = { apiVersion: 'v1', kind: 'Node', name: 'gone', uid };
const plain = minimalNamespace();
const owned = (...owners: readonly object[]): Manifest => tweak(plain, 'metadata.ownerReferences', owners);
const shown = (apiVersion: string, kind: string, name: string): string =>
  `{apiVersion: ${apiVersion}, kind: ${kind}, name: ${name}, uid: "${uid}"}`;
const made = (owner: string): string =>
  `metadata.ownerReferences: ${owner} is made an owner by a tenant; the garbage collector deletes the namespace with its owners`;
const lost = (owner: string): string =>
  `metadata.ownerReferences: ${owner} is an owner no longer, by a tenant’s change`;
const ofTenant = shown('capsule.clastix.io/v1beta2', 'Tenant', 'acme');
const ofNode = shown('v1', 'Node', 'gone');

test('a tenant neither gives a namespace an owner, nor takes one away, nor changes one', (t) => {
  const blocking = `{apiVersion: capsule.clastix.io/v1beta2, kind: Tenant, name: acme, uid: "${uid}", blockOwnerDeletion: true}`;
  const cases = [
    [owned(gone), undefined, [made(ofNode)]],
    [owned(gone), plain, [made(ofNode)]],
    [owned(tenant, gone), owned(tenant), [made(ofNode)]],
    [plain, owned(tenant), [lost(ofTenant)]],
    [owned(), owned(tenant), [lost(ofTenant)]],
    [tweak(plain, 'metadata.ownerReferences', null), owned(tenant), [lost(ofTenant)]],
    [owned(gone), owned(tenant), [made(ofNode), lost(ofTenant)]],
    [owned({ ...tenant, blockOwnerDeletion: true }), owned(tenant), [made(blocking), lost(ofTenant)]],
  ] as const;
  for (const [manifest, old, lines] of cases) {
    const decision = judge(rule, manifest, { principal: accountPrincipal, ...(old && { old }) });
    t.same(linesOf(decision), lines);
    t.equal(decision.outcome, 'denied');
  }
  t.same(
    judge(rule, owned(gone), { old: owned(tenant) }).violations.map(({ fix }) => fix),
    ['Remove the owner.', 'Keep the owner.'],
  );
  t.end();
});

test('owners that stay, in whichever order, are nobody’s change', (t) => {
  const labelled = tweak(owned(tenant, gone), ['metadata', 'labels', 'team'], 'x');
  t.same(linesOf(judge(rule, labelled, { old: owned(gone, tenant) })), []);
  t.same(linesOf(judge(rule, plain)), []);
  t.end();
});

test('the platform and the controllers may; manifests are the platform’s', (t) => {
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, owned(gone), { principal: { kind } })), []);
    t.same(linesOf(judge(rule, plain, { principal: { kind }, old: owned(tenant) })), []);
  }
  t.end();
});

test('of thousands of owners as many are told as of any violation', (t) => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({ ...gone, name: `gone-${index}` }));
  t.equal(judge(rule, owned(...many), { old: owned(...many.slice(0, 2_500)) }).violations.length, 200);
  t.end();
});
