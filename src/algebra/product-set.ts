import { firstUncovered } from './cover.ts';

/** Exact operations on one kind of set `S` with members `E`. */
export interface SetAlgebra<S, E> {
  readonly isEmpty: (s: S) => boolean;
  /** What is in both; possibly empty. */
  readonly intersect: (a: S, b: S) => S;
  /** What is in `a` and not in `b`, as disjoint non-empty sets, best made one by one; none when `a` lies within `b`. */
  readonly subtract: (a: S, b: S) => Iterable<S>;
  /** Whether all of `a` is in `b`; the same as nothing to subtract, and cheaper. */
  readonly isSubset: (a: S, b: S) => boolean;
  /** A deterministic member, or undefined for the empty set. */
  readonly witness: (s: S) => E | undefined;
}

/** All triples with one member from each side; empty when a side is. */
export type Box<A, B, C> = readonly [first: A, second: B, third: C];

/** Exact operations on boxes and, through `outside`, on unions of boxes. */
export interface ProductAlgebra<A, EA, B, EB, C, EC> {
  /** The triples in both boxes, or undefined when there are none. */
  readonly intersectBoxes: (a: Box<A, B, C>, b: Box<A, B, C>) => Box<A, B, C> | undefined;
  /** The triples in `a` and not in `b`, as disjoint non-empty boxes. */
  readonly subtractBox: (a: Box<A, B, C>, b: Box<A, B, C>) => Iterable<Box<A, B, C>>;
  /** The first part of `a` outside the union of `bs` with a member of it, or undefined when the union holds all of `a`. */
  readonly outside: (a: Box<A, B, C>, bs: readonly Box<A, B, C>[]) => Uncovered<A, EA, B, EB, C, EC> | undefined;
}

/** A box outside others, and a triple in it. */
export interface Uncovered<A, EA, B, EB, C, EC> {
  readonly box: Box<A, B, C>;
  readonly witness: readonly [first: EA, second: EB, third: EC];
}

/** The algebra of boxes whose sides are sets of these three kinds. */
export function productAlgebra<A, EA, B, EB, C, EC>(
  first: SetAlgebra<A, EA>,
  second: SetAlgebra<B, EB>,
  third: SetAlgebra<C, EC>,
): ProductAlgebra<A, EA, B, EB, C, EC> {
  type ThisBox = Box<A, B, C>;

  const isEmptyBox = ([a, b, c]: ThisBox): boolean => first.isEmpty(a) || second.isEmpty(b) || third.isEmpty(c);

  function intersectBoxes(x: ThisBox, y: ThisBox): ThisBox | undefined {
    const common: ThisBox = [first.intersect(x[0], y[0]), second.intersect(x[1], y[1]), third.intersect(x[2], y[2])];
    return isEmptyBox(common) ? undefined : common;
  }

  function* subtractBox(x: ThisBox, y: ThisBox): Generator<ThisBox, void, undefined> {
    const common = intersectBoxes(x, y);
    if (common === undefined) {
      if (!isEmptyBox(x)) yield x;
      return;
    }
    // Each step leaves the common part of one side behind, which keeps the pieces disjoint.
    for (const a of first.subtract(x[0], y[0])) yield [a, x[1], x[2]];
    for (const b of second.subtract(x[1], y[1])) yield [common[0], b, x[2]];
    for (const c of third.subtract(x[2], y[2])) yield [common[0], common[1], c];
  }

  // By the first side that reaches out, most boxes are told apart without building a piece.
  const isWithin = (x: ThisBox, y: ThisBox): boolean =>
    first.isSubset(x[0], y[0]) && second.isSubset(x[1], y[1]) && third.isSubset(x[2], y[2]);

  function outside(x: ThisBox, ys: readonly ThisBox[]): Uncovered<A, EA, B, EB, C, EC> | undefined {
    const box = firstUncovered(x, ys, isWithin, subtractBox);
    if (box === undefined) {
      return undefined;
    }
    const a = first.witness(box[0]);
    const b = second.witness(box[1]);
    const c = third.witness(box[2]);
    return a === undefined || b === undefined || c === undefined ? undefined : { box, witness: [a, b, c] };
  }

  return { intersectBoxes, subtractBox, outside };
}
