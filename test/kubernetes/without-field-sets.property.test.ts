import fc from 'fast-check';
import { test } from 'tap';

import { withoutFieldSets } from '../../src/kubernetes/without-field-sets.ts';

const shortened = (text: string): string => withoutFieldSets(Buffer.from(text)).toString('utf8');

/** Texts that look like the key, or end in what JSON escapes. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('fieldsV1', '"fieldsV1":{', '\\"fieldsV1":{', '{"', '}', '\\', '\\"', '"', 'k:{"name":"a}"}', 'ü'),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    fc.record({ manager: text, fieldsV1: tie('value'), subresource: text }, { requiredKeys: ['fieldsV1'] }),
  ),
}));

/** The same by what is parsed: objects under the key are empty. */
function emptied(parsed: unknown): unknown {
  if (Array.isArray(parsed)) return parsed.map(emptied);
  if (typeof parsed !== 'object' || parsed === null) return parsed;
  const entries = Object.entries(parsed).map(([name, member]): [string, unknown] => {
    const isFieldSet = name === 'fieldsV1' && typeof member === 'object' && member !== null && !Array.isArray(member);
    return [name, isFieldSet ? {} : emptied(member)];
  });
  return Object.fromEntries(entries);
}

test('the rest is the same, whatever the texts are', (t) => {
  let [changed, unchanged] = [0, 0];
  fc.assert(
    fc.property(value, (one) => {
      const json = JSON.stringify(one);
      const short = shortened(json);
      if (short === json) unchanged += 1;
      else changed += 1;
      return JSON.stringify(JSON.parse(short)) === JSON.stringify(emptied(JSON.parse(json)));
    }),
    { numRuns: 20_000 },
  );
  t.ok(changed > 2_000 && unchanged > 2_000, `${changed} with field sets, ${unchanged} without`);
  t.end();
});

test('what is cut off stays what cannot be parsed', (t) => {
  const whole = JSON.stringify([{ fieldsV1: { 'k:{"a":"\\"}"}': {} } }, { fieldsV1: { 'f:b': {} }, c: 'd' }]);
  for (let length = 0; length < whole.length; length += 1)
    t.throws(() => JSON.parse(shortened(whole.slice(0, length))) as unknown, SyntaxError);
  t.equal(shortened(whole), '[{"fieldsV1":{}},{"fieldsV1":{},"c":"d"}]');
  t.end();
});

test('JSON of another style is left as it is', (t) => {
  const pretty = JSON.stringify([{ fieldsV1: { 'f:a': {} } }], undefined, 2);
  t.equal(shortened(pretty), pretty);
  t.equal(shortened(''), '');
  t.end();
});
