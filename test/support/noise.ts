import type { Manifest } from './minimal-objects.ts';
import type { Random } from './random.ts';
import type { Shape } from './shape.ts';

type Members = Readonly<Record<string, unknown>>;

/** Names that no field has; those of the language's own are the ones that careless code finds. */
const names = ['zz', 'Spec', 'exempt', 'x-kubernetes-note', '', '__proto__', 'constructor', 'toString', 'length', '0'];
const values: readonly unknown[] = [null, true, false, 0, '', 'text', [], {}, { hostNetwork: false }, [{ name: 'a' }]];

const annotations = { 'example.com/noise': 'yes', 'tenantgate.dev/exempt': 'true', 'example.com/reason': 'approved' };
const labels = { 'example.com/noise': 'yes' };
const managedFields = [{ manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:hostNetwork': {} } } }];

/** The object with what no rule may care for: unknown fields, annotations, a harmless label, managed fields. */
export function withNoise(object: Manifest, shape: Shape, random: Random): Manifest {
  let noisy = object;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    noisy = random.oneIn(3) ? withMetadata(noisy, random) : (withField(noisy, shape, random) as Manifest);
  }
  return noisy;
}

/** The object with one more annotation. */
export function annotated(object: Manifest): Manifest {
  return withMember(object, 'annotations', annotations);
}

function withMetadata(object: Manifest, random: Random): Manifest {
  switch (random.below(3)) {
    case 0:
      return annotated(object);
    case 1:
      return withMember(object, 'labels', labels);
    default: {
      const { metadata } = object;
      return isMembers(metadata) ? { ...object, metadata: { ...metadata, managedFields } } : object;
    }
  }
}

/** With further members in a map of the metadata, where there is one or none. */
function withMember(object: Manifest, name: 'annotations' | 'labels', added: Members): Manifest {
  const { metadata } = object;
  if (!isMembers(metadata)) return object;
  const present = metadata[name] ?? {};
  return isMembers(present) ? { ...object, metadata: { ...metadata, [name]: { ...present, ...added } } } : object;
}

/** With a field that nobody knows, in any object inside but in maps, whose keys are data. */
function withField(node: unknown, shape: Shape | undefined, random: Random): unknown {
  if (shape === undefined || shape.isMap) return node;
  if (Array.isArray(node)) return withFieldInItem(node, shape, random);
  if (!isMembers(node)) return node;
  const inner = Object.keys(node).filter((key) => typeof node[key] === 'object' && node[key] !== null);
  if (inner.length === 0 || random.oneIn(4)) return withUnknown(node, shape, random);
  const key = random.pick(inner);
  return { ...node, [key]: withField(node[key], shape.members.get(key), random) };
}

function withFieldInItem(list: readonly unknown[], { item }: Shape, random: Random): readonly unknown[] {
  if (list.length === 0) return list;
  const at = random.below(list.length);
  return list.with(at, withField(list[at], item, random));
}

function withUnknown(node: Members, { members }: Shape, random: Random): Members {
  const name = random.pick(names);
  return members.has(name) || Object.hasOwn(node, name) ? node : { ...node, [name]: random.pick(values) };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
