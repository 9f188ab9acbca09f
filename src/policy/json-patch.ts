import type { JudgedObject } from './objects/kinds.ts';

/** The RFC 6902 operation that defaults need: they only ever add what is absent. */
export interface PatchOperation {
  readonly op: 'add';
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly value: string | Readonly<Record<string, string>>;
}

/** Escapes one reference token of a JSON Pointer (RFC 6901 section 3). */
export function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * The smallest patch that adds the labels which are absent: one operation each, or one for the whole map where there is
 * none. Labels that are present keep their value, whatever it is.
 */
export function addAbsentLabels(
  object: JudgedObject,
  labels: Readonly<Record<string, string>>,
): readonly PatchOperation[] {
  const present = object.metadata?.labels;
  if (object.metadata === undefined || object.metadata === null) return [];
  if (present === undefined || present === null) {
    return Object.keys(labels).length === 0 ? [] : [{ op: 'add', path: '/metadata/labels', value: labels }];
  }
  return Object.entries(labels)
    .filter(([key]) => !Object.hasOwn(present, key))
    .map(([key, value]) => ({ op: 'add', path: `/metadata/labels/${escapeToken(key)}`, value }));
}

type Labels = Readonly<Record<string, string>>;

const labelPrefix = '/metadata/labels/';

/** The labels that a patch of defaults adds. */
export function addedLabelsOf(patch: readonly PatchOperation[]): Labels {
  const labels = Object.create(null) as Record<string, string>;
  for (const { path, value } of patch) {
    if (typeof value === 'string') labels[unescapeToken(path.slice(labelPrefix.length))] = value;
    else Object.assign(labels, value);
  }
  return labels;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The object as it is once a patch has added the labels. */
export function withLabels<O extends JudgedObject>(object: O, added: Labels): O {
  if (Object.keys(added).length === 0) return object;
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata?.labels, ...added } } };
}
