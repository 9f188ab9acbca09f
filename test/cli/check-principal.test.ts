import { test } from 'tap';

import { principalFor } from '../../src/cli/check-principal.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const { tenancy } = shippedPolicySet();

void test('whoever applies is classified as the API server would authenticate them', (t) => {
  t.strictSame(principalFor(tenancy, undefined, []), { kind: 'unknown' });
  t.match(principalFor(tenancy, 'alice', []), { kind: 'tenant', username: 'alice' });
  t.match(principalFor(tenancy, 'alice', ['system:masters']), { kind: 'platform' });
  t.match(principalFor(tenancy, 'system:serviceaccount:flux-system:kustomize-controller', []), { kind: 'platform' });
  t.match(principalFor(tenancy, 'system:serviceaccount:acme-dev:deployer', []), {
    kind: 'tenant',
    serviceAccountNamespace: 'acme-dev',
  });
  t.end();
});
