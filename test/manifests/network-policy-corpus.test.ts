import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { checkManifests, reportOf } from '../../src/manifests/check-manifests.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import type { Principal } from '../../src/tenancy/principal.ts';
import { tenancyOf, tenantPrincipal } from '../support/judge.ts';
import { compiled, shippedDocuments } from '../support/shipped-policies.ts';

const cases = join(import.meta.dirname, '../../../shared/corpora/reachability/cases');
const isSkipped = !existsSync(cases) && process.env['CI'] !== 'true';

/** Every namespace of the corpus is a tenant's, kube-system too. */
const policySet = compiled([
  tenancyOf({ platform: { namespaces: ['platform'] } }),
  shippedDocuments().get('network.yaml'),
]);

/** How often each rule of advice warns in the corpus, and that nothing was undecided by it. */
function warningsFor(principal: Principal, tenant: string | undefined): Readonly<Record<string, number>> {
  const rules = readdirSync(cases).flatMap((name) => {
    const { results } = reportOf(
      checkManifests({
        manifests: readManifests([join(cases, name)], undefined),
        namespaces: { documents: [], faults: [] },
        policySet,
        principal,
        defaultNamespace: 'default',
        tenant,
        today: '2026-06-01',
      }),
    );
    return results.filter(({ mode }) => mode === 'warn').map(({ rule }) => rule);
  });
  const counts = Map.groupBy(rules, (rule) => rule);
  return Object.fromEntries([...counts].map(([rule, { length }]) => [rule, length]));
}

void test(
  'the 108 NetworkPolicies of the corpus are warned of where each was found by eye to deserve it',
  isSkipped ? { skip: 'the corpora are not here' } : {},
  (t) => {
    // Two of 108 stand out by themselves: a rule within another, and calico-node on the host's network.
    t.strictSame(warningsFor({ kind: 'unknown' }, undefined), {
      'network/rule-without-effect': 1,
      'network/host-network-not-governed': 1,
    });
    // Where the manifests are all there is: the demos forget DNS, or allow it over UDP only, and four peers are not there.
    t.strictSame(warningsFor(tenantPrincipal, 'acme'), {
      'network/egress-without-dns': 42,
      'network/rule-without-effect': 1,
      'network/peer-matches-nothing': 4,
      'network/host-network-not-governed': 1,
    });
    t.end();
  },
);
