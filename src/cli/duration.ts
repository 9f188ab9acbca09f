const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration such as `90s`, `5m` or `1h`; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * unitsMs[unit as keyof typeof unitsMs];
}
