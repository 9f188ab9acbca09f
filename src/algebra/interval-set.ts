/** Consecutive whole numbers from `start` up to but without `end`; half-open, so neighbours meet without arithmetic. */
export interface Interval<T extends number | bigint> {
  readonly start: T;
  readonly end: T;
}

/** Sorted, disjoint, non-adjacent, non-empty intervals: each set of numbers has exactly one such list. */
export type IntervalSet<T extends number | bigint> = readonly Interval<T>[];

/** The normal form of intervals in any order, overlapping or not; each must have `start < end`. */
export function intervalSetOf<T extends number | bigint>(intervals: readonly Interval<T>[]): IntervalSet<T> {
  if (intervals.length < 2) {
    return intervals;
  }
  const merged: Interval<T>[] = [];
  let open: Interval<T> | undefined;
  for (const next of intervals.toSorted(byStart)) {
    if (open === undefined || next.start > open.end) {
      merged.push(next);
      open = next;
    } else if (next.end > open.end) {
      open = { start: open.start, end: next.end };
      merged[merged.length - 1] = open;
    }
  }
  return merged;
}

/** The numbers in `a`, in `b` or in both. */
export function uniteIntervals<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): IntervalSet<T> {
  return intervalSetOf([...a, ...b]);
}

/** The numbers in both `a` and `b`. */
export function intersectIntervals<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): IntervalSet<T> {
  const common: Interval<T>[] = [];
  let i = 0;
  let j = 0;
  let x = a[i];
  let y = b[j];
  while (x !== undefined && y !== undefined) {
    const start = x.start > y.start ? x.start : y.start;
    const end = x.end < y.end ? x.end : y.end;
    if (start < end) {
      common.push({ start, end });
    }
    if (x.end < y.end) {
      x = a[++i];
    } else {
      y = b[++j];
    }
  }
  return common;
}

/** The numbers in `a` and not in `b`. */
export function subtractIntervals<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): IntervalSet<T> {
  const rest: Interval<T>[] = [];
  let j = 0;
  for (const x of a) {
    let start = x.start;
    for (let y = b[j]; y !== undefined && y.start < x.end; y = b[j]) {
      if (start < y.start) {
        rest.push({ start, end: y.start });
      }
      start = y.end > start ? y.end : start;
      if (y.end > x.end) {
        break; // it reaches on into the next interval of `a`
      }
      j += 1;
    }
    if (start < x.end) {
      rest.push({ start, end: x.end });
    }
  }
  return rest;
}

/** Whether both hold the same numbers. */
export function intervalSetsEqual<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): boolean {
  return a.length === b.length && a.every((x, i) => x.start === b[i]?.start && x.end === b[i].end);
}

/** Whether every number of `a` is in `b`. */
export function isIntervalSubset<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): boolean {
  let j = 0;
  return a.every((x) => {
    let y = b[j];
    while (y !== undefined && y.end < x.end) {
      y = b[++j];
    }
    return y !== undefined && y.start <= x.start;
  });
}

/** Whether the number is in the set. */
export function hasNumber<T extends number | bigint>(set: IntervalSet<T>, value: T): boolean {
  return set.some(({ start, end }) => start <= value && value < end);
}

function byStart<T extends number | bigint>(a: Interval<T>, b: Interval<T>): number {
  return a.start < b.start ? -1 : Number(a.start > b.start);
}
