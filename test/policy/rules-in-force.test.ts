import { test } from 'tap';

import { layerRules } from '../../src/audit/posture/layer-rules.ts';
import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { RulesInForce } from '../../src/policy/rules-in-force.ts';
import { policyOf, tenancyOf } from '../support/judge.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { compiled, shippedPolicySet } from '../support/shipped-policies.ts';

const acme = { kind: 'tenant', tenant: 'acme' } as const;
const globex = { kind: 'tenant', tenant: 'globex' } as const;

function kindsOf(scope: Manifest, namespace = 'acme-dev', owner: typeof acme | typeof globex = acme) {
  const set = compiled([tenancyOf(), policyOf({ rules: [{ rule: 'pods/host-network' }], scope })]);
  return [...(new RulesInForce(set).in(namespace, owner).get('pods/host-network') ?? [])].sort();
}

test('a rule is in force where the scope of a policy says so, for the kinds that it names', (t) => {
  t.equal(kindsOf({}).length, 9);
  t.strictSame(kindsOf({ kinds: ['Pod', 'Job'] }), ['Job', 'Pod']);
  t.strictSame(kindsOf({ namespaces: { exclude: ['acme-dev'] } }), []);
  t.strictSame(kindsOf({ namespaces: { include: ['acme-dev'] }, kinds: ['Pod'] }), ['Pod']);
  t.strictSame(kindsOf({ namespaces: { include: ['acme-dev'] } }, 'acme-prod'), []);
  t.strictSame(kindsOf({ tenants: ['acme'] }, 'acme-dev', globex), []);
  t.end();
});

test('what is asked again is answered for the place that is asked about', (t) => {
  const [here, there] = [{ include: ['acme-dev'] }, { exclude: ['acme-dev'] }].map((namespaces, index) =>
    policyOf({ rules: [{ rule: index === 0 ? 'pods/host-network' : 'pods/host-ports' }], scope: { namespaces } }),
  );
  const inForce = new RulesInForce(compiled([tenancyOf(), { ...here!, metadata: { name: 'here' } }, there!]));
  for (const namespace of ['acme-dev', 'acme-prod', 'acme-dev']) {
    const rules = [...inForce.in(namespace, acme).keys()];
    t.strictSame(rules, [namespace === 'acme-dev' ? 'pods/host-network' : 'pods/host-ports'], namespace);
  }
  t.end();
});

test('rules that judge no object as it is made are not told', (t) => {
  const inForce = new RulesInForce(shippedPolicySet()).in('acme-dev', acme);
  t.notOk(inForce.has('network/isolation-kept'));
  t.notOk(inForce.has('quota/quota-kept'));
  t.ok(inForce.has('network/confined-peers'));
  t.end();
});

test('the set that ships looks at all that the layers of isolation need', (t) => {
  const inForce = new RulesInForce(shippedPolicySet()).in('acme-dev', acme);
  const missing = Object.values(layerRules).flatMap(({ needed }) =>
    Object.entries(needed).flatMap(([rule, judged]) =>
      judged.filter((kind: Kind) => kinds[kind].namespaced && inForce.get(rule)?.has(kind) !== true),
    ),
  );
  t.strictSame(missing, []);
  t.end();
});
