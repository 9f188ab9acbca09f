/**
 * A finite set of strings, or all strings but finitely many. Co-finite sets count as never empty: label values and port
 * names are bounded in length, yet no policy can list them all.
 */
export interface StringSet {
  /** Whether the set is everything but `listed`, instead of just `listed`. */
  readonly isComplement: boolean;
  readonly listed: ReadonlySet<string>;
}

/** All strings. */
export const everyString: StringSet = { isComplement: true, listed: new Set() };

/** No string. */
export const noString: StringSet = { isComplement: false, listed: new Set() };

/** Just these strings. */
export function stringSetOf(strings: Iterable<string>): StringSet {
  return { isComplement: false, listed: new Set(strings) };
}

/** Every string that is not in `set`; shares its list. */
export function complementOf(set: StringSet): StringSet {
  return { isComplement: !set.isComplement, listed: set.listed };
}

/** Whether the string is in the set. */
export function hasString(set: StringSet, text: string): boolean {
  return set.listed.has(text) !== set.isComplement;
}

/** The strings in both. */
export function intersectStringSets(a: StringSet, b: StringSet): StringSet {
  if (a.isComplement && b.isComplement) {
    return { isComplement: true, listed: uniteLists(a.listed, b.listed) };
  }
  if (isEveryString(a) || isEveryString(b)) {
    return isEveryString(a) ? b : a;
  }
  const [finite, other] = isSmallerFinite(a, b) ? [a, b] : [b, a];
  const kept = new Set<string>();
  for (const text of finite.listed) {
    if (hasString(other, text)) {
      kept.add(text);
    }
  }
  return { isComplement: false, listed: kept };
}

/** The strings in all of the sets, every string for none; takes time linear in what they list, however many they are. */
export function intersectAllStringSets(sets: readonly StringSet[]): StringSet {
  const excluded = new Set<string>();
  let common: StringSet | undefined;
  for (const set of sets) {
    if (!set.isComplement) {
      common = common === undefined ? set : intersectStringSets(common, set);
      continue;
    }
    for (const text of set.listed) {
      excluded.add(text);
    }
  }
  const rest: StringSet = { isComplement: true, listed: excluded };
  return common === undefined ? rest : intersectStringSets(common, rest);
}

/** The strings in either. */
export function uniteStringSets(a: StringSet, b: StringSet): StringSet {
  return complementOf(intersectStringSets(complementOf(a), complementOf(b)));
}

/** The strings in `a` and not in `b`. */
export function subtractStringSets(a: StringSet, b: StringSet): StringSet {
  return intersectStringSets(a, complementOf(b));
}

/** Whether no string is in the set. */
export function isEmptyStringSet(set: StringSet): boolean {
  return !set.isComplement && set.listed.size === 0;
}

/** Whether all strings are in the set. */
export function isEveryString(set: StringSet): boolean {
  return set.isComplement && set.listed.size === 0;
}

/** Whether both hold the same strings. */
export function stringSetsEqual(a: StringSet, b: StringSet): boolean {
  return a.isComplement === b.isComplement && a.listed.size === b.listed.size && isListSubset(a.listed, b.listed);
}

/** Whether every string of `a` is in `b`. */
export function isStringSubset(a: StringSet, b: StringSet): boolean {
  if (a.isComplement || isEveryString(b)) {
    return b.isComplement && isListSubset(b.listed, a.listed);
  }
  for (const text of a.listed) {
    if (!hasString(b, text)) {
      return false;
    }
  }
  return true;
}

/** The listed strings in code unit order, the same on every machine. */
export function sortedList(set: StringSet): readonly string[] {
  return [...set.listed].sort();
}

/**
 * A deterministic member: the first in code unit order, or for a co-finite set the first of `other`, `other-2`,
 * `other-3` … that is not excluded, which is a valid label value and a valid port name. Undefined for the empty set.
 */
export function stringIn(set: StringSet): string | undefined {
  if (!set.isComplement) {
    return sortedList(set)[0];
  }
  let candidate = 'other';
  for (let n = 2; set.listed.has(candidate); n += 1) {
    candidate = `other-${n}`;
  }
  return candidate;
}

function isSmallerFinite(a: StringSet, b: StringSet): boolean {
  return !a.isComplement && (b.isComplement || a.listed.size <= b.listed.size);
}

function uniteLists(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (isListSubset(b, a)) {
    return a;
  }
  const united = new Set(a);
  for (const text of b) {
    united.add(text);
  }
  return united;
}

function isListSubset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size > b.size) {
    return false;
  }
  for (const text of a) {
    if (!b.has(text)) {
      return false;
    }
  }
  return true;
}
