import { quote } from './fault.ts';

/**
 * A quantity of Kubernetes as a whole number of billionths, which is as fine as the API server keeps them: two quantities
 * compare as these numbers do, exactly, whatever they are written in.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export type Quantity = bigint;

export type QuantityReading =
  { readonly ok: true; readonly value: Quantity } | { readonly ok: false; readonly message: string };

/** Longer than any quantity that means something; what is longer is not looked into. */
const longestText = 256;

/** Beyond this a power of ten means nothing, and only costs. */
const largestExponent = 400;

const billionths = 9;

/** Ten to the power that each decimal suffix stands for. */
const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

/** Two to the power that each binary suffix stands for. */
const binarySuffixes: ReadonlyMap<string, bigint> = new Map([
  ['Ki', 10n],
  ['Mi', 20n],
  ['Gi', 30n],
  ['Ti', 40n],
  ['Pi', 50n],
  ['Ei', 60n],
]);

/** The API server caps what has a binary suffix at the largest int64. */
const largestBinary = ((1n << 63n) - 1n) * 10n ** BigInt(billionths);

const form = /^([+-]?)(\d*)(?:\.(\d*))?([^\d.].*)?$/s;
const exponentForm = /^[eE]([+-]?\d+)$/;

/** Reads a quantity as the API server does. A number is read as its text, as far as JavaScript has kept it whole. */
export function readQuantity(value: unknown): QuantityReading {
  if (typeof value === 'number') return readNumber(value);
  if (typeof value !== 'string') return refuse(value);
  const text = value.trim();
  if (text.length > longestText) return { ok: false, message: `${quote(text)} is longer than any quantity` };
  return readText(text, value);
}

function readText(text: string, value: string): QuantityReading {
  const [, sign, whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (!/\d/.test(whole + fraction)) return refuse(value);
  const magnitude = magnitudeOf(whole, fraction, suffix);
  if (magnitude === undefined) return refuse(value);
  return { ok: true, value: sign === '-' ? -magnitude : magnitude };
}

function readNumber(value: number): QuantityReading {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { ok: false, message: `${value} is too large for a plain number; write the quantity in quotes` };
  }
  return readQuantity(String(value));
}

function refuse(value: unknown): QuantityReading {
  return { ok: false, message: `${quote(value)} is no quantity such as "500m", "2" or "1Gi"` };
}

function magnitudeOf(whole: string, fraction: string, suffix: string): bigint | undefined {
  const digits = BigInt(`${whole}${fraction}`);
  const binary = binarySuffixes.get(suffix);
  if (binary !== undefined) {
    const exact = scaled(digits << binary, billionths - fraction.length);
    return exact > largestBinary ? largestBinary : exact;
  }
  const exponent = decimalSuffixes.get(suffix) ?? exponentOf(suffix);
  return exponent === undefined ? undefined : scaled(digits, billionths + exponent - fraction.length);
}

function exponentOf(suffix: string): number | undefined {
  const [, text = ''] = exponentForm.exec(suffix) ?? [];
  const exponent = text === '' ? Number.NaN : Number(text);
  return Math.abs(exponent) <= largestExponent ? exponent : undefined;
}

/** Times a power of ten. What is finer than a billionth is rounded up, as the API server does: away from zero. */
function scaled(digits: bigint, exponent: number): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (digits + divisor - 1n) / divisor;
}
