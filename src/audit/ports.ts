import type { JsonObject } from '../algebra/json-object.ts';
import type { Kind } from '../policy/objects/kinds.ts';

/** Why a kind could not be listed, in whole or in part. `absent`: nothing serves it, so there is nothing to judge. */
export class ListProblem extends Error {
  readonly state: 'absent' | 'forbidden' | 'failed';

  constructor(state: ListProblem['state'], message: string) {
    super(message);
    this.name = 'ListProblem';
    this.state = state;
  }
}

/** Objects of one page, each made when it is asked for, and once. Throws {@link ListProblem} where the rest cannot be had. */
export type Page = Iterable<JsonObject>;

/** Where stored objects come from: an API server, or manifests. */
export interface ObjectSource {
  /** What reports call it: the URL of the API server, or the paths. */
  readonly name: string;
  /**
   * All objects of a kind, page by page, with apiVersion and kind, usually in the order of the API server's keys: by
   * `<namespace>/` and name, bytewise. The next page is on its way while one is taken. Rejects with {@link ListProblem} where
   * the rest of the list cannot be had; the pages before it hold. With a namespace, only what is in it.
   */
  list(kind: Kind, signal: AbortSignal, namespace?: string): AsyncIterable<Page>;
  /** Objects of kinds that no rule judges and posture looks at; the same otherwise. */
  listOther(resource: OtherResource, signal: AbortSignal): AsyncIterable<Page>;
}

/** A resource that is read for posture alone. */
export interface OtherResource {
  readonly apiVersion: 'v1';
  readonly resource: 'nodes' | 'configmaps';
  /** Only in this namespace, and only of this name. */
  readonly only?: { readonly namespace: string; readonly name: string };
}

/** Shares the thread with others: a scan in a server must not keep requests waiting. */
export interface Pace {
  /** Asked between pieces of work; a promise, where it is time to let others have their turn, that resolves after it. */
  pause(): Promise<void> | undefined;
}
