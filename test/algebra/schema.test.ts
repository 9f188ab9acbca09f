import { test } from 'tap';
import TypeBox from 'typebox';

import { Type } from '../../src/algebra/schema.ts';

type Constructors = typeof Type;

/** One schema with everything that schemas are made of. */
function schemaOf(type: Constructors): object {
  return type.Object(
    {
      text: type.String({ minLength: 1, description: 'Text.' }),
      optional: type.Optional(type.Integer({ minimum: 0, default: 1 })),
      map: type.Record(type.String(), type.String(), { description: 'A map.' }),
      word: type.Literal('word'),
      number: type.Literal(1, { description: 'One.' }),
      either: type.Union([type.Boolean(), type.Null()], { description: 'Either.' }),
      list: type.Array(type.Enum(['a', 'b'], { description: 'A letter.' }), { minItems: 1 }),
      open: type.Unknown({ description: 'Anything.' }),
      own: type.Unsafe<string>({ type: 'string' }),
      empty: type.Object({ nothing: type.Optional(type.Boolean()) }),
    },
    { additionalProperties: false, description: 'The whole.' },
  );
}

test('schemas are, as JSON, what TypeBox makes of them, member by member', (t) => {
  t.equal(JSON.stringify(schemaOf(Type), undefined, 2), JSON.stringify(schemaOf(TypeBox), undefined, 2));
  t.end();
});

test('making a schema optional leaves the schema itself as it was', (t) => {
  const text = Type.String();
  Type.Optional(text);
  t.strictSame(Type.Object({ text }), { type: 'object', required: ['text'], properties: { text: { type: 'string' } } });
  t.end();
});
