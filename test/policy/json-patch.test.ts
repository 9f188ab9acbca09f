import { test } from 'tap';

import { addAbsentLabels, addedLabelsOf, escapeToken, withLabels } from '../../src/policy/json-patch.ts';

const object = { apiVersion: 'v1', kind: 'Pod' };

test('tokens of a JSON Pointer are escaped, tilde first', (t) => {
  t.equal(escapeToken('a/b'), 'a~1b');
  t.equal(escapeToken('a~b'), 'a~0b');
  t.equal(escapeToken('~1/'), '~01~1');
  t.end();
});

test('only what is absent is added', (t) => {
  const labels = { a: '1', 'x~y/z': '2' };
  t.same(addAbsentLabels({ ...object, metadata: { labels: { a: 'other' } } }, labels), [
    { op: 'add', path: '/metadata/labels/x~0y~1z', value: '2' },
  ]);
  t.same(addAbsentLabels({ ...object, metadata: { labels: labels } }, labels), []);
  for (const metadata of [{}, { labels: null }]) {
    t.same(addAbsentLabels({ ...object, metadata }, labels), [{ op: 'add', path: '/metadata/labels', value: labels }]);
    t.same(addAbsentLabels({ ...object, metadata }, {}), []);
  }
  for (const metadata of [null, undefined])
    t.same(addAbsentLabels({ ...object, ...(metadata === null ? { metadata } : {}) }, labels), []);
  t.end();
});

test('an inherited label is no label', (t) => {
  t.same(addAbsentLabels({ ...object, metadata: { labels: {} } }, { constructor: 'x' }), [
    { op: 'add', path: '/metadata/labels/constructor', value: 'x' },
  ]);
  t.end();
});

test('a patch says which labels it adds, and the object with them is the object otherwise', (t) => {
  const labels = { a: '1', 'x~y/z': '2' };
  for (const metadata of [{ name: 'web' }, { name: 'web', labels: { b: '3' } }]) {
    const before = { ...object, metadata };
    const added = addedLabelsOf(addAbsentLabels(before, labels));
    t.same(added, labels);
    t.same(withLabels(before, added), {
      ...before,
      metadata: { name: 'web', labels: { ...metadata.labels, ...labels } },
    });
  }
  t.equal(withLabels(object, addedLabelsOf([])), object);
  t.end();
});
