import { isJsonObject, ownMember } from '../../algebra/json-object.ts';

/** A value with the path where it stands, such as `spec.dependsOn[1].namespace`. */
export interface FieldValue {
  readonly field: string;
  readonly value: unknown;
}

/**
 * The values at a path such as `spec.dependsOn[].namespace`, where `[]` stands for each item of a list. What is absent,
 * null or no such shape yields nothing.
 */
export function* fieldsAt(object: unknown, path: string): Generator<FieldValue, void, undefined> {
  yield* valuesAt(object, path.split('.'), '');
}

function* valuesAt(value: unknown, steps: readonly string[], field: string): Generator<FieldValue, void, undefined> {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (value !== undefined) yield { field, value };
    return;
  }
  if (!isJsonObject(value)) return;
  const name = step.endsWith('[]') ? step.slice(0, -2) : step;
  const member = ownMember(value, name);
  const at = field === '' ? name : `${field}.${name}`;
  if (name === step) {
    yield* valuesAt(member, rest, at);
  } else if (Array.isArray(member)) {
    for (const [index, item] of (member as readonly unknown[]).entries())
      yield* valuesAt(item, rest, `${at}[${index}]`);
  }
}

/** The text at a path without lists; undefined where it is absent, null, empty or no text. */
export function textAt(object: unknown, path: string): string | undefined {
  for (const { value } of fieldsAt(object, path)) if (typeof value === 'string' && value !== '') return value;
  return undefined;
}

/** Whether there is anything at a path; null is nothing. */
export function isPresent(object: unknown, path: string): boolean {
  return fieldsAt(object, path).next().done !== true;
}

/** Whether the value at a path without lists is true. */
export function isTrue(object: unknown, path: string): boolean {
  return fieldsAt(object, path).next().value?.value === true;
}
