import { test } from 'tap';

import { gapMessage } from '../../src/policy/decision.ts';
import { recordFacts } from '../../src/policy/facts.ts';
import { factsOf } from '../support/facts.ts';

test('each answer that is not to be had is noted once, in the order asked', (t) => {
  const facts = recordFacts(
    factsOf({ namespaces: { a: {}, b: undefined }, networkPolicies: { a: [] }, pods: { a: [] } }),
  );
  t.same(facts.namespace('a'), { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } });
  t.equal(facts.namespace('c'), 'missing');
  t.same(facts.gaps, [], 'missing is an answer');
  t.equal(facts.podsOf('b'), undefined);
  t.equal(facts.namespace('b'), undefined);
  t.equal(facts.namespace('b'), undefined);
  t.equal(facts.networkPoliciesOf('b'), undefined);
  t.same(facts.networkPoliciesOf('a'), []);
  t.same(facts.podsOf('a'), []);
  t.same(facts.gaps, [
    { fact: 'podsOf', namespace: 'b' },
    { fact: 'namespace', namespace: 'b' },
    { fact: 'networkPoliciesOf', namespace: 'b' },
  ]);
  t.same(facts.gaps.map(gapMessage), [
    'the pods of namespace "b" could not be read',
    'namespace "b" is not known, so whose it is cannot be told',
    'the NetworkPolicies of namespace "b" could not be read',
  ]);
  t.same(facts.takeGaps().length, 3);
  const without = recordFacts(factsOf({ resourceQuotas: {}, limitRanges: { a: [] } }));
  t.equal(without.resourceQuotasOf('a'), undefined);
  t.same(without.limitRangesOf('a'), []);
  t.equal(without.limitRangesOf('b'), undefined);
  t.same(without.gaps.map(gapMessage), [
    'the ResourceQuotas of namespace "a" could not be read',
    'the LimitRanges of namespace "b" could not be read',
  ]);
  const noTemplates = recordFacts(factsOf({ podTemplates: { a: undefined } }));
  t.equal(noTemplates.podTemplatesOf('a'), undefined);
  t.same(noTemplates.gaps.map(gapMessage), ['the pod templates of namespace "a" could not be read']);
  t.equal(facts.today, '2026-06-01');
  t.end();
});
