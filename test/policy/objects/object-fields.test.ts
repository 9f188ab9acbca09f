import { test } from 'tap';

import type { Kind } from '../../../src/policy/objects/kinds.ts';
import { fieldsAt, isPresent, isTrue, textAt } from '../../../src/policy/objects/object-fields.ts';
import { locationFields } from '../../../src/policy/objects/source-locations.ts';
import { judgedFields } from '../../e2e/judged-fields.ts';

test('values are found at a path, each with the field where it stands', (t) => {
  const object = { a: { b: [{ c: 1 }, { c: null }, 'text', { c: 2 }], d: 'x' } };
  t.same(
    [...fieldsAt(object, 'a.b[].c')],
    [
      { field: 'a.b[0].c', value: 1 },
      { field: 'a.b[3].c', value: 2 },
    ],
  );
  t.same([...fieldsAt(object, 'a.d')], [{ field: 'a.d', value: 'x' }]);
  for (const path of ['a.d[]', 'a.b.c', 'a.e', 'a.e[].f', 'toString', '__proto__.a', 'a.d.length']) {
    t.same([...fieldsAt(object, path)], [], path);
  }
  t.end();
});

test('texts, presence and truth are told', (t) => {
  const object = { text: 'x', empty: '', number: 1, yes: true, no: false, nothing: null };
  t.equal(textAt(object, 'text'), 'x');
  for (const path of ['empty', 'number', 'nothing', 'absent']) t.equal(textAt(object, path), undefined, path);
  t.ok(isPresent(object, 'empty'));
  t.notOk(isPresent(object, 'nothing'));
  t.ok(isTrue(object, 'yes'));
  for (const path of ['no', 'text', 'nothing', 'absent']) t.notOk(isTrue(object, path), path);
  t.end();
});

test('every field that says where Flux connects has the right type before it is read', (t) => {
  for (const [kind, places] of Object.entries(locationFields)) {
    const known = new Map(judgedFields(kind as Kind).map(({ path, type }) => [path, type]));
    for (const [path] of places) t.equal(known.get(path), 'string', `${kind} ${path}`);
  }
  t.end();
});
