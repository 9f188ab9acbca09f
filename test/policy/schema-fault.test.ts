import { Ajv, type ErrorObject } from 'ajv';
import { test } from 'tap';

import { faultsOf, fieldOfPointer } from '../../src/policy/schema-fault.ts';

test('a JSON Pointer becomes a field path', (t) => {
  t.equal(fieldOfPointer(''), '');
  t.equal(fieldOfPointer('/spec/rules/0/mode'), 'spec.rules[0].mode');
  t.equal(fieldOfPointer('/metadata/labels/example.com~1a~0b'), 'metadata.labels["example.com/a~b"]');
  t.equal(fieldOfPointer('/0/a-b'), '[0].a-b');
  t.end();
});

function faults(schema: object, value: unknown): readonly string[] {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false }).compile(schema);
  validate(value);
  return faultsOf(validate.errors).map(({ field, message }) => `${field}: ${message}`);
}

test('a fault says what is wrong and what would be right', (t) => {
  t.same(faults({ additionalProperties: false }, { 'a/b~c': 1 }), [
    '["a/b~c"]: is not a known field; check its spelling',
  ]);
  t.same(faults({ properties: { x: { required: ['a'] } } }, { x: {} }), ['x.a: is missing and must be given']);
  t.same(faults({ properties: { x: { required: ['a b'] } } }, { x: {} }), ['x["a b"]: is missing and must be given']);
  t.same(faults({ enum: ['a', 1] }, 'x'), [': must be one of "a", 1']);
  t.same(faults({ const: 'a' }, 'x'), [': must be "a"']);
  t.same(faults({ type: ['string', 'null'] }, 1), [': must be of type string or null']);
  t.same(faults({ minItems: 1 }, []), [': must NOT have fewer than 1 items']);
  t.end();
});

test('keywords that only sum up their parts are left out, unless they stand alone', (t) => {
  t.same(faults({ anyOf: [{ type: 'string' }, { type: 'number' }] }, true), [
    ': must be of type string',
    ': must be of type number',
  ]);
  t.same(faults({ if: {}, then: { type: 'string' } }, 1), [': must be of type string']);
  const alone = {
    keyword: 'anyOf',
    instancePath: '',
    params: {},
    message: 'must match a schema',
  } as unknown as ErrorObject;
  t.same(faultsOf([alone]), [{ field: '', message: 'must match a schema' }]);
  t.end();
});

test('no errors are no faults, the same error twice is one, and an error without words has some', (t) => {
  t.same(faultsOf(null), []);
  t.same(faultsOf(undefined), []);
  const bare = { keyword: 'format', instancePath: '/a', params: {} } as unknown as ErrorObject;
  t.same(faultsOf([bare, bare]), [{ field: 'a', message: 'is not valid' }]);
  t.end();
});
