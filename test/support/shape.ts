import { kinds, podKinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { fixturesOf } from './fixtures.ts';
import { kindOfManifest } from './judge.ts';
import { minimalObject, tweak, type Manifest } from './minimal-objects.ts';
import { randomPod } from './pod-generator.ts';
import { podPath } from './pod-path.ts';
import { randomOf } from './random.ts';

/** A place in the objects of a kind: what the schema says of it, and what examples had there. */
export interface Shape {
  /** Values met here, and those of an enum; frozen, so that objects may share them. */
  readonly values: unknown[];
  /** The values as JSON: each is kept once. */
  readonly texts: Set<string>;
  readonly members: Map<string, Shape>;
  /** Keys are data, as those of labels are. */
  isMap: boolean;
  item: Shape | undefined;
  type: string | undefined;
}

/** What objects of one kind are made from. */
export interface Model {
  readonly kind: Kind;
  readonly shape: Shape;
  /** Whole objects that users could apply: minimal ones and fixtures. */
  readonly examples: readonly Manifest[];
  /** Texts, numbers and flags that stand under a name anywhere in the examples of any kind. */
  readonly valuesByName: ReadonlyMap<string, readonly unknown[]>;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
}

/** More of the same teaches nothing. */
const mostValues = 60;

/** Maps that schemas leave open. */
const mapNames: ReadonlySet<string> = new Set(['matchLabels', 'labels', 'annotations', 'data', 'stringData']);

/** The models of some kinds, made from what there is of all. */
export function modelsOf(wanted: readonly Kind[]): readonly Model[] {
  const manifests = allManifests();
  const valuesByName = new Map<string, unknown[]>();
  for (const manifest of manifests) noteByName(valuesByName, '', manifest);
  return wanted.map((kind) => modelOf(kind, manifests, valuesByName));
}

function modelOf(
  kind: Kind,
  manifests: readonly Manifest[],
  valuesByName: ReadonlyMap<string, readonly unknown[]>,
): Model {
  const examples = [minimalObject(kind), ...examplesOf(kind, manifests)].map((one) => frozen(one));
  const shape = shapeOf(kinds[kind].schema);
  for (const example of examples) grow(shape, example, '');
  for (const word of wordsOf(shape)) word.values.push(...oddWords);
  return { kind, shape, examples, valuesByName };
}

/** Manifests of the kind, and those of other kinds with the same schema or the same pods, made into the kind. */
function examplesOf(kind: Kind, manifests: readonly Manifest[]): readonly Manifest[] {
  return manifests.flatMap((manifest) => {
    const other = kindOfManifest(manifest);
    if (other === kind) return [manifest];
    const { apiVersion, kind: wireKind } = minimalObject(kind);
    const head = { apiVersion, kind: wireKind };
    if (kinds[other].schema === kinds[kind].schema) return [{ ...manifest, ...head }];
    return other === 'Pod' && isPodKind(kind) ? [withTemplate(kind, manifest)] : [];
  });
}

function isPodKind(kind: Kind): kind is (typeof podKinds)[number] {
  return (podKinds as readonly Kind[]).includes(kind);
}

function withTemplate(kind: (typeof podKinds)[number], { metadata, spec }: Manifest): Manifest {
  const { labels, annotations } = metadata as Manifest;
  const template = { metadata: JSON.parse(JSON.stringify({ labels, annotations })) as Manifest, spec };
  return tweak(minimalObject(kind), podPath(kind).slice(0, -1).split('.'), template);
}

const pods = 150;

function allManifests(): readonly Manifest[] {
  const fixtures = rules.flatMap(({ id }) => [...fixturesOf(id, 'pass'), ...fixturesOf(id, 'fail')]);
  const random = randomOf(1);
  const randomPods = Array.from({ length: pods }, () =>
    tweak(randomPod(random, 'web'), 'metadata.namespace', 'acme-dev'),
  );
  return [...fixtures.flatMap(({ manifest, doing: { old } }) => [manifest, ...(old ? [old] : [])]), ...randomPods];
}

function emptyShape(): Shape {
  return { values: [], texts: new Set(), members: new Map(), isMap: false, item: undefined, type: undefined };
}

function shapeOf(schema: Schema): Shape {
  const shape = emptyShape();
  shape.type = [schema.type].flat()[0];
  shape.values.push(...(schema.enum ?? []));
  shape.isMap = typeof schema.additionalProperties === 'object';
  shape.item = schema.items === undefined ? undefined : shapeOf(schema.items);
  for (const [name, part] of Object.entries(schema.properties ?? {})) shape.members.set(name, shapeOf(part));
  return shape;
}

/** Learns from an example what stands where. */
function grow(shape: Shape, example: unknown, name: string): void {
  if (shape.values.length < mostValues) addValue(shape, example);
  if (mapNames.has(name)) shape.isMap = true;
  if (Array.isArray(example)) {
    shape.item ??= emptyShape();
    for (const item of example) grow(shape.item, item, '');
  } else if (typeof example === 'object' && example !== null) {
    for (const [key, value] of Object.entries(example)) {
      const member = shape.members.get(key) ?? emptyShape();
      shape.members.set(key, member);
      grow(member, value, key);
    }
  }
}

function addValue({ texts, values }: Shape, value: unknown): void {
  const text = JSON.stringify(value);
  if (!texts.has(text)) values.push(value);
  texts.add(text);
}

function noteByName(byName: Map<string, unknown[]>, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) noteByName(byName, Array.isArray(value) ? name : key, member);
    return;
  }
  const known = byName.get(name) ?? [];
  byName.set(name, known);
  if (known.length < mostValues && !known.includes(value)) known.push(value);
}

/** What texts may be that no example has. */
const oddWords = ['', ' ', '*', '__proto__', '${name}', 'globex-dev', 'kube-system', 'x'.repeat(300), '💥', '\u202e'];

function wordsOf(shape: Shape): readonly Shape[] {
  const inside = [...shape.members.values(), ...(shape.item === undefined ? [] : [shape.item])].flatMap(wordsOf);
  return shape.type === 'string' ? [shape, ...inside] : inside;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}
