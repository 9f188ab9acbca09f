import { test } from 'tap';

import { hasSameContent, hasSameStatus, isSameButName } from '../../src/policy/same-content.ts';
import { minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';

const pod = minimalPod();
const same = (change: Manifest): boolean => hasSameContent(change, pod) && hasSameContent(pod, change);

test('bookkeeping of controllers is no content', (t) => {
  t.ok(same(structuredClone(pod)));
  for (const field of ['resourceVersion', 'finalizers', 'managedFields', 'deletionTimestamp', 'generation', 'uid']) {
    t.ok(same(tweak(pod, ['metadata', field], 'x')), field);
  }
  t.notOk(same(tweak(pod, 'metadata.ownerReferences', [{ uid: '1' }])), 'the garbage collector deletes by owners');
  t.ok(same(tweak(pod, 'status', { phase: 'Running' })));
  t.end();
});

test('replicas differ in their names and what controllers write', (t) => {
  const replica = tweak(tweak(tweak(pod, 'metadata.name', 'other'), 'metadata.uid', '1'), 'status', {
    phase: 'Running',
  });
  t.ok(isSameButName(replica, pod) && isSameButName(pod, replica));
  for (const path of [
    'metadata.labels.a',
    'metadata.annotations.a',
    'metadata.generateName',
    'spec.hostNetwork',
    'kind',
  ])
    t.notOk(isSameButName(tweak(replica, path, 'x'), pod) || isSameButName(pod, tweak(replica, path, 'x')), path);
  t.end();
});

test('labels, annotations, names and everything in the spec are content', (t) => {
  for (const path of [
    'metadata.labels.a',
    'metadata.annotations.a',
    'metadata.name',
    'metadata.other',
    'spec.hostNetwork',
    'apiVersion',
    'data',
  ]) {
    t.notOk(same(tweak(pod, path, 'x')), path);
  }
  t.notOk(same(tweak(pod, 'spec', undefined)));
  t.notOk(same(tweak(pod, 'metadata', undefined)));
  t.notOk(hasSameContent({ spec: [] }, { spec: {} }));
  t.notOk(hasSameContent({ spec: { a: undefined } }, { spec: { b: undefined } }));
  t.notOk(hasSameContent({ spec: null }, { spec: {} }));
  t.ok(hasSameContent({ spec: null }, { spec: null, metadata: null }));
  t.notOk(hasSameContent({ spec: { status: 1 } }, { spec: { status: 2 } }), 'only the status on top');
  t.end();
});

test('the status is compared by itself, and an absent one is a null one', (t) => {
  t.ok(hasSameStatus({ status: { a: 1 } }, { status: { a: 1 }, spec: {} }));
  t.notOk(hasSameStatus({ status: { a: 1 } }, { status: { a: 2 } }));
  t.ok(hasSameStatus({}, { status: null }));
  t.notOk(hasSameStatus({}, { status: {} }));
  t.end();
});

test('inherited members do not count', (t) => {
  t.notOk(hasSameContent({ a: 1 }, Object.create({ a: 1 }) as object));
  t.notOk(hasSameContent(JSON.parse('{"spec":{"__proto__":{"x":1}}}') as object, { spec: {} }));
  t.end();
});

test('what is nested beyond reason counts as different', (t) => {
  const nested = (depth: number): object => JSON.parse(`{"spec":${'['.repeat(depth)}${']'.repeat(depth)}}`) as object;
  t.ok(hasSameContent(nested(100), nested(100)));
  t.notOk(hasSameContent(nested(9000), nested(9000)));
  t.end();
});
