/**
 * The first part of `whole` that none of `covers` covers, or undefined when their union covers it all. `subtract` returns
 * disjoint parts of its first argument, none of them empty, in a deterministic order. Depth first, so an uncovered part
 * is found without computing the others; where there is none, the work can grow exponentially with `covers`, which
 * therefore must not come from the author of the object that is judged.
 */
export function firstUncovered<S>(
  whole: S,
  covers: readonly S[],
  isWithin: (a: S, b: S) => boolean,
  subtract: (a: S, b: S) => readonly S[],
): S | undefined {
  // One cover that holds the whole is the usual case, and cheaper to find before the others cut it to pieces.
  if (covers.some((cover) => isWithin(whole, cover))) {
    return undefined;
  }
  const pending = [{ part: whole, next: 0 }];
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
    const { part, next } = top;
    const cover = covers[next];
    if (cover === undefined) {
      return part;
    }
    for (const rest of subtract(part, cover).toReversed()) {
      pending.push({ part: rest, next: next + 1 });
    }
  }
  return undefined;
}
