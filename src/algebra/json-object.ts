import { quote, type Fault } from './fault.ts';

/** A JSON object as it came from the wire: every member is still unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is a JSON object: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object's own member; undefined where it is absent, null (the API reads null as absent) or only inherited. */
export function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** The list in the object's own member; empty where it is absent, undefined and one more fault where it is no list. */
export function ownList(
  object: JsonObject,
  name: string,
  field: string,
  faults: Fault[],
): readonly unknown[] | undefined {
  const list: unknown = ownMember(object, name) ?? [];
  if (Array.isArray(list)) {
    return list as readonly unknown[];
  }
  faults.push({ field: `${field}.${name}`, message: `must be a list, not ${quote(list)}` });
  return undefined;
}

/** One fault for each own member that is not in `known`: a misspelt field would otherwise widen what is allowed. */
export function unknownMembers(object: JsonObject, known: readonly string[], field: string): Fault[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => ({ field, message: `unknown field ${quote(name)}: remove it, or use one of ${known.join(', ')}` }));
}
