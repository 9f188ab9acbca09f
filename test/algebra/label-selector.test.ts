import { test } from 'tap';
import { type Fault } from '../../src/algebra/fault.ts';
import { labelAbsent, labelExists, valueIn, valueNotIn } from '../../src/algebra/label-constraint.ts';
import { parseLabelSelector } from '../../src/algebra/label-selector.ts';
import {
  constrainedSpace,
  emptyLabelSpace,
  everyLabelSpace,
  labelSpaceOf,
  type LabelSpace,
} from '../../src/algebra/label-space.ts';

const field = 'spec.podSelector';
const requirement = (key: string, operator: string, values?: unknown): unknown => ({
  matchExpressions: [{ key, operator, values }],
});

test('a sound selector is read as the space of the labels that it selects', (t) => {
  const table: readonly (readonly [string, unknown, LabelSpace])[] = [
    ['no requirement', {}, everyLabelSpace],
    ['null members', { matchLabels: null, matchExpressions: null }, everyLabelSpace],
    ['empty members', { matchLabels: {}, matchExpressions: [] }, everyLabelSpace],
    ['matchLabels', { matchLabels: { a: '1', 'example.com/b': '' } }, labelSpaceOf({ a: '1', 'example.com/b': '' })],
    ['In', requirement('a', 'In', ['1', '2']), constrainedSpace([['a', valueIn(['2', '1'])]])],
    ['In with a value twice', requirement('a', 'In', ['1', '1']), labelSpaceOf({ a: '1' })],
    ['NotIn', requirement('a', 'NotIn', ['1']), constrainedSpace([['a', valueNotIn(['1'])]])],
    ['Exists', requirement('a', 'Exists'), constrainedSpace([['a', labelExists]])],
    ['Exists, empty values', requirement('a', 'Exists', []), constrainedSpace([['a', labelExists]])],
    ['DoesNotExist, null values', requirement('a', 'DoesNotExist', null), constrainedSpace([['a', labelAbsent]])],
    ['a key that every object inherits', { matchLabels: { constructor: 'x' } }, labelSpaceOf({ constructor: 'x' })],
    [
      'both members on one key',
      { matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }] },
      labelSpaceOf({ a: '1' }),
    ],
    [
      'NotIn and Exists on one key',
      {
        matchExpressions: [
          { key: 'a', operator: 'NotIn', values: ['1'] },
          { key: 'a', operator: 'Exists' },
        ],
      },
      constrainedSpace([
        ['a', valueNotIn(['1'])],
        ['a', labelExists],
      ]),
    ],
    [
      'a contradiction',
      { matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] },
      emptyLabelSpace,
    ],
  ];
  for (const [name, selector, expected] of table) {
    t.strictSame(parseLabelSelector(selector, field), { ok: true, value: expected }, name);
  }
  t.end();
});

const keyHint =
  'write a name of 1 to 63 letters, digits, "-", "_" and "." that starts and ends with a letter or digit, such as "app" or "example.com/app"';
const prefixHint = 'before the slash write a lower-case DNS name of at most 253 characters, such as "example.com"';
const valueHint = 'write at most 63 letters, digits, "-", "_" and "." that start and end with a letter or digit';

test('a faulty selector yields every fault with its field and what to write', (t) => {
  const first = `${field}.matchExpressions[0]`;
  const table: readonly (readonly [string, unknown, readonly Fault[]])[] = [
    [
      'absent',
      undefined,
      [{ field, message: 'must be a label selector object, not nothing: write {} to select everything' }],
    ],
    ['a list', [], [{ field, message: 'must be a label selector object, not a list: write {} to select everything' }]],
    [
      'an unknown field',
      { matchLabel: {} },
      [{ field, message: 'unknown field "matchLabel": remove it, or use one of matchLabels, matchExpressions' }],
    ],
    [
      'matchLabels as list',
      { matchLabels: [] },
      [{ field: `${field}.matchLabels`, message: 'must be an object of label keys and values, not a list' }],
    ],
    [
      'a number as value, a bad value, a bad key',
      { matchLabels: { a: 1, b: '-x', 'c/': 'y' } },
      [
        { field: `${field}.matchLabels[a]`, message: 'must be a label value in quotes, not 1' },
        { field: `${field}.matchLabels[b]`, message: `"-x" is not a label value: ${valueHint}` },
        { field: `${field}.matchLabels`, message: `"c/" is not a label key: ${keyHint}` },
      ],
    ],
    [
      'no list',
      { matchExpressions: {} },
      [{ field: `${field}.matchExpressions`, message: 'must be a list, not an object' }],
    ],
    [
      'no requirement object',
      { matchExpressions: ['a'] },
      [{ field: first, message: 'must be an object with key, operator and values, not "a"' }],
    ],
    [
      'an unknown member of a requirement',
      { matchExpressions: [{ key: 'a', operator: 'Exists', value: 'x' }] },
      [{ field: first, message: 'unknown field "value": remove it, or use one of key, operator, values' }],
    ],
    [
      'an unknown operator and no key',
      { matchExpressions: [{ operator: 'in' }] },
      [
        { field: `${first}.key`, message: 'must be a label key such as "app", not nothing' },
        { field: `${first}.operator`, message: 'must be In, NotIn, Exists or DoesNotExist, not "in"' },
      ],
    ],
    [
      'In without values',
      requirement('a', 'In'),
      [
        {
          field: `${first}.values`,
          message: 'must not be empty for In: list the label values, or use Exists or DoesNotExist',
        },
      ],
    ],
    [
      'NotIn with empty values',
      requirement('a', 'NotIn', []),
      [
        {
          field: `${first}.values`,
          message: 'must not be empty for NotIn: list the label values, or use Exists or DoesNotExist',
        },
      ],
    ],
    [
      'Exists with values',
      requirement('a', 'Exists', ['x']),
      [{ field: `${first}.values`, message: 'must be empty for Exists: remove the values, or use In or NotIn' }],
    ],
    [
      'DoesNotExist with values',
      requirement('a', 'DoesNotExist', ['x']),
      [{ field: `${first}.values`, message: 'must be empty for DoesNotExist: remove the values, or use In or NotIn' }],
    ],
    ['values as text', requirement('a', 'In', 'x'), [{ field: `${first}.values`, message: 'must be a list, not "x"' }]],
    [
      'two bad values',
      requirement('a', 'In', ['x', null, 'a b']),
      [
        { field: `${first}.values[1]`, message: 'must be a label value in quotes, not nothing' },
        { field: `${first}.values[2]`, message: `"a b" is not a label value: ${valueHint}` },
      ],
    ],
  ];
  for (const [name, selector, faults] of table) {
    t.strictSame(parseLabelSelector(selector, field), { ok: false, faults }, name);
  }
  t.end();
});

test('label keys and values follow the syntax of the API server', (t) => {
  const problemOfKey = (key: string): unknown => {
    const read = parseLabelSelector(requirement(key, 'Exists'), 's');
    return read.ok ? undefined : read.faults[0]?.message;
  };
  const isValue = (value: string): boolean => parseLabelSelector({ matchLabels: { a: value } }, 's').ok;
  for (const key of ['a', 'A.b_c-D', 'x'.repeat(63), `${'x.'.repeat(126)}x/n`, 'example.com/App', '9']) {
    t.equal(problemOfKey(key), undefined, key);
  }
  for (const key of ['', 'x'.repeat(64), '-a', 'a-', 'a b', 'a\n', 'example.com/', 'a/b/c', 'é', '__proto__']) {
    t.match(problemOfKey(key), keyHint, key);
  }
  for (const key of ['/a', 'Example.com/a', 'a..b/c', `${'x.'.repeat(127)}x/n`, '-a/b', 'a_b/c']) {
    t.match(problemOfKey(key), prefixHint, key);
  }
  for (const value of ['', 'a', 'A.b_c-D', 'x'.repeat(63), '0']) {
    t.ok(isValue(value), value);
  }
  for (const value of ['x'.repeat(64), '-', 'a_', '.a', 'a/b', ' a', 'a\n']) {
    t.notOk(isValue(value), value);
  }
  t.end();
});

test('members that an object only inherits are not read', (t) => {
  const selector: unknown = Object.create({ matchLabels: { a: '1' } });
  t.strictSame(parseLabelSelector(selector, field), { ok: true, value: everyLabelSpace });
  const hostile: unknown = JSON.parse('{"__proto__": {"matchLabels": {"a": "1"}}}');
  t.notOk(parseLabelSelector(hostile, field).ok);
  t.end();
});
