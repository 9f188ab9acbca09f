import {
  complementOf,
  everyString,
  hasString,
  intersectAllStringSets,
  intersectStringSets,
  isEmptyStringSet,
  isEveryString,
  isStringSubset,
  noString,
  stringSetOf,
  stringSetsEqual,
  subtractStringSets,
  uniteStringSets,
  type StringSet,
} from './string-set.ts';

/** What one label may be: any of `values` where it is present, and whether it may be absent. */
export interface LabelConstraint {
  readonly values: StringSet;
  readonly absent: boolean;
}

/** The label may be anything, or absent. */
export const labelFree: LabelConstraint = { values: everyString, absent: true };

/** Nothing satisfies this. */
export const labelImpossible: LabelConstraint = { values: noString, absent: false };

/** The label is present, with any value (operator Exists). */
export const labelExists: LabelConstraint = { values: everyString, absent: false };

/** The label is absent (operator DoesNotExist). */
export const labelAbsent: LabelConstraint = { values: noString, absent: true };

/** The label is present with one of the values (operator In). */
export function valueIn(values: Iterable<string>): LabelConstraint {
  return { values: stringSetOf(values), absent: false };
}

/**
 * The label has none of the values; an absent label counts too (operator NotIn).
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement
 */
export function valueNotIn(values: Iterable<string>): LabelConstraint {
  return { values: complementOf(stringSetOf(values)), absent: true };
}

/** Whether the value, or the absence that undefined stands for, satisfies the constraint. */
export function allowsValue(constraint: LabelConstraint, value: string | undefined): boolean {
  return value === undefined ? constraint.absent : hasString(constraint.values, value);
}

/** What satisfies both. */
export function intersectConstraints(a: LabelConstraint, b: LabelConstraint): LabelConstraint {
  return { values: intersectStringSets(a.values, b.values), absent: a.absent && b.absent };
}

/** What satisfies all of them; one that stands alone is returned as it is. */
export function intersectAllConstraints(constraints: readonly LabelConstraint[]): LabelConstraint {
  const [only] = constraints;
  return only !== undefined && constraints.length === 1
    ? only
    : {
        values: intersectAllStringSets(constraints.map(({ values }) => values)),
        absent: constraints.every(({ absent }) => absent),
      };
}

/** What satisfies either. */
export function uniteConstraints(a: LabelConstraint, b: LabelConstraint): LabelConstraint {
  return { values: uniteStringSets(a.values, b.values), absent: a.absent || b.absent };
}

/** What satisfies `a` and not `b`. */
export function subtractConstraints(a: LabelConstraint, b: LabelConstraint): LabelConstraint {
  return { values: subtractStringSets(a.values, b.values), absent: a.absent && !b.absent };
}

/** Whether nothing satisfies the constraint. */
export function isImpossible(constraint: LabelConstraint): boolean {
  return !constraint.absent && isEmptyStringSet(constraint.values);
}

/** Whether everything satisfies the constraint, absence included. */
export function isFree(constraint: LabelConstraint): boolean {
  return constraint.absent && isEveryString(constraint.values);
}

/** Whether the same labels satisfy both. */
export function constraintsEqual(a: LabelConstraint, b: LabelConstraint): boolean {
  return a.absent === b.absent && stringSetsEqual(a.values, b.values);
}

/** Whether all that satisfies `a` satisfies `b`. */
export function isConstraintSubset(a: LabelConstraint, b: LabelConstraint): boolean {
  return (!a.absent || b.absent) && isStringSubset(a.values, b.values);
}
