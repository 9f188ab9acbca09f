import { test } from 'tap';

import { isSameTenant, ownerOf, tenantLabelOf } from '../../src/tenancy/owner.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const { tenancy } = shippedPolicySet();
const label = 'tenantgate.dev/tenant';

test('a namespace is the tenant’s that its label names', (t) => {
  t.same(ownerOf(tenancy, { name: 'a', labels: { [label]: 'acme' } }), { kind: 'tenant', tenant: 'acme' });
  t.same(ownerOf(tenancy, { name: 'a', labels: {} }), { kind: 'unmanaged' });
  t.same(ownerOf(tenancy, { name: 'a', labels: { [label]: '' } }), { kind: 'unmanaged' });
  t.end();
});

test('no label claims a namespace of the platform', (t) => {
  t.same(ownerOf(tenancy, { name: 'kube-system', labels: { [label]: 'acme' } }), { kind: 'platform' });
  t.end();
});

test('two owners are the same only as the same tenant', (t) => {
  const [acme, globex] = [
    { kind: 'tenant', tenant: 'acme' },
    { kind: 'tenant', tenant: 'globex' },
  ] as const;
  t.ok(isSameTenant(acme, { ...acme }));
  t.notOk(isSameTenant(acme, globex));
  t.notOk(isSameTenant(undefined, acme));
  t.notOk(isSameTenant(acme, { kind: 'platform' }));
  t.notOk(isSameTenant({ kind: 'unmanaged' }, { kind: 'unmanaged' }), 'each is alone');
  t.end();
});

test('only an own label counts', (t) => {
  const inherited = Object.create({ [label]: 'acme' }) as Record<string, string>;
  t.equal(tenantLabelOf(tenancy, inherited), undefined);
  t.equal(tenantLabelOf({ ...tenancy, tenantLabel: 'constructor' }, {}), undefined);
  t.end();
});
