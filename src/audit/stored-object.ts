import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { AuditedObject } from './audit-report.ts';
import { lastWriteOf } from './posture/last-write.ts';

/** A stored object with what tells it apart, whatever else is wrong with it. */
export interface StoredObject {
  readonly kind: Kind;
  readonly apiVersion: string;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
  readonly value: JsonObject;
}

/** Reads who an object is. */
export function storedObjectOf(kind: Kind, value: JsonObject): StoredObject {
  const metadata = metadataOf(value);
  return {
    kind,
    apiVersion: textIn(value, 'apiVersion') ?? '',
    namespace: kinds[kind].namespaced ? (textIn(metadata, 'namespace') ?? '') : undefined,
    name: textIn(metadata, 'name') ?? `${textIn(metadata, 'generateName') ?? ''}*`,
    uid: textIn(metadata, 'uid'),
    value,
  };
}

/** Names the object as reports do. */
export function referenceOf({ kind, apiVersion, namespace, name, uid, value }: StoredObject): AuditedObject {
  const writtenAt = lastWriteOf(value);
  return {
    apiVersion,
    kind: wireKindOf(kind),
    namespace: namespace ?? null,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(writtenAt === undefined ? {} : { writtenAt }),
  };
}

/** The kind as the API server calls it. */
export function wireKindOf(kind: Kind): string {
  return kinds[kind].kind ?? kind;
}

/** What an owner reference says of the controller that made an object. */
export interface ControllerReference {
  readonly kind: string;
  readonly name: string;
  readonly uid: string | undefined;
}

/** The controller that made the object: metav1.GetControllerOf. */
export function controllerOf({ value }: StoredObject): ControllerReference | undefined {
  const owners = ownMember(metadataOf(value), 'ownerReferences');
  if (!Array.isArray(owners)) return undefined;
  const owner = owners.filter(isJsonObject).find((one) => ownMember(one, 'controller') === true);
  if (owner === undefined) return undefined;
  return { kind: textIn(owner, 'kind') ?? '', name: textIn(owner, 'name') ?? '', uid: textIn(owner, 'uid') };
}

function metadataOf(value: JsonObject): JsonObject {
  const metadata = ownMember(value, 'metadata');
  return isJsonObject(metadata) ? metadata : {};
}

function textIn(object: JsonObject, name: string): string | undefined {
  const text = ownMember(object, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
