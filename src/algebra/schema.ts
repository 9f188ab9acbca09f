import type TypeBox from 'typebox';

/** What hides in an optional member until its object is made; the name is TypeBox's, whose types look for it. */
const optionalMark = '~optional';

/** Any key of a map. */
const anyKey = '^.*$';

type Options = object;
type Schema = object;

/**
 * The constructors of TypeBox that schemas here are made of, with its types and its JSON. The library itself is a compiler
 * of types as well: to load its 370 modules takes a tenth of a second and 26 MB, at each start.
 */
export const Type = {
  Array: (items: Schema, options?: Options) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Options) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: Options) => ({ enum: values, ...options }),
  Integer: (options?: Options) => ({ type: 'integer', ...options }),
  Literal: (value: unknown, options?: Options) => ({ type: typeof value, const: value, ...options }),
  Null: (options?: Options) => ({ type: 'null', ...options }),
  Object: (properties: Readonly<Record<string, Schema>>, options?: Options) => ({
    type: 'object',
    ...requiredOf(properties),
    properties,
    ...options,
  }),
  Optional: (schema: Schema) => Object.defineProperty({ ...schema }, optionalMark, { value: true }),
  Record: (_key: Schema, value: Schema, options?: Options) => ({
    type: 'object',
    patternProperties: { [anyKey]: value },
    ...options,
  }),
  String: (options?: Options) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Options) => ({ anyOf, ...options }),
  Unknown: (options?: Options) => ({ ...options }),
  Unsafe: (schema: Schema) => schema,
} as unknown as Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'
>;

function requiredOf(properties: Readonly<Record<string, Schema>>): { readonly required?: readonly string[] } {
  const required = Object.entries(properties).filter(([, schema]) => !Object.hasOwn(schema, optionalMark));
  return required.length === 0 ? {} : { required: required.map(([name]) => name) };
}
