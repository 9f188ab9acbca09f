import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import type { ResourceSet } from './flux-operator.ts';
import { fieldsAt, type FieldValue } from './object-fields.ts';

/**
 * Annotations by which the Flux Operator reads a ConfigMap or Secret of any namespace into what it applies:
 * https://fluxoperator.dev/docs/crd/resourceset/#resources-configuration.
 */
const copyAnnotations = ['copyFrom', 'convertKubeConfigFrom', 'checksumFrom'] as const;

type CopyAnnotation = (typeof copyAnnotations)[number];

/** What one annotation reads. */
export interface Copy {
  readonly field: string;
  /** Undefined where a template makes it, so that nobody can tell. */
  readonly namespace: string | undefined;
}

/** Opens a template of the operator. */
export const templateStart = '<<';

/** Everything that annotations of a ResourceSet's objects read; what the operator would refuse to parse reads nothing. */
export function* copiesOf(object: ResourceSet): Generator<Copy, void, undefined> {
  // The operator puts common annotations on the objects before it looks for these.
  yield* copiesIn(object.spec?.commonMetadata?.annotations, 'spec.commonMetadata.annotations');
  for (const resource of resourcesOf(object)) yield* copiesOfResource(resource);
}

/** The objects that a ResourceSet lists, in its steps too. */
function* resourcesOf(object: ResourceSet): Generator<FieldValue, void, undefined> {
  yield* fieldsAt(object, 'spec.resources[]');
  yield* fieldsAt(object, 'spec.steps[].resources[]');
}

/** Annotations count at each `metadata`, as those of a pod template do. Walked without recursion: objects may be deep. */
function* copiesOfResource(resource: FieldValue): Generator<Copy, void, undefined> {
  const left: FieldValue[] = [resource];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { field, value } = next;
    if (Array.isArray(value)) {
      left.push(...value.map((item: unknown, index) => ({ field: `${field}[${index}]`, value: item })));
    } else if (isJsonObject(value)) {
      const metadata = ownMember(value, 'metadata');
      const annotations = isJsonObject(metadata) ? ownMember(metadata, 'annotations') : undefined;
      yield* copiesIn(annotations, `${field}.metadata.annotations`);
      for (const [key, member] of Object.entries(value)) left.push({ field: `${field}.${key}`, value: member });
    }
  }
}

function* copiesIn(annotations: unknown, field: string): Generator<Copy, void, undefined> {
  if (!isJsonObject(annotations)) return;
  for (const name of copyAnnotations) yield* copiesBy(name, annotations, field);
}

function* copiesBy(name: CopyAnnotation, annotations: JsonObject, field: string): Generator<Copy, void, undefined> {
  const key = `fluxcd.controlplane.io/${name}`;
  const value = ownMember(annotations, key);
  if (typeof value !== 'string') return;
  const at = `${field}[${JSON.stringify(key)}]`;
  if (value.includes(templateStart)) {
    yield { field: at, namespace: undefined };
    return;
  }
  for (const namespace of namespacesIn(value, name)) yield { field: at, namespace };
}

/** `namespace/name`, also with `:key`; for checksums a list of `Kind/namespace/name`. */
function namespacesIn(value: string, name: CopyAnnotation): readonly string[] {
  const [references, length] = name === 'checksumFrom' ? [value.split(','), 3] : [[value], 2];
  return references.flatMap((reference) => {
    const parts = reference.split('/').map((part) => part.trim());
    return parts.length === length ? parts.slice(length - 2, length - 1) : [];
  });
}
