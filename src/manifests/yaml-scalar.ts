/**
 * What kubectl and the API server take a plain scalar for. They read YAML with go-yaml v2 below sigs.k8s.io/yaml, which
 * is neither YAML 1.1 nor 1.2: `yes` and `on` are booleans and `017` is octal, but `1:30` and `2001-12-14` are strings.
 * Any other reading would judge another object than the one that is applied. From `resolve` in
 * https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go.
 */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const first = text.charCodeAt(0);
  // Most scalars are words that begin with a letter which nothing special begins with.
  if (first > 0x39 && !specialStarts.has(text.charAt(0))) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  return numberOf(text) ?? text;
}

const specialStarts: ReadonlySet<string> = new Set('yYnNtTfFoO~');

const words: ReadonlyMap<string, number | boolean | null> = new Map<string, number | boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const integer = /^([-+]?)(?:(0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|(\d+))$/;
const decimal = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const startOfNumber = /^[-+.\d]/;

function numberOf(text: string): number | undefined {
  if (!startOfNumber.test(text)) return undefined;
  // A number that begins with its point may not hold underscores, any other may.
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  const [, sign, prefixed, octal, digits] = integer.exec(plain) ?? [];
  const magnitude = prefixed ?? (octal === undefined ? digits : `0o${octal}`);
  if (magnitude !== undefined) return sign === '-' ? 0 - Number(magnitude) : Number(magnitude);
  return decimal.test(plain) ? Number(plain) : undefined;
}
