import { test } from 'tap';

import type { NamespaceFact } from '../../src/tenancy/owner.ts';
import { namespacesOfTenant } from '../../src/tenancy/tenant-namespaces.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const { tenancy } = shippedPolicySet();
const labelled = (name: string, tenant: string, label = 'tenantgate.dev/tenant'): NamespaceFact => ({
  name,
  labels: { [label]: tenant },
});
const all = [
  labelled('a', 'acme'),
  labelled('b', 'globex'),
  labelled('kube-system', 'acme'),
  { name: 'c', labels: {} },
  labelled('d', 'acme'),
];
const namesOf = (tenant: string, of = tenancy) => namespacesOfTenant(all, tenant, of).map(({ name }) => name);

test('a tenant has the namespaces with its label that are not the platform’s', (t) => {
  t.same(namesOf('acme'), ['a', 'd']);
  t.same(namesOf('globex'), ['b']);
  t.same(namesOf('nobody'), []);
  t.end();
});

test('another tenancy has other tenants in the same list', (t) => {
  const other = { ...tenancy, platformNamespaces: new Set(['a']) };
  t.same(namesOf('acme', other), ['kube-system', 'd']);
  t.same(namesOf('acme'), ['a', 'd'], 'and back again');
  t.end();
});
