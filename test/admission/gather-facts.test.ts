import { test } from 'tap';

import { judgeWithLiveFacts, RequestFacts } from '../../src/admission/gather-facts.ts';
import type { FactRequest } from '../../src/policy/facts.ts';
import { readerOf } from '../support/test-admission.ts';

const gap = (namespace: string): FactRequest => ({ fact: 'namespace', namespace });
const missing = (...gaps: readonly FactRequest[]) => ({ decision: { missingFacts: gaps, adviceFacts: [] } });
const { signal: noDeadline } = new AbortController();

test('facts of a request are those of the index, and on top what was read live', async (t) => {
  const { signal } = new AbortController();
  const reader = readerOf({
    networkPolicies: { a: [] },
    pods: { a: [] },
    podTemplates: { a: [] },
    namespaces: { b: { x: 'y' } },
  });
  const facts = new RequestFacts(
    { size: 1, get: (name) => (name === 'a' ? { name, labels: {} } : undefined) },
    '2026-06-01',
  );
  t.same(facts.namespace('a'), { name: 'a', labels: {} });
  t.equal(facts.namespace('b'), undefined);
  t.equal(facts.networkPoliciesOf('a'), undefined);
  t.equal(facts.podsOf('a'), undefined);
  await facts.fetch(gap('b'), reader, signal);
  await facts.fetch({ fact: 'networkPoliciesOf', namespace: 'a' }, reader, signal);
  await facts.fetch({ fact: 'podsOf', namespace: 'a' }, reader, signal);
  t.match(facts.namespace('b'), { name: 'b', labels: { x: 'y' } });
  t.same(facts.networkPoliciesOf('a'), []);
  t.same(facts.podsOf('a'), []);
  t.equal(facts.podTemplatesOf('a'), undefined);
  await facts.fetch({ fact: 'podTemplatesOf', namespace: 'a' }, reader, signal);
  t.same(facts.podTemplatesOf('a'), []);
  t.equal(facts.namespaces(), undefined, 'the index does not say that it holds all');
  t.equal(facts.today, '2026-06-01');
  await t.rejects(facts.fetch({ fact: 'podsOf', namespace: 'c' }, reader, signal), /not to be had/);
});

test('each missing fact is fetched once, also when it stays missing', async (t) => {
  const fetched: string[] = [];
  const failures: unknown[] = [];
  let judged = 0;
  await judgeWithLiveFacts(
    missing(gap('a'), gap('a'), gap('b')),
    () => {
      judged += 1;
      return missing(gap('a'), gap('b'));
    },
    ({ namespace }) => {
      fetched.push(namespace);
      return namespace === 'b' ? Promise.reject(new Error('no')) : Promise.resolve();
    },
    (error) => failures.push(error),
    noDeadline,
  );
  t.same(fetched, ['a', 'b']);
  t.equal(judged, 1);
  t.equal(failures.length, 1);
});

test('a rule that asks for ever more facts is not followed for ever', async (t) => {
  let count = 0;
  const next = () => missing(gap(`n${count++}`));
  const last = await judgeWithLiveFacts(
    next(),
    next,
    () => Promise.resolve(),
    () => t.fail('nothing fails'),
    noDeadline,
  );
  t.equal(count, 4);
  t.equal(last.decision.missingFacts.length, 1, 'what is missing still, stays missing');
});

test('facts for advice are read after those that are needed, each once for both', async (t) => {
  const fetched: string[] = [];
  const decision = { missingFacts: [gap('a'), gap('b')], adviceFacts: [gap('c'), gap('b')] };
  await judgeWithLiveFacts(
    { decision },
    () => ({ decision }),
    ({ namespace }) => {
      fetched.push(namespace);
      return Promise.resolve();
    },
    () => t.fail('nothing fails'),
    noDeadline,
  );
  t.same(fetched, ['a', 'b', 'c']);
});

test('a read for advice that gets no answer is given up, though the call itself may wait on', async (t) => {
  const failures: unknown[] = [];
  const decision = { missingFacts: [], adviceFacts: [gap('a')] };
  await judgeWithLiveFacts(
    { decision },
    () => ({ decision }),
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
        // Without a timer of its own the process would end: the deadline of advice keeps nothing alive.
        const alive = setInterval(() => undefined, 1000);
        t.teardown(() => {
          clearInterval(alive);
        });
      }),
    (error) => failures.push(error),
    noDeadline,
  );
  t.match(failures, [{ name: 'TimeoutError' }]);
});
