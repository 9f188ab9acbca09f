/** Parts that wait for a cover to be taken off, made one at a time: all at once, those of a hostile set exhaust the memory. */
interface Pending<S> {
  readonly parts: Iterator<S>;
  readonly next: number;
}

/**
 * The first part of `whole` that none of `covers` covers, or undefined when their union covers it all. `subtract` yields
 * disjoint parts of its first argument, none of them empty, in a deterministic order. Depth first, so an uncovered part
 * is found without computing the others; where there is none, the work can grow exponentially with `covers`, which
 * therefore must not come from the author of the object that is judged.
 */
export function firstUncovered<S>(
  whole: S,
  covers: readonly S[],
  isWithin: (a: S, b: S) => boolean,
  subtract: (a: S, b: S) => Iterable<S>,
): S | undefined {
  // One cover that holds the whole is the usual case, and cheaper to find before the others cut it to pieces.
  if (covers.some((cover) => isWithin(whole, cover))) {
    return undefined;
  }
  const pending: Pending<S>[] = [{ parts: [whole].values(), next: 0 }];
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const { parts, next } = top;
    const step = parts.next();
    if (step.done === true) {
      pending.pop();
      continue;
    }
    const cover = covers[next];
    if (cover === undefined) {
      return step.value;
    }
    pending.push({ parts: subtract(step.value, cover)[Symbol.iterator](), next: next + 1 });
  }
  return undefined;
}
