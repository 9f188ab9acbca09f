import fc from 'fast-check';
import { test } from 'tap';

import { readJsonDocuments } from '../../src/manifests/json-documents.ts';
import { SourceText } from '../../src/manifests/source-text.ts';
import { readYamlDocuments } from '../../src/manifests/yaml-documents.ts';

function read(text: string) {
  return readJsonDocuments(new SourceText('a.json', text));
}

function placeOf(text: string, field: string, index = 0): string {
  const source = new SourceText('a.json', text);
  const { line, column } = source.positionAt(readJsonDocuments(source)?.documents[index]?.locate(field) ?? -1);
  return `${line}:${column}`;
}

void test('fields of JSON are found', (t) => {
  const text = '{\n\t"a": [1, {"b": "x,]}\\"", "c" : {}}],\n\t"metadata": {"labels": {"e.com/k": "v"}}\n}\n';
  t.equal(placeOf(text, ''), '1:1');
  t.equal(placeOf(text, 'a'), '2:2');
  t.equal(placeOf(text, 'a[1]'), '2:11');
  t.equal(placeOf(text, 'a[1].c'), '2:27');
  t.equal(placeOf(text, 'a[1].c.d'), '2:27');
  t.equal(placeOf(text, 'a[2].c.d'), '2:2');
  t.equal(placeOf(text, 'metadata.labels["e.com/k"]'), '3:26');
  t.equal(placeOf(text, 'metadata.labels["e.com/k"].x[0]'), '3:26');
  t.end();
});

void test('objects may follow each other, as in the output of kubectl or jq', (t) => {
  const text = '{"a":1}\n{"b":2} {"c":3}';
  t.strictSame(
    read(text)?.documents.map((document) => document.value),
    [{ a: 1 }, { b: 2 }, { c: 3 }],
  );
  t.equal(placeOf(text, 'c', 2), '2:10');
  t.end();
});

void test('what is no JSON is left to the YAML reader', (t) => {
  for (const text of [
    '',
    '  ',
    '{a: b}',
    '{"a": 1',
    '{"a": 1,}',
    '{"a": 1} b',
    '[1]',
    '{"a": 1}\n---\nb: 1\n',
    '{"a" 1}',
    '{"a": "',
  ]) {
    t.equal(read(text), undefined, JSON.stringify(text));
  }
  t.end();
});

void test('a key that stands twice is a fault at its second place, and leaves the other documents', (t) => {
  const parsed = read('{"a": {"b": 1, "c": ["b", "b"],\n "b": 2}}\n{"a": "a"}\n{"\\u0061":1, "a":2}');
  t.strictSame(
    parsed?.documents.map((document) => document.value),
    [{ a: 'a' }],
  );
  t.strictSame(parsed?.faults, [
    { file: 'a.json', line: 2, column: 2, message: 'the key "b" stands here twice; keep one of them' },
    { file: 'a.json', line: 4, column: 14, message: 'the key "a" stands here twice; keep one of them' },
  ]);
  t.end();
});

void test('keys of the prototype are data', (t) => {
  const text = '{"__proto__": {"x": 1}, "constructor": 2}';
  t.equal(JSON.stringify(read(text)?.documents[0]?.value), '{"__proto__":{"x":1},"constructor":2}');
  t.equal(placeOf(text, '__proto__.x'), '1:16');
  t.equal(placeOf(text, 'toString'), '1:1');
  t.end();
});

void test('nesting costs no stack', (t) => {
  const text = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  t.equal(read(text)?.documents.length, 1);
  t.equal(placeOf(text, `a${'[0]'.repeat(20)}`), '1:26');
  t.end();
});

/** Every field of a value, as rules write them. */
function fieldsOf(value: unknown, prefix = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  return [
    prefix,
    ...Object.entries(value).flatMap(([key, item]) =>
      fieldsOf(item, `${prefix}[${Array.isArray(value) ? key : JSON.stringify(key)}]`),
    ),
  ];
}

void test('the JSON and the YAML reader agree on values and on positions', (t) => {
  const pair = fc.tuple(
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true }),
    fc.nat(3),
  );
  fc.assert(
    fc.property(pair, ([value, indent]) => {
      const source = new SourceText('a.json', JSON.stringify(value, undefined, indent));
      const json = readJsonDocuments(source)?.documents[0];
      const yaml = readYamlDocuments(source);
      if (json === undefined || yaml.faults.length > 0) throw new Error(JSON.stringify(yaml.faults));
      const other = yaml.documents[0]!;
      if (JSON.stringify(json.value) !== JSON.stringify(other.value)) throw new Error('values differ');
      for (const field of fieldsOf(json.value)) {
        if (json.locate(field) !== other.locate(field)) throw new Error(`${field} is elsewhere`);
      }
    }),
    { numRuns: 1000 },
  );
  t.end();
});
