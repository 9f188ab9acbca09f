/** Instants as the API server and audits write them: RFC 3339 in UTC. */
const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** Whether the value is an instant. */
export function isInstant(value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

/** Whether one instant is after another; as texts they compare, but for the Z, which would come after a fraction. */
export function isLater(one: string, other: string): boolean {
  return one.slice(0, -1) > other.slice(0, -1);
}

/** The first in time; undefined where there is none. */
export function earliest(instants: readonly string[]): string | undefined {
  return instants.reduce<string | undefined>(
    (first, one) => (first === undefined || isLater(first, one) ? one : first),
    undefined,
  );
}

/** The last in time; undefined where there is none. */
export function latest(instants: readonly string[]): string | undefined {
  return instants.reduce<string | undefined>(
    (last, one) => (last === undefined || isLater(one, last) ? one : last),
    undefined,
  );
}
