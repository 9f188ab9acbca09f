import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { minimalObject, type Manifest } from '../support/minimal-objects.ts';

/** A JSON Schema, as far as the schemas of objects use it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
}

/** A field that rules read, such as `spec.ingress[].from[].ipBlock.cidr`; `[]` stands for an item and `{}` for a member. */
export interface JudgedField {
  readonly path: string;
  /** Undefined: any value passes the schema, and the algebra judges it. */
  readonly type: string | undefined;
}

/** Every field of a kind that rules read. */
export function judgedFields(kind: Kind): readonly JudgedField[] {
  return fieldsOf(kinds[kind].schema, '');
}

function fieldsOf(schema: Schema, path: string): readonly JudgedField[] {
  const inside = [
    ...Object.entries(schema.properties ?? {}).map(
      ([name, part]) => [path === '' ? name : `${path}.${name}`, part] as const,
    ),
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
    ...(typeof schema.additionalProperties === 'object' ? [[`${path}{}`, schema.additionalProperties] as const] : []),
  ];
  const type = schema.enum === undefined ? [schema.type].flat()[0] : 'one of a list';
  return [...(path === '' ? [] : [{ path, type }]), ...inside.flatMap(([at, part]) => fieldsOf(part, at))];
}

/** Values that a field of the type must not have. Null is left out: Kubernetes reads it as absent. */
export function wrongValuesFor(type: string): readonly unknown[] {
  const all = [7, 'text', true, ['text'], { key: 'text' }];
  return all.filter((value) => type !== typeNameOf(value));
}

function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'integer' : typeof value;
}

/** The smallest object of the kind that has the value at the path, and the path as messages write it. */
export function objectWith(
  kind: Kind,
  path: string,
  value: unknown,
): { readonly object: Manifest; readonly field: string } {
  const steps = path.split(/\.|(?=\[\])|(?=\{\})/);
  const base = minimalObject(kind);
  const nested = wrap(kinds[kind].schema, steps, value) as Manifest;
  const [top = ''] = steps;
  const isMetadata = top === 'metadata' && steps.length > 1;
  const object = isMetadata
    ? { ...base, metadata: { ...(base['metadata'] as Manifest), ...(nested['metadata'] as Manifest) } }
    : { ...base, [top]: nested[top] };
  return { object, field: path.replaceAll('[]', '[0]').replaceAll('{}', '.key') };
}

/** The value at the end of the steps, with nothing around it but what the schema requires. */
function wrap(schema: Schema, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  if (step === '[]') return [wrap(schema.items ?? {}, rest, value)];
  if (step === '{}') return { key: wrap(schema.additionalProperties as Schema, rest, value) };
  return { ...requiredOf(schema), [step]: wrap(schema.properties?.[step] ?? {}, rest, value) };
}

/** What an object has to have beside the field that is looked at. */
function requiredOf({ properties = {}, required = [] }: Schema): Manifest {
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {})]));
}

function sampleOf(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  switch ([schema.type].flat()[0]) {
    case 'array':
      return [];
    case 'object':
      return requiredOf(schema);
    case 'boolean':
      return true;
    case 'integer':
      return 1;
    default:
      return 'text';
  }
}
