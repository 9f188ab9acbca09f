import { test } from 'tap';

import { judge, linesOf, tenantPrincipal } from '../../../support/judge.ts';
import type { World } from '../../../support/facts.ts';
import type { Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/host-network-not-governed';
const pod = (app: string, hostNetwork = false) => ({ name: app, labels: { app }, hostNetwork });
const holding = (
  pods: readonly ReturnType<typeof pod>[],
  templates: readonly ReturnType<typeof pod>[] = [],
): World => ({
  pods: { 'acme-dev': pods },
  podTemplates: { 'acme-dev': templates },
});
const lines = (
  podSelector: Manifest,
  world: World,
  principal: typeof tenantPrincipal | { kind: 'unknown' } = tenantPrincipal,
) => linesOf(judge(rule, policyWith({ podSelector }), { world, principal }));
const of = (labels: string): readonly string[] => [
  `spec.podSelector: selects a pod with ${labels} on the host’s network, for which most network plugins enforce no NetworkPolicy: it stays open`,
];
const agent = of('app=agent');
const agentOfAcme = of('app=agent,tenantgate.dev/tenant=acme');

test('a policy that selects a pod on the host’s network is warned of', (t) => {
  t.same(lines({}, holding([pod('web'), pod('agent', true)])), agent);
  t.same(lines({ matchLabels: { app: 'agent' } }, holding([pod('agent', true)])), agent);
  t.same(lines({}, holding([], [pod('agent', true)])), agentOfAcme, 'a template, where no pod runs yet');
  t.same(
    lines({}, holding([pod('web')], [pod('agent', true)]), { kind: 'unknown' }),
    agentOfAcme,
    'a template among manifests',
  );
  t.equal(judge(rule, policyWith({}), { world: holding([pod('agent', true)]) }).outcome, 'allowed');
  t.end();
});

test('a policy of other pods is silent', (t) => {
  t.same(lines({}, holding([pod('web')])), []);
  t.same(lines({ matchLabels: { app: 'web' } }, holding([pod('web'), pod('agent', true)])), []);
  t.same(lines({ matchLabels: 'web' }, holding([pod('agent', true)])), [], 'what cannot be read is another rule’s');
  t.same(
    lines(
      { matchLabels: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`k${index}`, ''])) },
      holding([]),
    ),
    [],
  );
  t.end();
});

test('templates are read only where no selected pod runs, and nothing is said where pods are not known', (t) => {
  const gapsOf = (world: World) => judge(rule, policyWith({}), { world }).adviceFacts;
  t.same(gapsOf({ pods: {} }), [{ fact: 'podsOf', namespace: 'acme-dev' }]);
  t.same(gapsOf({ pods: { 'acme-dev': [pod('web')] }, podTemplates: {} }), []);
  t.same(gapsOf({ pods: { 'acme-dev': [] }, podTemplates: {} }), [{ fact: 'podTemplatesOf', namespace: 'acme-dev' }]);
  t.end();
});
