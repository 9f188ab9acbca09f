import { test } from 'tap';

import { parseFieldPath } from '../../src/manifests/field-path.ts';

const cases: readonly (readonly [string, readonly (string | number)[]])[] = [
  ['', []],
  ['spec', ['spec']],
  ['spec.ingress[0].from[12].namespaceSelector', ['spec', 'ingress', 0, 'from', 12, 'namespaceSelector']],
  ['metadata.labels["example.com/key"]', ['metadata', 'labels', 'example.com/key']],
  ['metadata.labels["a\\"b]"].x', ['metadata', 'labels', 'a"b]', 'x']],
  ['["a b"].c', ['a b', 'c']],
  ['[3].x', [3, 'x']],
  [String.raw`a["\q"]`, ['a', String.raw`"\q"`]],
];

for (const [field, steps] of cases) {
  void test(`a field is parted into steps: ${JSON.stringify(field)}`, (t) => {
    t.strictSame(parseFieldPath(field), steps);
    t.end();
  });
}
