import { test } from 'tap';

import type { Kind } from '../../src/policy/objects/kinds.ts';
import { checksOnly, judgesOperation, type PolicySet } from '../../src/policy/policy-set.ts';
import { compiled, shippedPolicySet } from '../support/shipped-policies.ts';
import { policyOf, tenancyOf } from '../support/judge.ts';

test('a set says for which operations it has a rule, defaults and those of subresources included', (t) => {
  const ids = ['pods/host-network', 'flux/flux-status-guarded', 'namespaces/pod-security-default'];
  const set = compiled([tenancyOf(), policyOf({ rules: ids.map((rule) => ({ rule })) })]);
  const judges = (
    kind: 'Pod' | 'Namespace' | 'HelmChart' | 'Role',
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    subresource?: string,
  ) => judgesOperation(set, { kind, operation, subresource });
  t.equal(judges('Pod', 'CREATE'), true);
  t.equal(judges('Pod', 'DELETE'), false);
  t.equal(judges('Namespace', 'CREATE'), true, 'by a default');
  t.equal(judges('Namespace', 'CREATE', 'status'), false, 'no default comes through a subresource');
  t.equal(judges('HelmChart', 'UPDATE'), false);
  t.equal(judges('HelmChart', 'UPDATE', 'status'), true);
  t.equal(judges('Role', 'CREATE'), false);
  t.end();
});

test('a set can be narrowed to some of its checks, in the same order', (t) => {
  const set = shippedPolicySet();
  const states = checksOnly(set, ({ judges }) => judges === 'state');
  const idsOf = ({ checks }: PolicySet, kind: Kind) => (checks.get(kind) ?? []).map(({ rule }) => rule.id);
  const ofState = (set.checks.get('Namespace') ?? []).filter(({ rule }) => rule.judges === 'state');
  t.same(
    idsOf(states, 'Namespace'),
    ofState.map(({ rule }) => rule.id),
  );
  t.ok(ofState.length < idsOf(set, 'Namespace').length);
  t.equal(states.defaults.size + states.subresourceChecks.size, 0);
  t.match(states, { tenancy: set.tenancy, hash: set.hash, strongestMode: set.strongestMode });
  t.end();
});
