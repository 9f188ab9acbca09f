import { test } from 'tap';

import { columns, wrapped } from '../../src/audit-output/columns.ts';

test('columns are as wide as their widest cell', (t) => {
  t.strictSame(
    columns([
      ['a', 'bb', 'c'],
      ['ää', '', 'x'],
    ]).map((cells) => cells.join('')),
    ['a   bb  c', 'ää      x'],
  );
  t.end();
});

for (const [text, width, lines] of [
  ['a bb ccc', 4, ['a bb', 'ccc']],
  ['abcdef gh', 4, ['abcd', 'ef', 'gh']],
  ['ab  cd', 4, ['ab', 'cd']],
  ['ab  cd', 6, ['ab  cd']],
  ['', 4, ['']],
  ['ab', 0, ['a', 'b']],
] as const) {
  test(`${JSON.stringify(text)} in ${width} columns`, (t) => {
    t.strictSame(wrapped(text, width), lines);
    t.end();
  });
}
