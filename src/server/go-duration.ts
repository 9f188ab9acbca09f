const unitMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Longer texts are not durations that anybody writes. */
const maxLength = 64;

/**
 * Milliseconds of a positive Go duration such as `10s`, `1m0s` or `2.5s`, as the API server sends it in `?timeout=`;
 * undefined for everything else (https://pkg.go.dev/time#ParseDuration).
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length === 0 || text.length > maxLength) return undefined;
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    if (match.index !== end) return undefined;
    end += match[0].length;
    total += Number(match[1]) * (unitMs.get(match[2] ?? '') ?? Number.NaN);
  }
  return end === text.length && total > 0 ? total : undefined;
}
