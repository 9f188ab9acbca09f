/** Equal values in one copy: most namespaces of a cluster say the same of themselves. */
export class SharedValues<V> {
  readonly #keyOf: (value: V) => string;
  readonly #known = new Map<string, V>();

  /** `keyOf` differs for values that are not equal; those for which it is the same are one. */
  constructor(keyOf: (value: V) => string) {
    this.#keyOf = keyOf;
  }

  /** The value that is kept for all that equal it. */
  of(value: V): V {
    const key = this.#keyOf(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, value);
    return value;
  }
}
