import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import type { ObjectReading, StoredObjectReader } from '../object-ports.ts';
import type { ApiRequest } from '../registration/configuration-request.ts';
import { displayRbacRule } from '../registration/rbac-rule.ts';
import type { DoctorRemark } from './doctor-check.ts';

/** No question is waited for longer. */
const readMs = 10_000;

/** Reads what the API server has, and knows its time. */
export interface ClusterReader extends StoredObjectReader {
  /** The time that the API server puts on an answer; undefined where it gives none. Rejects when it does not answer. */
  serverTime(signal: AbortSignal): Promise<Date | undefined>;
}

/** Asks once, within its time. */
export function ask(reader: StoredObjectReader, { path }: Pick<ApiRequest, 'path'>): Promise<ObjectReading> {
  return reader.read(path, AbortSignal.timeout(readMs));
}

/** The same for the time. */
export function askTime(reader: ClusterReader): Promise<Date | undefined> {
  return reader.serverTime(AbortSignal.timeout(readMs));
}

/** Why a question has no answer, as a remark: with the right that is missing, where it is one. */
export function unansweredRemark(
  what: string,
  reading: Exclude<ObjectReading, { readonly state: 'read' }>,
  { rule, namespace }: Pick<ApiRequest, 'rule' | 'namespace'>,
): DoctorRemark {
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  switch (reading.state) {
    case 'forbidden':
      return {
        status: 'unknown',
        message: `${what} cannot be read: RBAC refuses it`,
        fix: `Grant ${displayRbacRule(rule)}${where}`,
      };
    case 'missing':
      return { status: 'unknown', message: `${what} cannot be read: there is no such path`, fix: undefined };
    case 'failed':
      return { status: 'unknown', message: `${what} cannot be read: ${reading.problem}`, fix: undefined };
  }
}

/** A member of what was read; undefined for anything that is not there. */
export function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? ownMember(value, name) : undefined;
}

/** A member that is a text; empty for anything else. */
export function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : '';
}

/** The objects in a member that is a list; of anything else none. */
export function objectsOf(value: unknown, name: string): readonly JsonObject[] {
  const member = memberOf(value, name);
  return Array.isArray(member) ? member.filter(isJsonObject) : [];
}
