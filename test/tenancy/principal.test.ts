import { test } from 'tap';

import { principalOf } from '../../src/tenancy/principal.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const { tenancy } = shippedPolicySet();
const kindOf = (username: string, ...groups: readonly string[]): string =>
  principalOf(tenancy, { username, groups }).kind;

test('everyone who is not listed is a tenant', (t) => {
  t.same(principalOf(tenancy, { username: 'jane', groups: ['devs'] }), {
    kind: 'tenant',
    username: 'jane',
    serviceAccountNamespace: undefined,
  });
  t.same(principalOf(tenancy, { username: 'system:serviceaccount:acme-dev:flux', groups: [] }), {
    kind: 'tenant',
    username: 'system:serviceaccount:acme-dev:flux',
    serviceAccountNamespace: 'acme-dev',
  });
  for (const username of ['', 'system:anonymous', 'system:node:n1', 'admin'])
    t.equal(kindOf(username), 'tenant', username);
  t.end();
});

test('a platform group, user or service account is the platform', (t) => {
  t.equal(kindOf('jane', 'devs', 'system:masters'), 'platform');
  t.equal(kindOf('kubernetes-admin', 'kubeadm:cluster-admins'), 'platform');
  t.equal(kindOf('system:apiserver'), 'platform');
  t.equal(
    kindOf('system:serviceaccount:flux-system:kustomize-controller', 'system:serviceaccounts:flux-system'),
    'platform',
  );
  t.end();
});

test('controllers that keep what others have declared are known by their whole name', (t) => {
  for (const name of ['endpointslice-controller', 'resourcequota-controller', 'clusterrole-aggregation-controller']) {
    t.equal(kindOf(`system:serviceaccount:kube-system:${name}`), 'controller', name);
    t.equal(kindOf(`system:serviceaccount:acme-dev:${name}`), 'tenant', name);
  }
  t.equal(kindOf('system:cloud-controller-manager'), 'controller');
  t.equal(
    kindOf('system:serviceaccount:kube-system:replicaset-controller'),
    'tenant',
    'makers of pods are not among them',
  );
  t.end();
});

test('identity is the whole name: a part of it, or the same account elsewhere, is another', (t) => {
  t.equal(kindOf('system:serviceaccount:acme-dev:kustomize-controller', 'system:serviceaccounts:acme-dev'), 'tenant');
  t.equal(kindOf('system:serviceaccount:acme-dev:generic-garbage-collector'), 'tenant');
  t.equal(kindOf('x-system:apiserver'), 'tenant');
  t.equal(kindOf('jane', 'system:masters-x', 'SYSTEM:MASTERS'), 'tenant');
  const odd = principalOf(tenancy, { username: 'system:serviceaccount:a:b:c', groups: [] });
  t.match(odd, { serviceAccountNamespace: undefined });
  t.end();
});

test('controllers that clean up are known by name; those that make pods are not among them', (t) => {
  for (const username of [
    'system:kube-controller-manager',
    'system:serviceaccount:kube-system:namespace-controller',
    'system:serviceaccount:kube-system:generic-garbage-collector',
  ]) {
    t.equal(kindOf(username, 'system:serviceaccounts:kube-system'), 'controller', username);
  }
  t.equal(
    kindOf('system:serviceaccount:kube-system:replicaset-controller', 'system:serviceaccounts:kube-system'),
    'platform',
  );
  t.end();
});
