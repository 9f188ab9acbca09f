import fc from 'fast-check';
import { test } from 'tap';
import { type LabelConstraint } from '../../src/algebra/label-constraint.ts';
import { parseLabelSelector, type LabelSelector } from '../../src/algebra/label-selector.ts';
import {
  constrainLabel,
  constrainedSpace,
  intersectLabelSpaces,
  isEmptyLabelSpace,
  isLabelSubset,
  labelSpaceOf,
  labelSpacesEqual,
  labelsIn,
  labelsOutside,
  matchesLabels,
  subtractLabelSpaces,
  uniteLabelSpaces,
  type LabelSpace,
  type Labels,
} from '../../src/algebra/label-space.ts';

const runs = { numRuns: 10_000 };
const keys = ['app', 'constructor', 'tier'];
/** `never` stands for all values that no selector mentions, undefined for absence. */
const values = [undefined, 'a', 'b', 'never'];
const universe: readonly Labels[] = keys.reduce<Labels[]>(
  (points, key) =>
    points.flatMap((labels) => values.map((value) => (value === undefined ? labels : { ...labels, [key]: value }))),
  [{}],
);

interface Model {
  readonly space: LabelSpace;
  /** One truth per point of the universe, computed without the algebra. */
  readonly members: readonly boolean[];
}

const key = fc.constantFrom(...keys);
const someValues = fc.subarray(['a', 'b']);
const rawConstraint = fc.record({ listed: someValues, isComplement: fc.boolean(), absent: fc.boolean() });
type RawConstraint = Readonly<{ listed: readonly string[]; isComplement: boolean; absent: boolean }>;

function toConstraint({ listed, isComplement, absent }: RawConstraint): LabelConstraint {
  return { values: { isComplement, listed: new Set(listed) }, absent };
}

function satisfies({ listed, isComplement, absent }: RawConstraint, value: string | undefined): boolean {
  return value === undefined ? absent : listed.includes(value) !== isComplement;
}

function valueOf(labels: Labels, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** Weighted towards few constraints, since the conjunction of many is mostly empty. */
const model: fc.Arbitrary<Model> = fc.array(fc.tuple(key, rawConstraint), { maxLength: 4 }).map((constraints) => ({
  space: constrainedSpace(constraints.map(([name, raw]) => [name, toConstraint(raw)])),
  members: universe.map((labels) => constraints.every(([name, raw]) => satisfies(raw, valueOf(labels, name)))),
}));

const membersOf = (space: LabelSpace): readonly boolean[] => universe.map((labels) => matchesLabels(space, labels));
const combine = (a: Model, b: Model, how: (x: boolean, y: boolean) => boolean): readonly boolean[] =>
  a.members.map((x, i) => how(x, b.members[i] === true));
const isIn = (labels: Labels, { space }: Model): boolean => matchesLabels(space, labels);

function check<T extends [unknown, ...unknown[]]>(name: string, property: fc.IProperty<T>): void {
  void test(name, (t) => {
    fc.assert(property, runs);
    t.end();
  });
}

const requirement = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.subarray(['a', 'b'], { minLength: 1 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const selectors: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.oneof(
      fc.constant(null),
      fc.dictionary(key, fc.constantFrom('a', 'b'), { maxKeys: 2, noNullPrototype: true }),
    ),
    matchExpressions: fc.array(requirement, { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

function selects(selector: LabelSelector, labels: Labels): boolean {
  const pairs = Object.entries(selector.matchLabels ?? {});
  return (
    pairs.every(([name, value]) => valueOf(labels, name) === value) &&
    (selector.matchExpressions ?? []).every((expression) => {
      const value = valueOf(labels, expression.key);
      switch (expression.operator) {
        case 'In':
          return value !== undefined && expression.values?.includes(value) === true;
        case 'NotIn':
          return value === undefined || expression.values?.includes(value) === false;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}

check(
  'a parsed selector selects what its requirements, taken one by one, select',
  fc.property(selectors, (selector) => {
    const read = parseLabelSelector(selector, 's');
    return read.ok && universe.every((labels) => matchesLabels(read.value, labels) === selects(selector, labels));
  }),
);

const hostile = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    1.5,
    '',
    'a',
    '-a',
    '__proto__',
    [],
    {},
    [null],
    ['a'],
    [['a']],
    { a: 'b' },
    { a: null },
  ),
  fc.jsonValue({ maxDepth: 1 }),
);

check(
  'parsing any JSON value never throws',
  fc.property(
    fc.oneof(
      hostile,
      fc.record({ matchLabels: hostile, matchExpressions: hostile }, { requiredKeys: [] }),
      fc.record({
        matchExpressions: fc.array(
          fc.record({ key: hostile, operator: fc.oneof(fc.constantFrom('In', 'Exists'), hostile), values: hostile }),
          { maxLength: 2 },
        ),
      }),
    ),
    (json) => {
      const read = parseLabelSelector(json, 's');
      return read.ok || (read.faults.length > 0 && read.faults.every(({ field }) => field.startsWith('s')));
    },
  ),
);

check(
  'a space holds the label maps that satisfy its constraints, and is empty when there are none',
  fc.property(model, ({ space, members }) => {
    const witness = labelsIn(space);
    return (
      membersOf(space).every((isMember, i) => isMember === members[i]) &&
      isEmptyLabelSpace(space) === !members.includes(true) &&
      (witness === undefined ? isEmptyLabelSpace(space) : matchesLabels(space, witness))
    );
  }),
);

check(
  'constraining a label keeps the members that satisfy the constraint',
  fc.property(model, key, rawConstraint, ({ space, members }, name, raw) =>
    membersOf(constrainLabel(space, name, toConstraint(raw))).every(
      (isMember, i) => isMember === (members[i] === true && satisfies(raw, valueOf(universe[i] ?? {}, name))),
    ),
  ),
);

check(
  'the space of given labels holds the label maps that have them all',
  fc.property(fc.constantFrom(...universe), (given) =>
    universe.every(
      (labels) =>
        matchesLabels(labelSpaceOf(given), labels) ===
        Object.entries(given).every(([name, value]) => valueOf(labels, name) === value),
    ),
  ),
);

check(
  'the intersection holds what both hold, and is empty exactly when they share nothing',
  fc.property(model, model, (a, b) => {
    const both = intersectLabelSpaces(a.space, b.space);
    const expected = combine(a, b, (x, y) => x && y);
    return (
      membersOf(both).every((isMember, i) => isMember === expected[i]) &&
      isEmptyLabelSpace(both) === !expected.includes(true)
    );
  }),
);

check(
  'subset and equality agree with the members',
  fc.property(model, model, (a, b) => {
    const isSubset = !combine(a, b, (x, y) => x && !y).includes(true);
    const isSuperset = !combine(a, b, (x, y) => !x && y).includes(true);
    return (
      isLabelSubset(a.space, b.space) === isSubset && labelSpacesEqual(a.space, b.space) === (isSubset && isSuperset)
    );
  }),
);

check(
  'the union exists exactly when the members form a product of their projections, and then holds just them',
  fc.property(model, model, (a, b) => {
    const expected = combine(a, b, (x, y) => x || y);
    const held = universe.filter((_, i) => expected[i]);
    const projections = keys.map((name) => new Set(held.map((labels) => valueOf(labels, name))));
    const isProduct = projections.reduce((size, { size: side }) => size * side, 1) === held.length;
    const union = uniteLabelSpaces(a.space, b.space);
    return union === undefined
      ? !isProduct
      : isProduct && membersOf(union).every((isMember, i) => isMember === expected[i]);
  }),
);

check(
  'the difference comes in pieces that are disjoint, not empty, and hold what is in the one and not in the other',
  fc.property(model, model, (a, b) => {
    const pieces = [...subtractLabelSpaces(a.space, b.space)];
    const expected = combine(a, b, (x, y) => x && !y);
    return (
      pieces.every((piece) => !isEmptyLabelSpace(piece)) &&
      universe.every(
        (labels, i) => pieces.filter((piece) => matchesLabels(piece, labels)).length === Number(expected[i]),
      )
    );
  }),
);

check(
  'the witness outside is in the space and in none of the others, and is missing exactly when they cover it',
  fc.property(model, fc.array(model, { maxLength: 5 }), (a, bs) => {
    const witness = labelsOutside(
      a.space,
      bs.map(({ space }) => space),
    );
    return witness === undefined
      ? a.members.every((isMember, i) => !isMember || bs.some(({ members }) => members[i]))
      : isIn(witness, a) && !bs.some((b) => isIn(witness, b));
  }),
);
