import fc from 'fast-check';
import { test } from 'tap';

import { readQuantity } from '../../src/algebra/quantity.ts';

/** What a suffix multiplies by, as a fraction: written out here by hand, so that the table of the code is held to it. */
const suffixes = {
  n: [1n, 1_000_000_000n],
  u: [1n, 1_000_000n],
  m: [1n, 1_000n],
  '': [1n, 1n],
  k: [1_000n, 1n],
  M: [1_000_000n, 1n],
  G: [1_000_000_000n, 1n],
  T: [1_000_000_000_000n, 1n],
  P: [1_000_000_000_000_000n, 1n],
  E: [1_000_000_000_000_000_000n, 1n],
  Ki: [1_024n, 1n],
  Mi: [1_048_576n, 1n],
  Gi: [1_073_741_824n, 1n],
  Ti: [1_099_511_627_776n, 1n],
  Pi: [1_125_899_906_842_624n, 1n],
  Ei: [1_152_921_504_606_846_976n, 1n],
} as const;

const written = fc.record({
  sign: fc.constantFrom('', '+', '-'),
  whole: fc.stringMatching(/^\d{1,22}$/),
  fraction: fc.option(fc.stringMatching(/^\d{0,12}$/), { nil: undefined }),
  suffix: fc.constantFrom(...(Object.keys(suffixes) as (keyof typeof suffixes)[])),
});

function textOf({
  sign,
  whole,
  fraction,
  suffix,
}: {
  sign: string;
  whole: string;
  fraction?: string | undefined;
  suffix: string;
}) {
  return `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`;
}

function value(text: string): bigint {
  const reading = readQuantity(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.message}`);
  return reading.value;
}

test('a quantity is the least number of billionths that is not below the fraction it is written as', (t) => {
  fc.assert(
    fc.property(written, (parts) => {
      const { sign, whole, fraction = '', suffix } = parts;
      const [times, over] = suffixes[suffix];
      const numerator = BigInt(whole + fraction) * times * 1_000_000_000n;
      const denominator = over * 10n ** BigInt(fraction.length);
      const magnitude = sign === '-' ? -value(textOf(parts)) : value(textOf(parts));
      const isCapped = suffix.endsWith('i') && magnitude === ((1n << 63n) - 1n) * 1_000_000_000n;
      if (isCapped) return numerator >= magnitude * denominator;
      return magnitude * denominator >= numerator && (magnitude - 1n) * denominator < numerator;
    }),
    { numRuns: 20_000 },
  );
  t.end();
});

test('the same amount in another suffix or with an exponent is the same', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 70n }), fc.integer({ min: 0, max: 30 }), (amount, zeros) => {
      const plain = value(`${amount}${'0'.repeat(zeros)}`);
      return (
        value(`${amount}e${zeros}`) === plain &&
        value(`${amount}000e${zeros - 3}`) === plain &&
        value(`${amount}${'0'.repeat(zeros)}000m`) === plain &&
        value(`-${amount}E${zeros}`) === -plain
      );
    }),
    { numRuns: 5_000 },
  );
  t.end();
});

test('any text is read or refused, never thrown at', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^[+-]?[0-9.]{0,6}[eEinumkKMGTP+\-0-9]{0,6}$/)),
      (text) => {
        const reading = readQuantity(text);
        return reading.ok ? typeof reading.value === 'bigint' : reading.message.length > 0;
      },
    ),
    { numRuns: 20_000 },
  );
  t.end();
});
