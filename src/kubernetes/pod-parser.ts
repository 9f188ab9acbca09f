import { isJsonObject } from '../algebra/json-object.ts';
import { fieldSets, parseObjects, parseText, startOf, textWithout } from './object-text.ts';
import { ReplicaSpec } from './replica-spec.ts';

const specKey = '"spec":';
const specStart = Buffer.from(`${specKey}{`);
const statusStart = Buffer.from(',"status":{');
/** Stands where the spec stood while the rest is parsed. */
const mark = 'tenantgate.dev/spec';
/** Lists of a status that nobody reads, in the API server's order; the second is the end of three keys. */
const unreadLists: readonly Buffer[] = [startOf('"conditions', '['), startOf('ontainerStatuses', '[')];

/**
 * Parses Pods. Most are replicas, and come one after the other, so most of what is read is one spec again and again: it is
 * parsed once, and they share it. Of the status only what is read is kept.
 */
export class PodParser {
  #last: ReplicaSpec | undefined;

  /** Throws for what is no JSON. */
  parse(json: Buffer): unknown {
    return this.#parseShared(json) ?? parseObjects(json);
  }

  /**
   * Takes a Pod apart by the keys of the API server's order. Whether they are the keys that are meant shows when the parts
   * are parsed: each is JSON only where it is whole. Undefined where it is written in another way.
   */
  #parseShared(json: Buffer): unknown {
    const key = json.indexOf(specStart);
    const specEnd = key === -1 ? -1 : json.indexOf(statusStart, key);
    if (specEnd === -1) return undefined;
    const specBegin = key + specKey.length;
    const metadata = textWithout(json.subarray(0, specBegin), fieldSets);
    const status = textWithout(json.subarray(specEnd), unreadLists);
    try {
      const spec = this.#specOf(json.subarray(specBegin, specEnd));
      const pod = parseText(`${metadata}"${mark}"${status}`, json);
      return isJsonObject(pod) && pod['spec'] === mark ? Object.assign(pod, { spec }) : undefined;
    } catch {
      return undefined;
    }
  }

  #specOf(json: Buffer): unknown {
    if (this.#last?.isLike(json) !== true) this.#last = new ReplicaSpec(json, (text) => parseText(text, json));
    return this.#last.spec;
  }
}
