import type { ErrorObject } from 'ajv';

import type { Fault } from '../algebra/fault.ts';

/** Turns a JSON Pointer into a field path: `/spec/rules/0/mode` becomes `spec.rules[0].mode`. */
export function fieldOfPointer(pointer: string): string {
  let field = '';
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^[0-9]+$/.test(name)) field += `[${name}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(name)) field += field === '' ? name : `.${name}`;
    else field += `[${JSON.stringify(name)}]`;
  }
  return field;
}

/** Keywords that only repeat what their parts said. */
const summaries: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'if']);

/** Makes faults of Ajv errors: field, what is wrong, and what would be right. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): readonly Fault[] {
  const all = errors ?? [];
  const telling = all.filter((error) => !summaries.has(error.keyword));
  const faults = (telling.length > 0 ? telling : all).map(faultOf);
  return faults.filter((fault, index) => faults.findIndex((other) => isSameFault(other, fault)) === index);
}

function isSameFault(a: Fault, b: Fault): boolean {
  return a.field === b.field && a.message === b.message;
}

function faultOf(error: ErrorObject): Fault {
  const field = fieldOfPointer(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties':
      return {
        field: childField(field, params['additionalProperty']),
        message: 'is not a known field; check its spelling',
      };
    case 'required':
      return { field: childField(field, params['missingProperty']), message: 'is missing and must be given' };
    case 'enum':
      return { field, message: `must be one of ${listOf(params['allowedValues'])}` };
    case 'const':
      return { field, message: `must be ${JSON.stringify(params['allowedValue'])}` };
    case 'type':
      return { field, message: `must be of type ${String(params['type']).replaceAll(',', ' or ')}` };
    default:
      return { field, message: error.message ?? 'is not valid' };
  }
}

function childField(field: string, child: unknown): string {
  const path = fieldOfPointer(`/${String(child).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  if (field === '') return path;
  return path.startsWith('[') ? `${field}${path}` : `${field}.${path}`;
}

function listOf(values: unknown): string {
  return (values as readonly unknown[]).map((value) => JSON.stringify(value)).join(', ');
}
