import { createHash } from 'node:crypto';

import type { EventAnswer, EventWriter, ViolationEvent } from '../admission/event-ports.ts';
import { isJsonObject, ownMember } from '../algebra/json-object.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { microTime } from './micro-time.ts';

/** Bounds of Event, events.k8s.io/v1: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
const longestNoteBytes = 1_024;
const longestInstance = 128;

const reportingController = 'tenantgate.dev/admission';

/** Somebody else may add to the same Event at the same time. */
const mostTries = 3;

/**
 * Writes Events of events.k8s.io/v1. Rule, object and text give an Event its name, so that all replicas, and a server
 * that was started anew, add to the same one. Needs the verbs `create`, `get` and `update` on events.
 */
export class ApiEventWriter implements EventWriter {
  readonly #client: ApiServerClient;
  readonly #instance: string;

  /** `instance` names this replica. */
  constructor(client: ApiServerClient, instance: string) {
    this.#client = client;
    this.#instance = instance.slice(0, longestInstance);
  }

  async write(event: ViolationEvent, signal: AbortSignal): Promise<EventAnswer> {
    const place = placeOf(event);
    try {
      if (event.isFirst && (await this.#create(place, event, signal))) return { state: 'written' };
      return await this.#add(place, event, signal);
    } catch (error) {
      return answerOf(error, signal);
    }
  }

  /** False where it is there already. */
  async #create({ namespace, name }: Place, event: ViolationEvent, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.postJson(collection(namespace), this.#objectOf(namespace, name, event), signal);
      return true;
    } catch (error) {
      if (hasStatus(error, 409)) return false;
      throw error;
    }
  }

  async #add(place: Place, event: ViolationEvent, signal: AbortSignal): Promise<EventAnswer> {
    const path = `${collection(place.namespace)}/${place.name}`;
    for (let tries = 1; ; tries += 1) {
      try {
        const stored = await this.#client.getJson(path, signal);
        if (!isJsonObject(stored)) return { state: 'refused', problem: 'a stored Event cannot be read' };
        const series = { count: countOf(stored) + event.count, lastObservedTime: microTime(event.lastObserved) };
        await this.#client.putJson(path, { ...stored, series }, signal);
        return { state: 'written' };
      } catch (error) {
        // Events do not live long.
        if (hasStatus(error, 404) && (await this.#create(place, event, signal))) return { state: 'written' };
        if (tries === mostTries || !(hasStatus(error, 409) || hasStatus(error, 404))) throw error;
      }
    }
  }

  #objectOf(
    namespace: string,
    name: string,
    { violation, count, firstObserved, lastObserved }: ViolationEvent,
  ): object {
    const { apiVersion, kind, namespace: ofObject, name: regarded, uid } = violation.object;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'tenantgate' } },
      eventTime: microTime(firstObserved),
      reportingController,
      reportingInstance: this.#instance,
      action: 'Admit',
      reason: 'PolicyViolation',
      type: 'Warning',
      regarding: {
        apiVersion,
        kind,
        name: regarded,
        ...(ofObject === '' ? {} : { namespace: ofObject }),
        ...(uid === '' ? {} : { uid }),
      },
      note: cutBytes(violation.note, longestNoteBytes),
      ...(count > 1 ? { series: { count, lastObservedTime: microTime(lastObserved) } } : {}),
    };
  }
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Events of what is in no namespace are in `default`: the API server takes them nowhere else. */
function placeOf({ violation: { object, rule, note } }: ViolationEvent): Place {
  const { apiVersion, kind, namespace, name } = object;
  const identity = JSON.stringify([rule, apiVersion, kind, namespace, name, note]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 24);
  return { namespace: namespace === '' ? 'default' : namespace, name: `tenantgate-${hash}` };
}

function collection(namespace: string): string {
  return `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}

/** An Event without a series was seen once. */
function countOf(stored: object): number {
  const series = ownMember(stored as Readonly<Record<string, unknown>>, 'series');
  const count = isJsonObject(series) ? ownMember(series, 'count') : undefined;
  return typeof count === 'number' ? count : 1;
}

/** At most so many bytes of UTF-8, and no half a character. */
function cutBytes(text: string, longest: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longest) return text;
  const kept = new TextDecoder().decode(bytes.subarray(0, longest - Buffer.byteLength('…')), { stream: true });
  return `${kept}…`;
}

function hasStatus(error: unknown, statusCode: number): boolean {
  return error instanceof ApiServerError && error.statusCode === statusCode;
}

/** An API server that says no says it of this Event: its namespace ends, is gone, or may not be written to. */
function answerOf(error: unknown, signal: AbortSignal): EventAnswer {
  const problem = error instanceof Error ? error.message : String(error);
  const isRefused = error instanceof ApiServerError && error.statusCode >= 400 && error.statusCode < 500;
  const isBusy = hasStatus(error, 429);
  return { state: isRefused && !isBusy && !signal.aborted ? 'refused' : 'unavailable', problem };
}
