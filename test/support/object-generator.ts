import type { Manifest } from './minimal-objects.ts';
import type { Random } from './random.ts';
import type { Model, Shape } from './shape.ts';

type Members = Readonly<Record<string, unknown>>;

/** What stands nowhere rightly. */
const odd: readonly unknown[] = [7, -1, 1.5, 'text', true, false, [], {}, ['text'], [null], [[]], { key: 'text' }];

/**
 * An object of the kind: an example with up to three differences, each at a random place that the schema or an example has. It
 * shares all else with the example, so it costs a few small copies.
 */
export function randomObject(model: Model, random: Random): Manifest {
  let object = random.pick(model.examples);
  for (let changes = random.below(4); changes > 0; changes -= 1) object = changedObject(model, object, random);
  return object;
}

/** The object with one more difference. */
export function changedObject(model: Model, object: Manifest, random: Random): Manifest {
  const keys = [...model.shape.members.keys()].filter((key) => key !== 'apiVersion' && key !== 'kind');
  return changedMember(model, object, model.shape, random.oneIn(6) ? random.pick(keys) : mainKey(keys, random), random);
}

/** Any but metadata, of which most rules read nothing. */
function mainKey(keys: readonly string[], random: Random): string {
  const others = keys.filter((key) => key !== 'metadata');
  return others.length === 0 ? 'metadata' : random.pick(others);
}

function changedMember<T extends Members>(model: Model, node: T, shape: Shape, key: string, random: Random): T {
  const member = shape.members.get(key)!;
  const value = changed(model, Object.hasOwn(node, key) ? node[key] : undefined, member, key, random);
  if (value !== undefined) return { ...node, [key]: value };
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key)) as T;
}

function changed(model: Model, node: unknown, shape: Shape, name: string, random: Random): unknown {
  const isLeaf = shape.item === undefined && shape.members.size === 0;
  if (isLeaf || random.oneIn(7)) return replacement(model, shape, name, random);
  if (shape.item !== undefined) return changedList(model, Array.isArray(node) ? node : [], shape.item, name, random);
  const members = typeof node === 'object' && node !== null && !Array.isArray(node) ? (node as Members) : {};
  return changedMember(model, members, shape, random.pick([...shape.members.keys()]), random);
}

function changedList(model: Model, list: readonly unknown[], item: Shape, name: string, random: Random): unknown {
  const at = random.below(list.length + 1);
  const value = changed(model, list[at], item, name, random);
  if (value === undefined) return list.toSpliced(at, 1);
  return at === list.length ? [...list, value] : list.with(at, value);
}

type Source = (model: Model, shape: Shape, name: string, random: Random) => unknown;

const known: Source = (model, shape, name, random) =>
  shape.values.length === 0 ? built(model, shape, name, random) : random.pick(shape.values);
const namedAlike: Source = (model, _shape, name, random) => random.pick(model.valuesByName.get(name) ?? [undefined]);

/** Where another value comes from, as often as it stands here. */
const sources: readonly Source[] = [
  ...Array.from({ length: 13 }, () => known),
  ...Array.from({ length: 4 }, () => built),
  ...Array.from({ length: 3 }, () => namedAlike),
  () => undefined,
  () => undefined,
  () => null,
  (_model, _shape, _name, random) => random.pick(odd),
];

/** Another value, mostly one that could be there; absent now and then. */
function replacement(model: Model, shape: Shape, name: string, random: Random): unknown {
  return random.pick(sources)(model, shape, name, random);
}

/** A value made anew, member by member. */
function built(model: Model, shape: Shape, name: string, random: Random): unknown {
  const { item } = shape;
  if (item !== undefined)
    return Array.from({ length: random.below(3) }, () => built(model, item, name, random) ?? null);
  if (shape.members.size > 0) return builtMembers(model, shape, random);
  if (shape.values.length > 0) return random.pick(shape.values);
  return random.pick(model.valuesByName.get(name) ?? plain[shape.type ?? 'string'] ?? odd);
}

const plain: Readonly<Record<string, readonly unknown[]>> = {
  string: ['text', 'acme-dev', 'globex-dev'],
  boolean: [true, false],
  integer: [0, 1, 80, 65_535],
  number: [0, 1, 80],
  object: [{}],
  array: [[]],
};

function builtMembers(model: Model, shape: Shape, random: Random): Members {
  const result: Record<string, unknown> = {};
  const wanted = Math.min(1 + random.below(4), shape.members.size);
  const keys = [...shape.members.keys()];
  for (let count = 0; count < wanted; count += 1) {
    const key = random.pick(keys);
    const value = built(model, shape.members.get(key)!, key, random);
    Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return result;
}
