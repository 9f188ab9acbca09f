import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { AuditedObject } from './audit-report.ts';

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
export function referenceOf({ kind, apiVersion, namespace, name, uid }: StoredObject): AuditedObject {
  const named = { apiVersion, kind: wireKindOf(kind), namespace: namespace ?? null, name };
  return uid === undefined ? named : { ...named, uid };
}

/** The kind as the API server calls it. */
export function wireKindOf(kind: Kind): string {
  return kinds[kind].kind ?? kind;
}

/** A kind as reports name what is listed, such as `helmreleases.helm.toolkit.fluxcd.io`. */
export function resourceNameOf(kind: Kind): string {
  const { group, resource } = kinds[kind];
  return group === '' ? resource : `${resource}.${group}`;
}

/**
 * When an object was last written, as RFC 3339, its status left out: the last of its managedFields, else its creation.
 * Undefined where neither tells, as in manifests.
 */
export function writtenAtOf({ value }: StoredObject): string | undefined {
  const metadata = metadataOf(value);
  const managed = ownMember(metadata, 'managedFields');
  const writes = (Array.isArray(managed) ? managed : [])
    .filter(isJsonObject)
    .filter((entry) => ownMember(entry, 'subresource') !== 'status')
    .map((entry) => textIn(entry, 'time'));
  const instants = [textIn(metadata, 'creationTimestamp'), ...writes].filter((text) => isInstant(text));
  return instants.sort().at(-1);
}

/** As the API server writes times: in UTC and whole seconds, so that texts compare as the instants do. */
function isInstant(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text);
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
