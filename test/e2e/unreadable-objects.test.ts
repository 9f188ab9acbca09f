import { t as suite, test, type Test } from 'tap';

import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { operationsOn } from '../../src/policy/rule.ts';
import { rules } from '../../src/policy/rules/index.ts';
import type { Operation } from '../../src/policy/subject.ts';
import { minimalObject } from '../support/minimal-objects.ts';
import { judgedFields, objectWith, wrongValuesFor } from './judged-fields.ts';
import { goodReview, isRefusal, reviewFor, reviewOf } from './review.ts';
import { startServing } from './tenantgate-process.ts';

/** Every field of every kind, with values that it must not have: tens of thousands of requests. */
suite.setTimeout(600_000);

const server = await startServing();
suite.teardown(() => server.stop());

async function isUnharmed(t: Test, what: string): Promise<void> {
  t.ok(server.isRunning(), `${what}: the process lives`);
  const { response } = reviewOf(await server.post('/validate', goodReview));
  t.equal(response.allowed, true, `${what}: the next good request is admitted`);
}

/** Quotas, for one, may be made by whoever has the right; what is judged is that they are kept. */
function isJudgedOn(operation: Operation, kind: Kind): boolean {
  return rules.some(
    (rule) => rule.kinds.some((judged) => judged === kind) && operationsOn(rule, kind).includes(operation),
  );
}

void test('an object that is absent, null or no object is refused for every kind', async (t) => {
  for (const kind of Object.keys(kinds) as Kind[]) {
    const object = minimalObject(kind);
    for (const value of [undefined, null, 'text', 7, true, [object]]) {
      const what = `${kind} ${JSON.stringify(value)}`;
      const [created, updated, unknownBefore] = [
        reviewFor(object, { object: value }),
        reviewFor(object, { operation: 'UPDATE', object: value, oldObject: object }),
        reviewFor(object, { operation: 'UPDATE', oldObject: value }),
      ];
      if (isJudgedOn('CREATE', kind)) {
        isRefusal(t, await server.post('/validate', created), 'e2e-1', 'object', `${what} on CREATE`);
      }
      isRefusal(t, await server.post('/validate', updated), 'e2e-1', 'object', `${what} on UPDATE`);
      isRefusal(t, await server.post('/validate', unknownBefore), 'e2e-1', 'oldObject', `${what} before UPDATE`);
    }
  }
  for (const kind of ['NetworkPolicy'] as const) {
    for (const value of [undefined, null, 'text', []]) {
      const review = reviewFor(minimalObject(kind), { operation: 'DELETE', object: null, oldObject: value });
      const what = `${kind} ${JSON.stringify(value)} before DELETE`;
      isRefusal(t, await server.post('/validate', review), 'e2e-1', 'oldObject', what);
    }
  }
  await isUnharmed(t, 'objects that are none');
});

void test(
  'a wrong type in any field that a rule reads is refused, in the object and in the old one',
  { timeout: 600_000 },
  async (t) => {
    const undecided = 'tenantgate_admission_decisions_total{path="validate",outcome="undecided"';
    let sent = 0;
    for (const kind of Object.keys(kinds) as Kind[]) {
      for (const { path, type } of judgedFields(kind)) {
        if (type === undefined) continue;
        for (const value of wrongValuesFor(type)) {
          const { object, field } = objectWith(kind, path, value);
          const what = `${kind} ${field} ${JSON.stringify(value)}`;
          const before = isJudgedOn('CREATE', kind) ? {} : { operation: 'UPDATE', oldObject: minimalObject(kind) };
          const review = reviewFor(minimalObject(kind), { ...before, object, uid: `uid-${sent}` });
          isRefusal(t, await server.post('/validate', review), `uid-${sent}`, field, what);
          sent += 1;
        }
        const { object: old, field } = objectWith(kind, path, wrongValuesFor(type)[0]);
        const update = reviewFor(minimalObject(kind), { operation: 'UPDATE', oldObject: old });
        isRefusal(t, await server.post('/validate', update), 'e2e-1', field, `${kind} ${field} before UPDATE`);
        sent += 1;
      }
    }
    const counted = (await server.metrics()).split('\n').filter((line) => line.startsWith(undecided));
    const total = counted.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    t.ok(sent > 700, `${sent} requests`);
    t.ok(total >= sent, 'all are counted as undecided');
    await isUnharmed(t, 'wrong types');
  },
);
