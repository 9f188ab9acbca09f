/**
 * The same function, which computes its answer for an object once, as long as that object lives. For objects that are read
 * and never changed, and for which many rules ask, or one rule for many others.
 */
export function remembered<K extends object, V>(compute: (object: K) => V): (object: K) => V {
  const known = new WeakMap<K, { readonly answer: V }>();
  return (object) => {
    const present = known.get(object);
    if (present !== undefined) return present.answer;
    const answer = compute(object);
    known.set(object, { answer });
    return answer;
  };
}
