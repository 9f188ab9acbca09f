import { test } from 'tap';
import {
  isFree,
  labelAbsent,
  labelExists,
  labelFree,
  labelImpossible,
  valueIn,
  valueNotIn,
  type LabelConstraint,
} from '../../src/algebra/label-constraint.ts';
import {
  constrainLabel,
  constrainedSpace,
  constraintOn,
  emptyLabelSpace,
  everyLabelSpace,
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
} from '../../src/algebra/label-space.ts';

const on = (key: string, constraint: LabelConstraint): LabelSpace => constrainedSpace([[key, constraint]]);
const tenantAcme = labelSpaceOf({ tenant: 'acme' });

test('a label named like something that every object inherits is an ordinary label', (t) => {
  t.notOk(matchesLabels(on('constructor', labelExists), {}));
  t.ok(matchesLabels(on('constructor', labelAbsent), {}));
  t.ok(matchesLabels(labelSpaceOf({ constructor: 'x' }), { constructor: 'x' }));
  t.strictSame(labelsIn(on('__proto__', labelExists)), JSON.parse('{"__proto__": "other"}'));
  t.end();
});

test('spaces are in normal form: free keys are not stored, and one value is the empty space', (t) => {
  t.strictSame(on('a', labelFree), everyLabelSpace);
  t.strictSame(constrainLabel(tenantAcme, 'a', labelFree), tenantAcme);
  t.strictSame(constrainLabel(everyLabelSpace, 'a', valueNotIn([])), everyLabelSpace);
  t.equal(constrainLabel(tenantAcme, 'tenant', valueIn(['b'])), emptyLabelSpace);
  t.equal(constrainLabel(emptyLabelSpace, 'a', labelExists), emptyLabelSpace);
  t.equal(on('a', valueIn([])), emptyLabelSpace);
  t.equal(intersectLabelSpaces(tenantAcme, labelSpaceOf({ tenant: 'b', a: 'b' })), emptyLabelSpace);
  t.equal(intersectLabelSpaces(emptyLabelSpace, tenantAcme), emptyLabelSpace);
  t.equal(intersectLabelSpaces(everyLabelSpace, tenantAcme), tenantAcme);
  t.equal(isEmptyLabelSpace(emptyLabelSpace), true);
  t.equal(isEmptyLabelSpace(everyLabelSpace), false);
  t.end();
});

test('many requirements on one key are read in time linear in their number', (t) => {
  const values = Array.from({ length: 20_000 }, (_, i) => `v${i}`);
  const space = constrainedSpace(values.map((value) => ['a', valueNotIn([value])]));
  t.ok(labelSpacesEqual(space, on('a', valueNotIn(values))));
  t.equal(constrainedSpace([...values.map((value) => ['a', valueIn([value])] as const)]), emptyLabelSpace);
  t.end();
});

test('the constraint on a key is free where nothing is said and impossible in the empty space', (t) => {
  t.equal(constraintOn(tenantAcme, 'a'), labelFree);
  t.ok(isFree(constraintOn(everyLabelSpace, 'a')));
  t.equal(constraintOn(emptyLabelSpace, 'a'), labelImpossible);
  t.strictSame(constraintOn(tenantAcme, 'tenant'), valueIn(['acme']));
  t.end();
});

test('a selector that only looks narrow is not within the tenant, and the witness shows why', (t) => {
  const table: readonly (readonly [string, LabelSpace, Readonly<Record<string, string>> | undefined])[] = [
    ['everything', everyLabelSpace, {}],
    ['NotIn another', on('tenant', valueNotIn(['evil'])), {}],
    ['Exists', on('tenant', labelExists), { tenant: 'other' }],
    ['Exists elsewhere', on('env', labelExists), { env: 'other' }],
    ['two tenants', on('tenant', valueIn(['acme', 'beta'])), { tenant: 'beta' }],
    ['absent', on('tenant', labelAbsent), {}],
    ['own tenant', tenantAcme, undefined],
    ['own tenant and more', labelSpaceOf({ tenant: 'acme', env: 'prod' }), undefined],
    ['a contradiction', emptyLabelSpace, undefined],
  ];
  for (const [name, space, witness] of table) {
    t.strictSame(labelsOutside(space, [tenantAcme]), witness, name);
    t.equal(isLabelSubset(space, tenantAcme), witness === undefined, name);
  }
  t.end();
});

test('a union that covers only together covers, and a gap in it is found', (t) => {
  const halves = [on('a', valueIn(['x'])), on('a', valueNotIn(['x']))];
  t.equal(labelsOutside(everyLabelSpace, halves), undefined);
  t.strictSame(labelsOutside(everyLabelSpace, [on('a', valueIn(['x'])), on('a', labelAbsent)]), { a: 'other' });
  t.strictSame(labelsOutside(everyLabelSpace, []), {});
  t.equal(labelsOutside(emptyLabelSpace, []), undefined);
  t.end();
});

test('the witness has the fewest labels and readable values that are not excluded', (t) => {
  const space = constrainedSpace([
    ['z', valueIn(['b', 'a'])],
    ['m', valueNotIn(['other', 'other-2'])],
    ['m', labelExists],
    ['n', valueNotIn(['x'])],
  ]);
  t.strictSame(labelsIn(space), { m: 'other-3', z: 'a' });
  t.strictSame(Object.keys(labelsIn(space) ?? {}), ['m', 'z']);
  t.equal(labelsIn(emptyLabelSpace), undefined);
  t.end();
});

test('two spaces unite where they differ in one key or one holds the other', (t) => {
  const beta = labelSpaceOf({ tenant: 'beta' });
  t.strictSame(uniteLabelSpaces(tenantAcme, beta), on('tenant', valueIn(['acme', 'beta'])));
  t.strictSame(uniteLabelSpaces(on('a', labelExists), on('a', labelAbsent)), everyLabelSpace);
  t.equal(uniteLabelSpaces(tenantAcme, labelSpaceOf({ env: 'prod' })), undefined);
  t.equal(uniteLabelSpaces(tenantAcme, everyLabelSpace), everyLabelSpace);
  t.equal(uniteLabelSpaces(everyLabelSpace, tenantAcme), everyLabelSpace);
  t.equal(uniteLabelSpaces(emptyLabelSpace, tenantAcme), tenantAcme);
  t.end();
});

test('what is left of a space comes in disjoint pieces in the order of the keys', (t) => {
  t.strictSame(
    [...subtractLabelSpaces(everyLabelSpace, labelSpaceOf({ b: '1', a: '1' }))],
    [
      on('a', valueNotIn(['1'])),
      constrainedSpace([
        ['a', valueIn(['1'])],
        ['b', valueNotIn(['1'])],
      ]),
    ],
  );
  t.strictSame([...subtractLabelSpaces(tenantAcme, emptyLabelSpace)], [tenantAcme]);
  t.strictSame([...subtractLabelSpaces(emptyLabelSpace, tenantAcme)], []);
  t.end();
});

test('of tens of thousands of pieces only the one that is asked for is made', (t) => {
  const keys = Array.from({ length: 30_000 }, (_, index) => `k${String(index).padStart(5, '0')}`);
  const wide = constrainedSpace(keys.map((key) => [key, labelExists]));
  t.strictSame(labelsOutside(everyLabelSpace, [wide]), {});
  t.strictSame(subtractLabelSpaces(everyLabelSpace, wide).next(), { done: false, value: on('k00000', labelAbsent) });
  const narrower = constrainLabel(wide, 'a', valueIn(['1']));
  t.strictSame(labelsOutside(wide, [narrower]), Object.fromEntries(keys.map((key) => [key, 'other'])));
  t.equal(labelsOutside(narrower, [wide]), undefined);
  t.end();
});

test('equality is that of the sets, not of the spelling', (t) => {
  t.ok(labelSpacesEqual(labelSpaceOf({ a: '1', b: '2' }), labelSpaceOf({ b: '2', a: '1' })));
  t.notOk(labelSpacesEqual(on('a', valueIn(['1', '2'])), on('a', valueIn(['1', '3']))));
  t.notOk(labelSpacesEqual(on('a', valueIn(['1'])), on('a', valueNotIn(['1']))));
  t.notOk(labelSpacesEqual(emptyLabelSpace, everyLabelSpace));
  t.end();
});
