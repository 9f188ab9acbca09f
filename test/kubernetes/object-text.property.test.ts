import fc from 'fast-check';
import { test } from 'tap';

import { fieldSets, parseObjects, startOf, textWithout } from '../../src/kubernetes/object-text.ts';

const cut = (json: string, starts: readonly Buffer[]): string =>
  Buffer.from(textWithout(Buffer.from(json), starts), 'latin1').toString('utf8');
const shortened = (json: string): string => cut(json, fieldSets);

/** Texts that look like the key, or end in what JSON escapes. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'fieldsV1',
    '"fieldsV1":{',
    '\\"fieldsV1":{',
    '"fieldsV1',
    '{"',
    '}',
    '\\',
    '\\"',
    '"',
    'k:{"name":"a}"}',
    'ü',
  ),
);
/** Without backslashes: after the key "\\", V8's JSON.parse takes the key "\"" for the same. */
const key = text.map((one) => one.replaceAll('\\', '/'));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
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
      const expected = JSON.stringify(emptied(JSON.parse(json)));
      return (
        JSON.stringify(JSON.parse(short)) === expected && JSON.stringify(parseObjects(Buffer.from(json))) === expected
      );
    }),
    { numRuns: 20_000 },
  );
  t.ok(changed > 2_000 && unchanged > 2_000, `${changed} with field sets, ${unchanged} without`);
  t.end();
});

test('what is cut off stays what cannot be parsed', (t) => {
  const whole = JSON.stringify([{ fieldsV1: { 'k:{"a":"\\"}"}': {} } }, { fieldsV1: { 'f:b': {} }, c: 'd' }]);
  for (let length = 0; length < whole.length; length += 1)
    t.throws(() => parseObjects(Buffer.from(whole).subarray(0, length)), SyntaxError);
  t.equal(shortened(whole), '[{"fieldsV1":{}},{"fieldsV1":{},"c":"d"}]');
  t.end();
});

test('a key that ends in a quote and the name of field sets is another key', (t) => {
  const named = { 'a"fieldsV1': { b: 1 }, 'c\\"fieldsV1': { fieldsV1: { d: 1 } } };
  t.strictSame(parseObjects(Buffer.from(JSON.stringify(named))), emptied(named));
  t.end();
});

test('there is a character for each byte', (t) => {
  const json = Buffer.from('{"ä":"€","fieldsV1":{"ü":{}},"𝄞":1}');
  t.equal(textWithout(json, []), json.toString('latin1'));
  t.equal(textWithout(json, fieldSets), Buffer.from('{"ä":"€","fieldsV1":{},"𝄞":1}').toString('latin1'));
  t.strictSame(parseObjects(json), { ä: '€', fieldsV1: {}, '𝄞': 1 });
  t.end();
});

test('lists and ends of keys are cut out too, in the order of what is asked for', (t) => {
  const starts = [startOf('"first', '['), startOf('econds', '[')];
  t.equal(
    cut('{"first":[{"a":"]"}],"seconds":[[1],[2]],"ownSeconds":{},"moreseconds":["\\"]"],"first":[1]}', starts),
    '{"first":[],"seconds":[[1],[2]],"ownSeconds":{},"moreseconds":["\\"]"],"first":[]}',
  );
  t.equal(
    cut('{"first":[1],"seconds":[2],"moreseconds":["\\"]"]}', starts),
    '{"first":[],"seconds":[],"moreseconds":[]}',
  );
  t.end();
});

test('what ends within a text, or behind a backslash, is cut off', (t) => {
  for (const end of ['{"a', '{"a\\', '{"a\\"', '{"a"', '[', '[{}', '{"a":"}"'])
    t.equal(shortened(`{"fieldsV1":${end}`), `{"fieldsV1":${end}`);
  t.end();
});

test('JSON of another style is left as it is', (t) => {
  const pretty = JSON.stringify([{ fieldsV1: { 'f:a': {} } }], undefined, 2);
  t.equal(shortened(pretty), pretty);
  t.equal(shortened(''), '');
  t.end();
});
