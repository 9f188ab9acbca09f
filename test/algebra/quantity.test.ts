import { test } from 'tap';

import { readQuantity } from '../../src/algebra/quantity.ts';

function billionths(value: unknown): bigint | undefined {
  const reading = readQuantity(value);
  return reading.ok ? reading.value : undefined;
}

const same: readonly (readonly [string, string])[] = [
  ['1e3', '1k'],
  ['1E3', '1000'],
  ['1e+3', '1000'],
  ['1000e-3', '1'],
  ['1E', '1000P'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['1.', '1'],
  ['+1', '1'],
  ['007', '7'],
  ['1Ki', '1024'],
  ['0.5Ki', '512'],
  ['1.5Gi', '1536Mi'],
  ['1024Ki', '1Mi'],
  [' 2 ', '2'],
  ['-1', '-1000m'],
  ['0', '-0'],
  ['1000000n', '1m'],
  ['1000u', '1m'],
  ['8Ei', '9223372036854775807'],
  ['100Ei', '8Ei'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['1.0000000001', '1000000001n'],
];

for (const [a, b] of same) {
  test(`${a} is ${b}`, (t) => {
    t.not(billionths(a), undefined);
    t.equal(billionths(a), billionths(b));
    t.end();
  });
}

const less: readonly (readonly [string, string])[] = [
  ['1k', '1Ki'],
  ['9007199254740992', '9007199254740993'],
  ['9223372036854775807', '9223372036854775808'],
  ['8Ei', '10E'],
  ['999999999999999999999m', '1E'],
  ['-1', '0'],
  ['-2Gi', '-1Gi'],
  ['1', '1.000000001'],
  ['1M', '1Mi'],
  ['1e300', '1e301'],
];

for (const [a, b] of less) {
  test(`${a} is less than ${b}`, (t) => {
    t.ok(billionths(a)! < billionths(b)!);
    t.end();
  });
}

test('what is no quantity is refused', (t) => {
  const none = [
    '',
    ' ',
    '.',
    '+',
    'Ki',
    '1e',
    '1ki',
    '1K',
    '1KiB',
    '1 Ki',
    '--1',
    '1.2.3',
    '0x10',
    '1e1.5',
    '1e401',
    '1eE',
    '١',
  ];
  for (const text of none) {
    t.same(readQuantity(text), {
      ok: false,
      message: `${JSON.stringify(text)} is no quantity such as "500m", "2" or "1Gi"`,
    });
  }
  for (const value of [null, undefined, true, {}, []]) t.equal(billionths(value), undefined);
  t.match(readQuantity('1'.repeat(300)), { ok: false, message: /is longer than any quantity$/ });
  t.end();
});

test('plain numbers are read as far as JavaScript has kept them', (t) => {
  t.equal(billionths(2), billionths('2'));
  t.equal(billionths(0.5), billionths('500m'));
  t.equal(billionths(1e-7), billionths('100n'));
  t.equal(billionths(Number.MAX_SAFE_INTEGER), billionths('9007199254740991'));
  t.same(readQuantity(2 ** 53), {
    ok: false,
    message: '9007199254740992 is too large for a plain number; write the quantity in quotes',
  });
  t.equal(billionths(Number.NaN), undefined);
  t.equal(billionths(Number.POSITIVE_INFINITY), undefined);
  t.end();
});
