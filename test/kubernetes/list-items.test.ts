import fc from 'fast-check';
import { test } from 'tap';

import { isJsonObject } from '../../src/algebra/json-object.ts';
import { ListItems, parseList } from '../../src/kubernetes/list-items.ts';
import { parseObjects } from '../../src/kubernetes/object-text.ts';
import { property } from '../../src/kubernetes/namespace-fact.ts';

const parseJson = (json: Buffer): unknown => JSON.parse(json.toString('utf8'));

/** What is found when it is asked for. */
function* foundIn(items: ListItems): Generator<unknown, void> {
  for (let index = 0; index < items.length; index += 1) yield items.at(index);
}

const allOf = (items: ListItems): readonly unknown[] => [...foundIn(items)];

/** All of a list, as if it were parsed whole. */
function wholeOf(json: string | Buffer): unknown {
  const list = parseList(Buffer.from(json), parseJson);
  if (!isJsonObject(list)) return list;
  const items = list['items'];
  return items instanceof ListItems ? { ...list, items: allOf(items) } : list;
}

function lazyItemsOf(json: string, parse = parseJson): ListItems {
  const items = property(parseList(Buffer.from(json), parse), 'items');
  if (!(items instanceof ListItems)) throw new Error('the list was parsed whole');
  return items;
}

const isLazy = (json: string): boolean =>
  property(parseList(Buffer.from(json), parseJson), 'items') instanceof ListItems;

const head = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '7', continue: 'abc' } };
const listOf = (...items: readonly unknown[]): string => `${JSON.stringify({ ...head, items })}\n`;
const named = (name: string, more: object = {}) => ({ metadata: { name }, ...more });
const three = listOf(named('a', { spec: { list: [1] } }), named('b'), named('c', { data: { e: [] } }));

test('the list of a known kind has its head, and its objects in order', (t) => {
  t.strictSame(parseList(Buffer.from(three), parseJson), { ...head, items: lazyItemsOf(three) });
  t.strictSame(wholeOf(three), JSON.parse(three));
  t.equal(lazyItemsOf(three).length, 3);
  t.strictSame(allOf(lazyItemsOf(listOf(named('a')))), [named('a')]);
  t.strictSame(wholeOf(three.trimEnd()), JSON.parse(three));
  t.end();
});

test('an object is parsed when it is asked for, and only then', (t) => {
  const parsed: string[] = [];
  const items = lazyItemsOf(three, (json) => {
    parsed.push(json.toString('utf8'));
    return parseJson(json);
  });
  t.strictSame(parsed, []);
  t.strictSame(items.at(0), named('a', { spec: { list: [1] } }));
  t.strictSame(parsed, ['{"metadata":{"name":"a"},"spec":{"list":[1]}}']);
  items.at(1);
  t.equal(parsed.length, 2);
  t.end();
});

test('what is parsed otherwise is what is given', (t) => {
  let count = 0;
  t.strictSame(allOf(lazyItemsOf(three, () => (count += 1))), [1, 2, 3]);
  t.end();
});

test('the same is there a second time, also while the first goes on', (t) => {
  for (const json of [three, listOf(named('a'), named('b', { claims: [named('x'), named('y')] }), named('c'))]) {
    const { items: expected } = JSON.parse(json) as { items: unknown[] };
    const items = lazyItemsOf(json);
    for (const [index, item] of allOf(items).entries()) {
      t.strictSame(item, expected[index]);
      t.strictSame(allOf(items), expected);
    }
  }
  t.end();
});

test('what is released is given no more, and frees nobody else’s memory', (t) => {
  const large = listOf(named('a', { padding: 'x'.repeat(200_000) }), named('b'));
  for (const json of [three, large]) {
    const others = Buffer.from('others');
    const body = Buffer.from(json);
    const items = property(parseList(body, parseJson), 'items') as ListItems;
    t.match(allOf(items), [named('a'), named('b')]);
    items.release();
    t.equal(body.length, json === large ? 0 : json.length);
    t.equal(items.length, json === large ? 2 : 3);
    t.throws(() => items.at(0), { message: 'The text of these objects is released.' });
    t.equal(others.toString(), 'others');
  }
  t.end();
});

test('an empty list is empty', (t) => {
  for (const items of ['[]', 'null']) {
    const json = `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":${items}}\n`;
    t.strictSame(wholeOf(json), JSON.parse(json));
  }
  t.end();
});

test('the list of custom resources is parsed whole, without field sets', (t) => {
  const item = { apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a', managedFields: [{ fieldsV1: { 'f:b': {} } }] } };
  const list = { apiVersion: 'a/v1', items: [item, item], kind: 'AList', metadata: { continue: '' } };
  const json = JSON.stringify(list);
  t.notOk(isLazy(json));
  t.strictSame(wholeOf(json), parseObjects(Buffer.from(json)));
  const nested = JSON.stringify({ ...list, items: [{ ...item, spec: { items: [named('x'), named('y')] } }] });
  t.strictSame(wholeOf(nested), parseObjects(Buffer.from(nested)));
  const last = JSON.stringify({ items: [{ items: [named('x'), named('y')] }, { items: [named('z')] }] });
  t.strictSame(wholeOf(last), JSON.parse(last));
  t.end();
});

test('white space of any kind changes nothing', (t) => {
  const pretty = JSON.stringify(JSON.parse(three), undefined, 2);
  t.strictSame(wholeOf(pretty), JSON.parse(three));
  const spaced = three.replaceAll('},{"metadata"', '}\n , {"metadata"').replace(/\]\}\n$/, ' ] \t}\r\n');
  t.strictSame(wholeOf(spaced), JSON.parse(three));
  const partly = three.replace('},{"metadata"', '}, {"metadata"').replace(/\n$/, ' \r\n\t');
  t.ok(isLazy(partly));
  t.strictSame(wholeOf(partly), JSON.parse(three));
  t.end();
});

test('objects within objects are not taken for those of the list', (t) => {
  const claims = { volumeClaimTemplates: [named('data', { spec: {} }), named('logs', { spec: {} }), named('more')] };
  const sets = [named('a'), named('b', { spec: claims }), named('c'), named('d', { spec: claims })];
  for (const items of [sets, sets.slice(1), sets.slice(1, 2), sets.slice(2), [...sets, ...sets]]) {
    const json = listOf(...items);
    t.ok(isLazy(json));
    t.strictSame(wholeOf(json), JSON.parse(json));
  }
  t.end();
});

test('texts that look like the parts of a list are texts', (t) => {
  const texts = ['},{"metadata":{', '"items":[{"metadata":{', ']}', '\\"', '\\', '"}]}', 'ü', '€', '𝄞'];
  const items = texts.map((text) => {
    const key = text.replaceAll('\\', '/');
    return { metadata: { name: text, labels: { [key]: text } }, [key]: text };
  });
  const json = listOf(...items);
  t.ok(isLazy(json));
  t.strictSame(wholeOf(json), JSON.parse(json));
  const inHead = JSON.stringify({ ...head, note: '"items":[{"metadata":{', 'ü"': texts, items });
  t.strictSame(wholeOf(inHead), JSON.parse(inHead));
  t.end();
});

test('a key that ends in a quote and the name of the items is another key', (t) => {
  const json = JSON.stringify({ kind: 'A', 'a"items': [named('a')] });
  t.strictSame(wholeOf(json), JSON.parse(json));
  t.end();
});

test('what is no object is given too', (t) => {
  for (const items of [
    [named('a'), null],
    [named('a'), 1, named('b')],
    [named('a'), [], 'x', {}, named('b')],
    [1, named('a')],
    [null],
  ]) {
    const json = listOf(...items);
    t.strictSame(wholeOf(json), JSON.parse(json));
  }
  t.end();
});

test('garbage is an error after the objects before it', (t) => {
  for (const garbage of ['x', '{', '}', ']', ',', '"', ':1', '{"metadata":{}}', '\\', '\u0000']) {
    const json = three.replace('"name":"b"}', `"name":"b"}${garbage}`);
    t.throws(() => JSON.parse(json) as unknown, SyntaxError);
    const items = lazyItemsOf(json);
    t.strictSame(items.at(0), named('a', { spec: { list: [1] } }));
    t.throws(() => allOf(items), SyntaxError, garbage);
  }
  t.end();
});

test('garbage before and behind the items is an error', (t) => {
  const end = three.trimEnd();
  for (const json of [
    `x${end}`,
    `{${end}`,
    `[${end}`,
    `${end}x`,
    `${end}}`,
    `${end}{}`,
    `${end},`,
    `${end}${end}`,
    `${end}\n${end}`,
    end.replace('"kind"', 'kind'),
    end.replace('"items":', '"items"::'),
    end.replace('"items":[', '"items":[,'),
    end.replace(/\]\}$/, ',]}'),
    end.replace(/\]\}$/, ']]}'),
    end.replace(/\]\}$/, '}]}'),
  ])
    t.throws(() => wholeOf(json), SyntaxError, json);
  t.end();
});

test('white space that is none to JSON is an error behind a list', (t) => {
  for (const space of ['\f', '\v', '\u00a0']) t.throws(() => wholeOf(`${three}${space}`), SyntaxError);
  t.end();
});

test('a list that is cut off is an error, wherever that is', (t) => {
  const items = [
    named('a', { b: [{ c: [] }] }),
    named('ü', { items: [named('}]}'), named('e')] }),
    named('f', { g: [[]] }),
  ];
  const whole = Buffer.from(JSON.stringify({ ...head, items }));
  for (let length = 0; length < whole.length; length += 1)
    t.throws(() => wholeOf(whole.subarray(0, length)), SyntaxError, String(length));
  t.strictSame(wholeOf(whole), JSON.parse(whole.toString('utf8')));
  t.end();
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '},{"metadata":{',
    '"items":[{"metadata":{',
    '"items":[',
    ']}',
    '\\',
    '\\"',
    '"',
    '{',
    '}',
    'metadata',
    'ü',
  ),
);
/** Without backslashes: after the key "\\", V8's JSON.parse takes the key "\"" for the same. */
const key = text.map((one) => one.replaceAll('\\', '/'));
/** Objects and what is in them, so many levels deep. */
function valueOf(depth: number): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
  if (depth === 0) return leaf;
  const [inner, object] = [valueOf(depth - 1), itemOf(depth - 1)];
  return fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 3 }),
    fc.dictionary(key, inner, { maxKeys: 3 }),
    fc.array(object, { maxLength: 3 }),
    fc.record({ items: fc.array(object, { maxLength: 3 }) }),
  );
}

function itemOf(depth: number): fc.Arbitrary<object> {
  const members = fc.dictionary(key, valueOf(depth), { maxKeys: 2 });
  return fc.tuple(members, members).map(([metadata, more]) => ({ metadata, ...more }));
}

const [value, item] = [valueOf(2), itemOf(2)];
const items = fc.oneof(
  { arbitrary: fc.array(item, { maxLength: 5 }), weight: 5 },
  fc.array(fc.oneof(item, value), { maxLength: 5 }),
);
const list = fc.oneof(
  items.map((all) => ({ ...head, items: all })),
  fc.record({ apiVersion: text, items, kind: text, metadata: fc.dictionary(key, value, { maxKeys: 3 }) }),
  fc.tuple(fc.dictionary(key, value, { maxKeys: 3 }), items).map(([more, all]) => ({ ...more, items: all })),
);
const style = fc.oneof({ arbitrary: fc.constant(''), weight: 5 }, fc.constantFrom(' ', '\t'));

test('a list is what it is when it is parsed whole', (t) => {
  let [lazy, whole] = [0, 0];
  fc.assert(
    fc.property(list, style, (one, indent) => {
      const json = `${JSON.stringify(one, undefined, indent)}\n`;
      if (isLazy(json)) lazy += 1;
      else whole += 1;
      return JSON.stringify(wholeOf(json)) === JSON.stringify(JSON.parse(json));
    }),
    { numRuns: 3_000 },
  );
  t.ok(lazy > 500 && whole > 500, `${lazy} object by object, ${whole} whole`);
  t.end();
});

/** JSON text of what is parsed; undefined where it is no JSON. */
function outcome(parse: () => unknown): string | undefined {
  try {
    return JSON.stringify(parse());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

test('a list of which a character was changed is the same or an error as when it is parsed whole', (t) => {
  let [sound, broken] = [0, 0];
  fc.assert(
    fc.property(
      list,
      fc.nat(),
      fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', ' ', '1'),
      (one, place, character) => {
        const json = JSON.stringify(one);
        const at = place % json.length;
        // Half of a surrogate pair is no UTF-8.
        const changed = (json.slice(0, at) + character + json.slice(at + 1)).toWellFormed();
        const expected = outcome(() => JSON.parse(changed));
        if (expected === undefined) broken += 1;
        else sound += 1;
        return outcome(() => wholeOf(changed)) === expected;
      },
    ),
    { numRuns: 3_000 },
  );
  t.ok(sound > 200 && broken > 1_000, `${sound} are JSON, ${broken} are not`);
  t.end();
});
