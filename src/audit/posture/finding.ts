import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import {
  postureStates,
  type AuditedObject,
  type Evidence,
  type LayerPosture,
  type PostureState,
} from '../audit-report.ts';
import { lastWriteOf } from './last-write.ts';

/** One thing that was seen of a layer, and what it would make of the layer by itself. */
export type Finding = Evidence &
  ({ readonly state: 'in-place' } | { readonly state: Exclude<PostureState, 'in-place'>; readonly fix: string });

/** Pieces of evidence that are told one by one. */
const mostEvidence = 20;

/** Corrections that are told one by one: the results have them all. */
const mostFixes = 3;

/** A layer of whatever kind. */
type Layer<L extends string> = Omit<LayerPosture, 'layer'> & { readonly layer: L };

/**
 * A layer is as bad as the worst that was seen of it: what is wrong is certain, whatever else is not known. `whenInPlace` says
 * what it rests on where nothing is wrong.
 */
export function layerOf<L extends string>(layer: L, findings: readonly Finding[], whenInPlace: string): Layer<L> {
  const state = worstState(findings.map((finding) => finding.state));
  const rest = state === 'in-place' ? [{ message: whenInPlace }] : [];
  const evidence = [...rest, ...[...findings].sort(byState).map(evidenceOf)];
  const fixes = findings.flatMap((one) => (one.state === state && one.state !== 'in-place' ? [one.fix] : []));
  return {
    layer,
    state,
    evidence: cut(evidence, mostEvidence, (left) => ({ message: `and ${left} more` })),
    ...(state === 'in-place' ? {} : { fix: fixOf([...new Set(fixes)]) }),
  };
}

/** The worst of some states; in place where there are none. */
function worstState(states: readonly PostureState[]): PostureState {
  return states.reduce<PostureState>((worst, state) => (rankOf(state) > rankOf(worst) ? state : worst), 'in-place');
}

/** How bad a state is. */
export function rankOf(state: PostureState): number {
  return postureStates.indexOf(state);
}

function byState(a: Finding, b: Finding): number {
  return rankOf(b.state) - rankOf(a.state);
}

function evidenceOf({ object, field, message, state }: Finding): Evidence {
  return {
    ...(object === undefined ? {} : { object: state === 'in-place' ? undated(object) : object }),
    ...(field === undefined || field === '' ? {} : { field }),
    message,
  };
}

/** Times are told of what is wrong alone: from them follows since when it is so. */
function undated(object: AuditedObject): AuditedObject {
  const { apiVersion, kind, namespace, name, uid } = object;
  return { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) };
}

function fixOf(fixes: readonly string[]): string {
  return cut(fixes, mostFixes, (left) => `And ${left} more: each result has its own.`).join('\n');
}

function cut<T>(items: readonly T[], most: number, rest: (left: number) => T): T[] {
  return items.length <= most ? [...items] : [...items.slice(0, most), rest(items.length - most)];
}

/** The reference of a namespace. */
export function namespaceReference(name: string, writtenAt?: string): AuditedObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    namespace: null,
    name,
    ...(writtenAt === undefined ? {} : { writtenAt }),
  };
}

/** The reference of an object as the API server gives it. */
export function referenceOf(object: object, kind: string, apiVersion: string): AuditedObject {
  const metadata = ownMember(object as JsonObject, 'metadata');
  const text = (name: string): string | undefined => {
    const value = isJsonObject(metadata) ? ownMember(metadata, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const [uid, writtenAt] = [text('uid'), lastWriteOf(object)];
  return {
    apiVersion,
    kind,
    namespace: text('namespace') ?? null,
    name: text('name') ?? '',
    ...(uid === undefined ? {} : { uid }),
    ...(writtenAt === undefined ? {} : { writtenAt }),
  };
}
