/** Counts by label values. Counting is a look-up in a map: labels are only put together when somebody asks. */
export class Tally {
  readonly #entries = new Map<string, { readonly values: readonly string[]; count: number }>();

  /** `key` must tell the values apart; `values` is asked for once per key. */
  add(key: string, values: () => readonly string[]): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { values: values(), count: 1 });
    else entry.count += 1;
  }

  entries(): Iterable<{ readonly values: readonly string[]; readonly count: number }> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }
}

/** What a histogram knows of one series. */
export interface BucketCounts {
  /** Per upper bound, not yet cumulated; the last is for everything above. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts observations by upper bound. */
export class BucketTally {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const index = found < 0 ? this.#bounds.length : found;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  read(): BucketCounts {
    return { counts: this.#counts, sum: this.#sum };
  }
}

/** A histogram of several series, each made when it is first observed. */
export class BucketTallies {
  readonly bounds: readonly number[];
  readonly #series = new Map<string, BucketTally>();

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  observe(series: string, value: number): void {
    const present = this.#series.get(series) ?? new BucketTally(this.bounds);
    this.#series.set(series, present);
    present.observe(value);
  }

  series(): ReadonlyMap<string, BucketTally> {
    return this.#series;
  }
}
