import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { isInstant, latest } from './instant.ts';

/**
 * When the object was last written, its status and other subresources apart: by its managedFields, or else when it was made.
 * Undefined where it says neither, as a manifest does. What is wrong in it came no later.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function lastWriteOf(object: object): string | undefined {
  const metadata = ownMember(object as JsonObject, 'metadata');
  if (!isJsonObject(metadata)) return undefined;
  const entries = ownMember(metadata, 'managedFields');
  const times = (Array.isArray(entries) ? (entries as readonly unknown[]) : []).map(timeOfWrite);
  return latest([...times, ownMember(metadata, 'creationTimestamp')].filter(isInstant));
}

function timeOfWrite(entry: unknown): unknown {
  if (!isJsonObject(entry) || (ownMember(entry, 'subresource') ?? '') !== '') return undefined;
  return ownMember(entry, 'time');
}
