import { Ajv } from 'ajv';
import { test } from 'tap';

import { admissionReview } from '../../src/admission/review-schema.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { policyDocument } from '../../src/policy/policy-document.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { createSchemaCompiler } from '../../src/policy/schema-compiler.ts';
import { tenancyDocument } from '../../src/tenancy/tenancy-document.ts';

test('every schema is a valid one, so that a start need not check it', (t) => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  const schemas = [
    ['review', admissionReview],
    ['Policy', policyDocument],
    ['Tenancy', tenancyDocument],
    ...Object.entries(kinds).map(([kind, { schema }]) => [kind, schema] as const),
    ...rules.map(({ id, params }) => [id, params] as const),
  ] as const;
  for (const [name, schema] of schemas) t.ok(ajv.validateSchema(schema), name);
  t.end();
});

test('only own members count: what an object inherits is not what it says', (t) => {
  const schema = { type: 'object', properties: { constructor: { type: 'string' } }, required: ['constructor'] };
  t.notOk(createSchemaCompiler({ allErrors: false }).compile(schema)({}));
  t.end();
});

test('faults are told all or one, as wanted', (t) => {
  const schema = { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] };
  const all = createSchemaCompiler({ allErrors: true }).compile(schema);
  const one = createSchemaCompiler({ allErrors: false }).compile(schema);
  t.notOk(all({}));
  t.notOk(one({}));
  t.equal(all.errors?.length, 2);
  t.equal(one.errors?.length, 1);
  t.end();
});
