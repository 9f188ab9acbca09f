import type { Fault } from '../algebra/fault.ts';
import { kindOf, kinds, type Kind, type JudgedObject } from '../policy/objects/kinds.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { Operation, Subject } from '../policy/subject.ts';
import { principalOf } from '../tenancy/principal.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { AdmissionRequest } from './review-schema.ts';

/** What a request asks to judge. */
export type RequestSubject =
  /** No rule judges this kind or this operation, such as CONNECT or a Scale. */
  | { readonly state: 'not-judged' }
  | { readonly state: 'judged'; readonly subject: Subject }
  /** The kind is judged, but the object cannot be read. */
  | {
      readonly state: 'unreadable';
      readonly kind: Kind;
      readonly operation: Operation;
      readonly faults: readonly Fault[];
    };

/**
 * Reads the subject of a request. What counts is the kind of the body, not the path it came by: `pods/ephemeralcontainers`,
 * `namespaces/finalize` and every later subresource that carries the object are judged like the object itself.
 */
export function subjectOfRequest(request: AdmissionRequest, tenancy: Tenancy, read: ObjectReader): RequestSubject {
  const kind = kindOf(request.kind.group, request.kind.kind);
  const { operation } = request;
  if (kind === undefined || operation === 'CONNECT') return { state: 'not-judged' };
  const isDelete = operation === 'DELETE';
  const current = read(kind, isDelete ? request.oldObject : request.object);
  if (!current.ok) {
    return { state: 'unreadable', kind, operation, faults: rename(current.faults, isDelete ? 'oldObject' : 'object') };
  }
  const old = operation === 'UPDATE' ? read(kind, request.oldObject) : current;
  if (!old.ok) return { state: 'unreadable', kind, operation, faults: rename(old.faults, 'oldObject') };
  const subject = { kind, operation, object: current.value, old: operation === 'CREATE' ? undefined : old.value };
  return { state: 'judged', subject: { ...subject, ...placeOf(request, kind, current.value, tenancy) } };
}

/** What the request says around the object: version, namespace, name and who asks. */
function placeOf(request: AdmissionRequest, kind: Kind, object: JudgedObject, tenancy: Tenancy) {
  const { group, version } = request.kind;
  const { username, groups } = request.userInfo;
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    subresource: nonEmpty(request.subResource),
    namespace: kinds[kind].namespaced ? (request.namespace ?? '') : undefined,
    name: nameOf(request, object),
    principal: principalOf(tenancy, { username: username ?? '', groups: groups ?? [] }),
  };
}

/** The object as a whole has no field path; say which of the two it is. */
function rename(faults: readonly Fault[], whole: string): readonly Fault[] {
  return faults.map((fault) => (fault.field === '' ? { ...fault, field: whole } : fault));
}

/**
 * Items of a deletecollection have an empty request.name: the object knows. A name that is still to be generated is shown
 * as `web-*`, which no list of names can mean by mistake.
 */
function nameOf(request: AdmissionRequest, object: JudgedObject): string {
  const { name, generateName } = object.metadata ?? {};
  return nonEmpty(request.name) ?? nonEmpty(name) ?? `${generateName ?? ''}*`;
}

function nonEmpty(text: string | null | undefined): string | undefined {
  return text === undefined || text === null || text === '' ? undefined : text;
}
