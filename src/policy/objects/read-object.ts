import type { ValidateFunction } from 'ajv';

import type { Parsed } from '../../algebra/fault.ts';
import { createSchemaCompiler } from '../schema-compiler.ts';
import { faultsOf } from '../schema-fault.ts';
import { kinds, type Kind, type ObjectByKind } from './kinds.ts';

/** Reads an untrusted value as an object of a kind: what rules read has the right types, or the first fault is told
 * (one, since a hostile object may have millions). */
export type ObjectReader = <K extends Kind>(kind: K, value: unknown) => Parsed<ObjectByKind[K]>;

/** A reader that compiles the schema of each kind once, when it is first met. */
export function createObjectReader(): ObjectReader {
  const compiler = createSchemaCompiler({ allErrors: false });
  const validators = new Map<Kind, ValidateFunction>();
  function validatorOf(kind: Kind): ValidateFunction {
    const present = validators.get(kind);
    if (present !== undefined) return present;
    const validator = compiler.compile(kinds[kind].schema);
    validators.set(kind, validator);
    return validator;
  }
  return <K extends Kind>(kind: K, value: unknown): Parsed<ObjectByKind[K]> => {
    const validate = validatorOf(kind);
    if (validate(value)) return { ok: true, value: value as ObjectByKind[K] };
    return { ok: false, faults: faultsOf(validate.errors) };
  };
}
