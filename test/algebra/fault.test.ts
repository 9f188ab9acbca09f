import { test } from 'tap';
import { quote } from '../../src/algebra/fault.ts';

test('a quoted value is named the way a reader of a manifest would name it', (t) => {
  const table: readonly (readonly [unknown, string])[] = [
    ['a "b"\n', '"a \\"b\\"\\n"'],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'nothing'],
    [undefined, 'nothing'],
    [['a'], 'a list'],
    [{ a: 1 }, 'an object'],
  ];
  for (const [value, expected] of table) {
    t.equal(quote(value), expected);
  }
  t.end();
});

test('a quoted text is cut to 80 characters', (t) => {
  t.equal(quote('x'.repeat(80)), `"${'x'.repeat(80)}"`);
  t.equal(quote('x'.repeat(81)), `"${'x'.repeat(80)}…"`);
  t.end();
});
