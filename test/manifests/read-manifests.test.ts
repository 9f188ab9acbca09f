import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { test, type Test } from 'tap';

import { displayPath } from '../../src/manifests/find-manifest-files.ts';
import { readManifests, stdinFile, type Manifests } from '../../src/manifests/read-manifests.ts';

const encoder = new TextEncoder();

function readText(text: string): Manifests {
  return readManifests(['-'], encoder.encode(text));
}

/** `kind name file:line:column` of a field of each document. */
function summaryOf(manifests: Manifests, field = '', root = ''): readonly string[] {
  return manifests.documents.map((document) => {
    const { line, column } = document.positionOf(field);
    const { name } = (document.value['metadata'] ?? {}) as { readonly name?: string };
    const file = document.file.replace(`${root}/`, '');
    return `${String(document.value['apiVersion'])} ${String(document.value['kind'])} ${name ?? ''} ${file}:${line}:${column}`;
  });
}

function faultsOf(manifests: Manifests, root = ''): readonly string[] {
  return manifests.faults.map(
    ({ file, line, column, message }) => `${file.replace(`${root}/`, '')}:${line}:${column} ${message}`,
  );
}

function folderOf(t: Test, files: Parameters<Test['testdir']>[0]): string {
  return t.testdir(files);
}

const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n`;

void test('a stream of documents is read, with the place of each', (t) => {
  const manifests = readText(`# made by kustomize\n${pod('a')}---\n---\n# nothing\n---\n${pod('b')}...\n---\nnull\n`);
  t.strictSame(faultsOf(manifests), []);
  t.strictSame(summaryOf(manifests), [`v1 Pod a ${stdinFile}:2:1`, `v1 Pod b ${stdinFile}:10:1`]);
  t.strictSame(summaryOf(manifests, 'metadata.name'), [`v1 Pod a ${stdinFile}:5:3`, `v1 Pod b ${stdinFile}:13:3`]);
  t.strictSame(summaryOf(manifests, 'metadata.labels["e.com/x"]'), [
    `v1 Pod a ${stdinFile}:4:1`,
    `v1 Pod b ${stdinFile}:12:1`,
  ]);
  t.end();
});

void test('a byte order mark and CRLF change no place', (t) => {
  const manifests = readText(`\ufeff${pod('a').replaceAll('\n', '\r\n')}`);
  t.strictSame(faultsOf(manifests), []);
  t.strictSame(summaryOf(manifests, 'metadata.name'), [`v1 Pod a ${stdinFile}:4:3`]);
  t.strictSame(summaryOf(manifests, 'apiVersion'), [`v1 Pod a ${stdinFile}:1:1`]);
  t.strictSame(summaryOf(readText('\ufeff{"apiVersion":"v1","kind":"Pod"}'), 'kind'), [`v1 Pod  ${stdinFile}:1:20`]);
  t.end();
});

void test('lists are taken apart, and items point into the list', (t) => {
  const manifests = readText(
    [
      'apiVersion: v1',
      'kind: List',
      'items:',
      '  - apiVersion: v1',
      '    kind: Pod',
      '    metadata: {name: a}',
      '  - apiVersion: v1',
      '    kind: NamespaceList',
      '    items:',
      '      - metadata:',
      '          name: b',
      '      - metadata: {name: c}',
      '        kind: ""',
      '  - apiVersion: apps/v1',
      '    kind: Deployment',
      '    metadata: {name: d}',
    ].join('\n'),
  );
  t.strictSame(faultsOf(manifests), []);
  t.strictSame(summaryOf(manifests, 'metadata.name'), [
    `v1 Pod a ${stdinFile}:6:16`,
    `v1 Namespace b ${stdinFile}:11:11`,
    `v1 Namespace c ${stdinFile}:12:20`,
    `apps/v1 Deployment d ${stdinFile}:16:16`,
  ]);
  t.strictSame(summaryOf(manifests), [
    `v1 Pod a ${stdinFile}:4:5`,
    `v1 Namespace b ${stdinFile}:10:9`,
    `v1 Namespace c ${stdinFile}:12:9`,
    `apps/v1 Deployment d ${stdinFile}:14:5`,
  ]);
  t.end();
});

void test('a JSON list of pods without kinds is taken apart', (t) => {
  const manifests = readText(
    '{\n "kind": "PodList",\n "apiVersion": "v1",\n "items": [\n  {"metadata": {"name": "a"}},\n  {"metadata": {"name": "b"}}\n ]\n}',
  );
  t.strictSame(summaryOf(manifests, 'metadata.name'), [`v1 Pod a ${stdinFile}:5:17`, `v1 Pod b ${stdinFile}:6:17`]);
  t.strictSame(summaryOf(manifests, 'spec'), [`v1 Pod a ${stdinFile}:5:3`, `v1 Pod b ${stdinFile}:6:3`]);
  t.end();
});

void test('items in an object that is no list hide neither it nor themselves', (t) => {
  const manifests = readText(`${pod('a')}items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]\n`);
  t.strictSame(summaryOf(manifests, 'metadata.name'), [`v1 Pod a ${stdinFile}:4:3`, `v1 Pod b ${stdinFile}:5:48`]);
  t.strictSame(summaryOf(readText('apiVersion: v1\nkind: PodList\nitems: []\n')), [], 'an empty list is nothing');
  t.strictSame(summaryOf(readText('apiVersion: v1\nkind: PodList\nitems: 1\n')), [`v1 PodList  ${stdinFile}:1:1`]);
  t.end();
});

void test('what is no Kubernetes object is a fault, each at its place', (t) => {
  const manifests = readText(
    [
      'text',
      '- a: 1',
      'apiVersion: v1',
      'kind: Pod',
      'apiVersion: 1\nkind: [Pod]',
      'apiVersion: v1\nkind: List\nitems:\n- 1\n- kind: Pod\n- {}',
      pod('good'),
    ].join('\n---\n'),
  );
  t.strictSame(faultsOf(manifests), [
    `${stdinFile}:1:1 is not a Kubernetes object: it must be a map with apiVersion, kind and metadata`,
    `${stdinFile}:3:1 is not a Kubernetes object: it must be a map with apiVersion, kind and metadata`,
    `${stdinFile}:5:1 is not a Kubernetes object: kind must be given as text`,
    `${stdinFile}:7:1 is not a Kubernetes object: apiVersion must be given as text`,
    `${stdinFile}:9:1 is not a Kubernetes object: apiVersion and kind must be given as text`,
    `${stdinFile}:15:3 is not a Kubernetes object: it must be a map with apiVersion, kind and metadata`,
    `${stdinFile}:16:3 is not a Kubernetes object: apiVersion must be given as text`,
    `${stdinFile}:17:3 is not a Kubernetes object: apiVersion and kind must be given as text`,
  ]);
  t.strictSame(summaryOf(manifests), [`v1 Pod good ${stdinFile}:19:1`]);
  t.end();
});

void test('input that holds nothing is a fault: what should have made it may have failed', (t) => {
  for (const text of ['', '\n', '# comment\n', '---\n---\n', '\ufeff']) {
    t.strictSame(faultsOf(readText(text)), [`${stdinFile}:1:1 holds no manifests`], JSON.stringify(text));
  }
  t.strictSame(faultsOf(readManifests(['-'], undefined)), [`${stdinFile}:1:1 holds no manifests`]);
  t.end();
});

void test('bytes that are no UTF-8 are a fault at their place', (t) => {
  const bytes = (...parts: readonly (string | number)[]) =>
    Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : [part])));
  const message = 'is not UTF-8 text; save the file as UTF-8';
  t.strictSame(faultsOf(readManifests(['-'], bytes('a: é\nb: x\ufffdé', 0xe9, 'x\n'))), [
    `${stdinFile}:2:7 ${message}`,
  ]);
  t.strictSame(
    faultsOf(readManifests(['-'], bytes(0xff, 0xfe, 'a', 0, ':', 0))),
    [`${stdinFile}:1:1 ${message}`],
    'UTF-16',
  );
  t.strictSame(faultsOf(readManifests(['-'], bytes('a: 1\n', 0xc3))), [`${stdinFile}:2:1 ${message}`], 'cut');
  t.end();
});

void test('folders are read in the order of their names, by the endings that kubectl knows', (t) => {
  const root = folderOf(t, {
    'z.yaml': pod('z'),
    'a.yml': pod('a'),
    m: {
      'x.json': '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"m"}}',
      'notes.txt': 'no',
      deep: { 'd.yaml': pod('d') },
    },
    '.hidden': { 'h.yaml': pod('h') },
    '.git': { 'branch.yaml': '0123456789' },
    'README.md': '# no',
  });
  const names = summaryOf(readManifests([root], undefined), '', root);
  t.strictSame(names, [
    'v1 Pod h .hidden/h.yaml:1:1',
    'v1 Pod a a.yml:1:1',
    'v1 Pod d m/deep/d.yaml:1:1',
    'v1 Pod m m/x.json:1:1',
    'v1 Pod z z.yaml:1:1',
  ]);
  t.end();
});

void test('a file that several paths lead to is read once, whatever its name ends in', (t) => {
  const root = folderOf(t, { 'a.yaml': pod('a'), Podfile: pod('b') });
  const manifests = readManifests([`${root}/./a.yaml`, root, root, `${root}/Podfile`], undefined);
  t.strictSame(summaryOf(manifests, '', root), ['v1 Pod a a.yaml:1:1', 'v1 Pod b Podfile:1:1']);
  t.strictSame(faultsOf(manifests), []);
  t.end();
});

void test('what cannot be opened is a fault, and the rest is still read', (t) => {
  const root = folderOf(t, {
    'a.yaml': pod('a'),
    'bad.yaml': 'a: [',
    empty: {},
    other: { 'x.txt': '' },
    'void.yaml': '',
  });
  symlinkSync(`${root}/nowhere`, `${root}/link.yaml`);
  symlinkSync(root, `${root}/circle.yaml`);
  const manifests = readManifests(
    [`${root}/none`, `${root}/empty`, `${root}/other`, `${root}/void.yaml`, root],
    undefined,
  );
  t.strictSame(summaryOf(manifests, '', root), ['v1 Pod a a.yaml:1:1']);
  const [badYaml, ...faults] = faultsOf(manifests, root).toSorted();
  t.match(badYaml, /^bad.yaml:1:5 is not valid YAML: /);
  t.strictSame(faults, [
    'empty:1:1 holds no manifests: no file in this folder ends in .yaml, .yml, .json',
    'link.yaml:1:1 does not exist',
    'none:1:1 does not exist',
    'other:1:1 holds no manifests: no file in this folder ends in .yaml, .yml, .json',
    'void.yaml:1:1 holds no manifests',
  ]);
  t.end();
});

void test('files that are too large are not read', (t) => {
  const root = folderOf(t, {});
  writeFileSync(path.join(root, 'large.yaml'), new Uint8Array(64 * 1024 ** 2 + 1));
  t.strictSame(faultsOf(readManifests([root], undefined), root), ['large.yaml:1:1 is larger than 64 MiB; split it']);
  const stdin = new Uint8Array(64 * 1024 ** 2 + 1);
  t.strictSame(faultsOf(readManifests(['-'], stdin)), [`${stdinFile}:1:1 is larger than 64 MiB; split it`]);
  t.end();
});

void test('a build file of kustomize needs neither kind nor apiVersion', (t) => {
  const root = folderOf(t, { 'kustomization.yaml': 'resources: [a.yaml]\n', 'values.yaml': 'replicas: 1\n' });
  const manifests = readManifests([root], undefined);
  t.strictSame(summaryOf(manifests, '', root), [
    'kustomize.config.k8s.io/v1beta1 Kustomization  kustomization.yaml:1:1',
  ]);
  t.strictSame(faultsOf(manifests, root), [
    'values.yaml:1:1 is not a Kubernetes object: apiVersion and kind must be given as text',
  ]);
  t.end();
});

void test('paths are shown with slashes', (t) => {
  t.equal(displayPath('k8s\\base\\a.yaml', '\\'), 'k8s/base/a.yaml');
  t.equal(displayPath('k8s/a\\b.yaml', '/'), 'k8s/a\\b.yaml');
  t.end();
});
