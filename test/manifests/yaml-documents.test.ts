import { test } from 'tap';

import { SourceText } from '../../src/manifests/source-text.ts';
import { readYamlDocuments } from '../../src/manifests/yaml-documents.ts';

function read(text: string) {
  return readYamlDocuments(new SourceText('a.yaml', text));
}

function valuesOf(text: string): readonly unknown[] {
  const { documents, faults } = read(text);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return documents.map((document) => document.value);
}

function faultsOf(text: string): readonly string[] {
  return read(text).faults.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
}

function placeOf(text: string, field: string, index = 0): string {
  const source = new SourceText('a.yaml', text);
  const { line, column } = source.positionAt(readYamlDocuments(source).documents[index]?.locate(field) ?? -1);
  return `${line}:${column}`;
}

void test('scalars are what go-yaml takes them for, and quoted ones are text', (t) => {
  const text =
    'a: yes\nb: "yes"\nc: \'1\'\nd: 010\ne: |\n  true\nf:\ng: !!str 1\nh: ! 2\ni: !!int "3"\nj: !!float 1\nk: !!null ""\nl: !!bool "on"\n';
  t.strictSame(valuesOf(text), [
    { a: true, b: 'yes', c: '1', d: 8, e: 'true\n', f: null, g: '1', h: '2', i: 3, j: 1, k: null, l: true },
  ]);
  t.strictSame(valuesOf('a: !!timestamp 2001-12-14\nb: !!map {}\nc: !!seq []\nd: !!float 1.5\n'), [
    { a: '2001-12-14', b: {}, c: [], d: 1.5 },
  ]);
  t.end();
});

void test('a YAML directive does not change what scalars mean', (t) => {
  t.strictSame(valuesOf('%YAML 1.1\n---\na: 1:30\nb: yes\n'), [{ a: '1:30', b: true }]);
  t.strictSame(valuesOf('%YAML 1.2\n---\na: yes\n'), [{ a: true }]);
  t.end();
});

void test('keys become text, as in JSON', (t) => {
  t.strictSame(valuesOf('1: a\nyes: b\n0x10: c\n"no": d\n'), [{ 1: 'a', true: 'b', 16: 'c', no: 'd' }]);
  t.strictSame(faultsOf('? [a]\n: 1\n? {}\n: 2\n~: 3\n'), [
    'a.yaml:1:3 a list cannot be a key, keys are strings',
    'a.yaml:3:3 an object cannot be a key, keys are strings; a template such as {{ … }} must be rendered first',
    'a.yaml:5:1 nothing cannot be a key, keys are strings',
  ]);
  t.end();
});

void test('keys of the prototype are data', (t) => {
  const [value] = valuesOf('__proto__: {polluted: 1}\nconstructor: 2\ntoString: 3\n');
  t.equal(JSON.stringify(value), '{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.equal(placeOf('a: 1\n__proto__:\n  x: 1\nconstructor: 2\n', '__proto__.x'), '3:3');
  t.equal(placeOf('a: 1\n', 'constructor'), '1:1');
  t.end();
});

void test('merge keys work in the order of the text, as in go-yaml v2', (t) => {
  const base = 'base: &b {x: 1, v: 1}\nother: &o {v: 2, z: 2}\n';
  const merged = (text: string) => (valuesOf(`${base}${text}`)[0] as { readonly m: unknown }).m;
  t.strictSame(merged('m: {<<: *b, x: 9}\n'), { x: 9, v: 1 });
  t.strictSame(merged('m: {x: 9, <<: *b}\n'), { x: 1, v: 1 }, 'a later merge replaces');
  t.strictSame(merged('m: {<<: [*b, *o]}\n'), { x: 1, v: 1, z: 2 }, 'the first of a list wins');
  t.strictSame(merged('m: {"<<": 1}\n'), { '<<': 1 }, 'quoted, it is a key');
  t.strictSame(faultsOf('m: {<<: 1}\n'), ['a.yaml:1:9 only a map, or a list of maps, can be merged with <<']);
  t.end();
});

void test('a merged field is where it is written', (t) => {
  const text = 'base: &b\n  x: 1\n  v: 1\nm:\n  x: 9\n  <<: *b\np:\n  <<: [*b]\n  x: 2\nk: *b\n';
  t.equal(placeOf(text, 'm.x'), '2:3');
  t.equal(placeOf(text, 'p.x'), '9:3');
  t.equal(placeOf(text, 'p.v'), '3:3');
  t.equal(placeOf(text, 'p.z'), '7:1');
  t.equal(placeOf(text, 'k.v'), '3:3');
  t.end();
});

void test('an alias needs an anchor that is complete', (t) => {
  t.strictSame(valuesOf('a: &x [1]\nb: *x\nc: &x 2\nd: *x\n'), [{ a: [1], b: [1], c: 2, d: 2 }]);
  t.strictSame(valuesOf('&k a: 1\nb: *k\n'), [{ a: 1, b: 'a' }]);
  t.strictSame(faultsOf('a: *nobody\n'), ['a.yaml:1:4 the alias "nobody" has no anchor before it']);
  t.strictSame(faultsOf('a: &x\n  b: *x\n'), ['a.yaml:2:6 the alias "x" stands inside its own anchor']);
  t.strictSame(faultsOf('a: &x 1\n---\nb: *x\n'), ['a.yaml:3:4 the alias "x" has no anchor before it']);
  t.end();
});

void test('an alias bomb is a fault, whether its parts are lists or merges', (t) => {
  const levels = Array.from({ length: 30 }, (_, level) => level + 1);
  const lists = levels.map((level) => `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]\n`).join('');
  t.match(faultsOf(`a0: &a0 [x]\n${lists}`), [/aliases stand for more than 100000 nodes; write less with aliases$/]);
  const maps = levels.map((level) => `a${level}: &a${level} {l: *a${level - 1}, r: *a${level - 1}}\n`).join('');
  t.match(faultsOf(`a0: &a0 {x: 1}\n${maps}`), [/aliases stand for more than 100000 nodes/]);
  t.strictSame(valuesOf(`a: &a {x: 1}\nb: [${'*a,'.repeat(2000)}]\n`).length, 1, 'many small ones are no bomb');
  t.end();
});

void test('a key that stands twice is a fault at its second place', (t) => {
  t.strictSame(faultsOf('a: 1\nb:\n  c: 1\n  "c": 2\na: 3\n'), [
    'a.yaml:4:3 the key "c" stands here twice; keep one of them',
    'a.yaml:5:1 the key "a" stands here twice; keep one of them',
  ]);
  t.strictSame(faultsOf('1: a\n"1": b\n'), ['a.yaml:2:1 the key "1" stands here twice; keep one of them']);
  t.end();
});

void test('tags that Kubernetes does not know are faults', (t) => {
  t.strictSame(faultsOf('a: !secret x\nb: !!int x\nc: !!binary aGk=\nd: !!set {}\ne: !x []\n'), [
    'a.yaml:1:12 the tag "!secret" does not fit "x"; remove the tag',
    'a.yaml:2:10 the tag "!!int" does not fit "x"; remove the tag',
    'a.yaml:3:13 the tag "!!binary" does not fit "aGk="; remove the tag',
    'a.yaml:4:10 the tag "!!set" is not known in manifests; remove it',
    'a.yaml:5:7 the tag "!x" is not known in manifests; remove it',
  ]);
  t.end();
});

void test('numbers that JSON cannot hold are faults', (t) => {
  t.strictSame(faultsOf('a: .inf\nb: .nan\n'), [
    'a.yaml:1:4 ".inf" is no JSON number',
    'a.yaml:2:4 ".nan" is no JSON number',
  ]);
  t.end();
});

void test('one broken document leaves the others', (t) => {
  const { documents, faults } = read('a: 1\n---\nb: [1\n---\nc: 3\n');
  t.strictSame(
    documents.map((document) => document.value),
    [{ a: 1 }, { c: 3 }],
  );
  t.equal(faults.length, 1);
  t.match(faults[0]?.message, /^is not valid YAML: /);
  t.equal(faults[0]?.line, 4);
  t.equal(placeOf('a: 1\n---\nb: [1\n---\n\nc: 3\n', 'c', 1), '6:1');
  t.end();
});

void test('a line on which kubectl and YAML part is a fault', (t) => {
  const message =
    'a line that begins with --- ends a document for kubectl but not in YAML; indent it, or put --- alone';
  t.strictSame(faultsOf('a: 1\n---b: |\n  kind: Pod\n'), [`a.yaml:2:1 ${message}`]);
  t.strictSame(faultsOf('a: |\n  ---b\n--- # comment\nb: 1\n---\r\nc: 1\n'), []);
  t.end();
});

void test('nesting without end is a fault', (t) => {
  t.match(faultsOf('['.repeat(50_000)), [/^a.yaml:1:\d+ is nested too deeply to be read$/]);
  t.match(faultsOf(`a: ${'- '.repeat(50_000)}`), [/is /]);
  t.match(faultsOf('- '.repeat(50_000)), [/^a.yaml:1:\d+ is nested too deeply to be read$/]);
  t.end();
});

void test('empty documents have no value', (t) => {
  t.strictSame(valuesOf(''), []);
  t.strictSame(valuesOf('# only a comment\n'), []);
  t.strictSame(valuesOf('---\n---\n# c\n---\na: 1\n...\n'), [null, null, { a: 1 }]);
  t.end();
});

void test('positions survive CRLF, comments, flow style and anchors', (t) => {
  const text = '# c\r\na: {b: [1, {c: 2}]}\r\nd: &x\r\n- e: 1\r\n  f: 2\r\n-\r\n  g: 3\r\n';
  t.equal(placeOf(text, 'a.b[1].c'), '2:13');
  t.equal(placeOf(text, 'a.b[0]'), '2:9');
  t.equal(placeOf(text, 'd'), '3:1');
  t.equal(placeOf(text, 'd[0]'), '4:3');
  t.equal(placeOf(text, 'd[0].f'), '5:3');
  t.equal(placeOf(text, 'd[1].g'), '7:3');
  t.equal(placeOf(text, 'd[2].g'), '3:1', 'no such item');
  t.equal(placeOf(text, 'd.x'), '3:1', 'a list has no members');
  t.equal(placeOf(text, 'a.b.c.d'), '2:5');
  t.equal(placeOf(text, ''), '2:1');
  t.end();
});
