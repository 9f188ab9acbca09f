import { test } from 'tap';

import { judgesOperation } from '../../src/policy/policy-set.ts';
import { compiled } from '../support/shipped-policies.ts';
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
