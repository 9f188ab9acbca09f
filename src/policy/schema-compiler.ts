import { Ajv } from 'ajv';

/**
 * A compiler for the schemas of this code base, which are constants and held valid by tests. Looking at them again with
 * the schema of schemas, and tidying code that V8 tidies anyway, would be half of the time that it takes at each start.
 */
export function createSchemaCompiler({ allErrors }: { readonly allErrors: boolean }): Ajv {
  return new Ajv({
    strict: true,
    allErrors,
    allowUnionTypes: true,
    ownProperties: true,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
}
