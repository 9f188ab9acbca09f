import { firstUncovered } from './cover.ts';
import {
  allowsValue,
  constraintsEqual,
  intersectAllConstraints,
  intersectConstraints,
  isConstraintSubset,
  isFree,
  isImpossible,
  labelFree,
  labelImpossible,
  subtractConstraints,
  uniteConstraints,
  valueIn,
  type LabelConstraint,
} from './label-constraint.ts';
import { type SetAlgebra } from './product-set.ts';
import { stringIn } from './string-set.ts';

/** The labels of one object, as the API carries them. */
export type Labels = Readonly<Record<string, string>>;

/**
 * A set of label maps: those that satisfy the constraint on every key. Keys without a constraint are not stored, and
 * `emptyLabelSpace` is the only empty space, so equal sets have equal contents.
 */
export interface LabelSpace {
  readonly isEmpty: boolean;
  readonly constraints: ReadonlyMap<string, LabelConstraint>;
}

/** Every label map: what the selector `{}` selects. */
export const everyLabelSpace: LabelSpace = { isEmpty: false, constraints: new Map() };

/** No label map: what a selector that contradicts itself selects. */
export const emptyLabelSpace: LabelSpace = { isEmpty: true, constraints: new Map() };

/** The label maps that satisfy all the constraints; several on one key intersect. */
export function constrainedSpace(entries: Iterable<readonly [string, LabelConstraint]>): LabelSpace {
  const byKey = new Map<string, LabelConstraint[]>();
  for (const [key, constraint] of entries) {
    const known = byKey.get(key);
    if (known === undefined) {
      byKey.set(key, [constraint]);
    } else {
      known.push(constraint);
    }
  }
  const constraints = new Map<string, LabelConstraint>();
  for (const [key, several] of byKey) {
    const constraint = intersectAllConstraints(several);
    if (isImpossible(constraint)) {
      return emptyLabelSpace;
    }
    if (!isFree(constraint)) {
      constraints.set(key, constraint);
    }
  }
  return { isEmpty: false, constraints };
}

/** The label maps that have all these labels with these values; other keys are free. */
export function labelSpaceOf(labels: Labels): LabelSpace {
  return constrainedSpace(Object.entries(labels).map(([key, value]) => [key, valueIn([value])]));
}

/** The part of the space whose label `key` also satisfies the constraint. */
export function constrainLabel(space: LabelSpace, key: string, constraint: LabelConstraint): LabelSpace {
  return replaceConstraint(space, key, intersectConstraints(constraintOn(space, key), constraint));
}

/** What the space allows for one label: anything where the key is free, nothing where the space is empty. */
export function constraintOn(space: LabelSpace, key: string): LabelConstraint {
  return space.isEmpty ? labelImpossible : (space.constraints.get(key) ?? labelFree);
}

/** Whether the label map is in the space. Only own properties count, so a label may be called `constructor`. */
export function matchesLabels(space: LabelSpace, labels: Labels): boolean {
  for (const [key, constraint] of space.constraints) {
    if (!allowsValue(constraint, Object.hasOwn(labels, key) ? labels[key] : undefined)) {
      return false;
    }
  }
  return !space.isEmpty;
}

/** Whether no label map is in the space. */
export function isEmptyLabelSpace(space: LabelSpace): boolean {
  return space.isEmpty;
}

/** The label maps in both. */
export function intersectLabelSpaces(a: LabelSpace, b: LabelSpace): LabelSpace {
  if (a.isEmpty || b.isEmpty) {
    return emptyLabelSpace;
  }
  const [large, small] = a.constraints.size < b.constraints.size ? [b, a] : [a, b];
  if (small.constraints.size === 0) {
    return large;
  }
  // Asked first: most spaces that are held against each other exclude each other, and a copy of either costs more.
  if (!labelSpacesOverlap(large, small)) {
    return emptyLabelSpace;
  }
  const constraints = new Map(large.constraints);
  for (const [key, constraint] of small.constraints) {
    constraints.set(key, intersectConstraints(constraintOn(large, key), constraint));
  }
  return { isEmpty: false, constraints };
}

/** Whether both hold the same label maps. */
export function labelSpacesEqual(a: LabelSpace, b: LabelSpace): boolean {
  return a.isEmpty === b.isEmpty && differingKeys(a, b).length === 0;
}

/**
 * The union, where one conjunction can express it: one space holds the other, or they differ in a single key. In every
 * other case the smallest conjunction around both holds more than both, and the answer is undefined.
 */
export function uniteLabelSpaces(a: LabelSpace, b: LabelSpace): LabelSpace | undefined {
  if (isLabelSubset(a, b)) {
    return b;
  }
  if (isLabelSubset(b, a)) {
    return a;
  }
  const [key, ...others] = differingKeys(a, b);
  return key === undefined || others.length > 0
    ? undefined
    : replaceConstraint(a, key, uniteConstraints(constraintOn(a, key), constraintOn(b, key)));
}

/**
 * The label maps in `a` and not in `b`, as disjoint non-empty spaces; the order depends on the keys alone. Each is made when
 * it is asked for: there are as many as keys, and each holds as many keys.
 */
export function* subtractLabelSpaces(a: LabelSpace, b: LabelSpace): Generator<LabelSpace, void, undefined> {
  if (a.isEmpty) {
    return;
  }
  if (b.isEmpty || !labelSpacesOverlap(a, b)) {
    yield a;
    return;
  }
  let common = a;
  for (const key of [...b.constraints.keys()].sort()) {
    const piece = replaceConstraint(common, key, subtractConstraints(constraintOn(a, key), constraintOn(b, key)));
    if (!piece.isEmpty) {
      yield piece;
      common = constrainLabel(common, key, constraintOn(b, key));
    }
  }
}

/** Whether every label map of `a` is in `b`. */
export function isLabelSubset(a: LabelSpace, b: LabelSpace): boolean {
  if (a.isEmpty || b.isEmpty) {
    return a.isEmpty;
  }
  for (const [key, constraint] of b.constraints) {
    if (!isConstraintSubset(constraintOn(a, key), constraint)) {
      return false;
    }
  }
  return true;
}

/**
 * A deterministic member with the fewest labels, or undefined for the empty space: a label is absent where it may be,
 * else it has the first of the allowed values, or `other`, `other-2` … where all but some are allowed.
 */
export function labelsIn(space: LabelSpace): Labels | undefined {
  if (space.isEmpty) {
    return undefined;
  }
  const labels: [string, string][] = [];
  for (const key of [...space.constraints.keys()].sort()) {
    const { values, absent } = constraintOn(space, key);
    const value = absent ? undefined : stringIn(values);
    if (value !== undefined) {
      labels.push([key, value]);
    }
  }
  return Object.fromEntries(labels);
}

/** A label map in `a` and in none of `bs`, or undefined when `a` lies within their union; exact. */
export function labelsOutside(a: LabelSpace, bs: readonly LabelSpace[]): Labels | undefined {
  return labelsIn(firstUncovered(a, bs, isLabelSubset, subtractLabelSpaces) ?? emptyLabelSpace);
}

/** Label spaces as one side of a product of sets. */
export const labelAlgebra: SetAlgebra<LabelSpace, Labels> = {
  isEmpty: isEmptyLabelSpace,
  intersect: intersectLabelSpaces,
  subtract: subtractLabelSpaces,
  isSubset: isLabelSubset,
  witness: labelsIn,
};

function replaceConstraint(space: LabelSpace, key: string, constraint: LabelConstraint): LabelSpace {
  if (isImpossible(constraint)) {
    return emptyLabelSpace;
  }
  const constraints = new Map(space.constraints);
  if (isFree(constraint)) {
    constraints.delete(key);
  } else {
    constraints.set(key, constraint);
  }
  return { isEmpty: false, constraints };
}

/** For spaces that are not empty: two such conjunctions share something unless they exclude each other on one key. */
function labelSpacesOverlap(a: LabelSpace, b: LabelSpace): boolean {
  for (const [key, constraint] of b.constraints) {
    if (isImpossible(intersectConstraints(constraintOn(a, key), constraint))) {
      return false;
    }
  }
  return true;
}

function differingKeys(a: LabelSpace, b: LabelSpace): readonly string[] {
  const keys = new Set([...a.constraints.keys(), ...b.constraints.keys()]);
  return [...keys].filter((key) => !constraintsEqual(constraintOn(a, key), constraintOn(b, key)));
}
