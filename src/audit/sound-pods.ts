import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import type { PodTemplateFact } from '../policy/facts.ts';
import { podTemplateFactOf } from '../policy/objects/container-ports.ts';
import { PodView } from '../policy/objects/pod-view.ts';
import { isSameButName } from '../policy/same-content.ts';
import type { StoredObject } from './stored-object.ts';

/** Pods with one spec that differ in their metadata; more of them are not worth looking through. */
const mostOfSpec = 4;

interface SoundPod {
  readonly value: JsonObject;
  /** Once there was a replica. */
  fact?: PodTemplateFact;
}

/**
 * The Pods of one namespace in which nothing was found. No rule asks for the name of a Pod, so nothing will be found in their
 * replicas either: those whose source gave them the very same spec, and that have the same labels, annotations and owner.
 */
export class SoundPods {
  readonly #bySpec = new Map<object, SoundPod[]>();

  /** Takes an object in that is read and judged. */
  add(stored: StoredObject): void {
    const spec = podSpecOf(stored);
    if (spec === undefined) return;
    const known = this.#bySpec.get(spec) ?? [];
    if (known.length >= mostOfSpec) return;
    known.push({ value: stored.value });
    this.#bySpec.set(spec, known);
  }

  /** What is known of a Pod by one that it is a replica of, if it is one. */
  originalOf(stored: StoredObject): PodTemplateFact | undefined {
    const spec = podSpecOf(stored);
    if (spec === undefined) return undefined;
    const original = this.#bySpec.get(spec)?.find(({ value }) => isSameButName(value, stored.value));
    if (original === undefined) return undefined;
    original.fact ??= podTemplateFactOf(new PodView(original.value, ''));
    return original.fact;
  }
}

function podSpecOf({ kind, value }: StoredObject): JsonObject | undefined {
  const spec = kind === 'Pod' ? ownMember(value, 'spec') : undefined;
  return isJsonObject(spec) ? spec : undefined;
}
