import { isDeepStrictEqual } from 'node:util';

import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { managedBy, reportKinds, type ReportApi, type ReportObject } from '../audit/reports/report-object.ts';
import type { ReportsStored, ReportStore } from '../audit/reports/report-ports.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';

/** A page of reports as large as they get must fit into what is read of one answer. */
const pageLimit = 20;
/** Longer than an API server takes when it is well. */
const requestMs = 10_000;

interface Stored {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isAsWanted: boolean;
}

interface Counts {
  created: number;
  updated: number;
  deleted: number;
  unchanged: number;
  readonly problems: string[];
}

/**
 * Reports in a cluster, told from those of others by their label. Needs the verbs `list`, `create`, `update` and `delete` on
 * the reports of the API, in all namespaces.
 */
export class ApiReportStore implements ReportStore {
  readonly #client: ApiServerClient;
  readonly #kinds: (typeof reportKinds)[ReportApi];

  constructor(client: ApiServerClient, api: ReportApi) {
    this.#client = client;
    this.#kinds = reportKinds[api];
  }

  async store(wanted: readonly ReportObject[], signal: AbortSignal): Promise<ReportsStored> {
    const wantedByPath = new Map(wanted.map((report) => [this.#pathOf(report), report]));
    const stored = new Map<string, Stored>();
    try {
      for (const { resource } of [this.#kinds.cluster, this.#kinds.namespaced])
        await this.#list(resource, wantedByPath, stored, signal);
    } catch (error) {
      return hasStatus(error, 404) ? { state: 'absent' } : { state: 'failed', problem: textOf(error) };
    }
    const counts: Counts = { created: 0, updated: 0, deleted: 0, unchanged: 0, problems: [] };
    for (const [path, report] of wantedByPath)
      await attempt(counts, () => this.#write(path, report, stored.get(path), counts, signal));
    for (const [path, { uid }] of stored) {
      if (!wantedByPath.has(path)) await attempt(counts, () => this.#delete(path, uid, counts, signal));
    }
    return { state: 'stored', ...counts };
  }

  /** Reads ours page by page; of each only what is needed to change it is kept. */
  async #list(
    resource: string,
    wanted: ReadonlyMap<string, ReportObject>,
    stored: Map<string, Stored>,
    signal: AbortSignal,
  ): Promise<void> {
    const [[label, value] = ['', '']] = Object.entries(managedBy);
    let token = '';
    do {
      const query = new URLSearchParams({ labelSelector: `${label}=${value}`, limit: String(pageLimit) });
      if (token !== '') query.set('continue', token);
      const path = `/apis/${this.#kinds.apiVersion}/${resource}?${query.toString()}`;
      const page = await this.#client.getJson(path, within(signal));
      if (!isJsonObject(page)) throw new Error(`the list of ${resource} cannot be read`);
      const items = ownMember(page, 'items');
      for (const item of Array.isArray(items) ? items.filter(isJsonObject) : []) {
        const place = this.#pathIn(resource, metadataOf(item));
        stored.set(place, storedOf(item, wanted.get(place)));
      }
      token = textIn(metadataOf(page), 'continue');
    } while (token !== '');
  }

  async #write(
    path: string,
    report: ReportObject,
    stored: Stored | undefined,
    counts: Counts,
    signal: AbortSignal,
  ): Promise<void> {
    if (stored?.isAsWanted === true) {
      counts.unchanged += 1;
    } else if (stored === undefined) {
      await this.#client.postJson(path.slice(0, path.lastIndexOf('/')), report, within(signal));
      counts.created += 1;
    } else {
      const { resourceVersion } = stored;
      const changed = { ...report, metadata: { ...report.metadata, resourceVersion } };
      await this.#client.putJson(path, changed, within(signal));
      counts.updated += 1;
    }
  }

  async #delete(path: string, uid: string, counts: Counts, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.deleteObject(path, { uid }, within(signal));
      counts.deleted += 1;
    } catch (error) {
      // Its namespace may have gone meanwhile, and it with it.
      if (!hasStatus(error, 404)) throw error;
    }
  }

  #pathOf({ metadata }: ReportObject): string {
    const { resource } = metadata.namespace === undefined ? this.#kinds.cluster : this.#kinds.namespaced;
    return this.#pathIn(resource, metadata);
  }

  #pathIn(resource: string, metadata: JsonObject): string {
    const namespace = textIn(metadata, 'namespace');
    const place = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    return `/apis/${this.#kinds.apiVersion}${place}/${resource}/${encodeURIComponent(textIn(metadata, 'name'))}`;
  }
}

/** One that fails keeps no other from being written. */
async function attempt(counts: Counts, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    counts.problems.push(textOf(error));
  }
}

function storedOf(item: JsonObject, wanted: ReportObject | undefined): Stored {
  const metadata = metadataOf(item);
  return {
    uid: textIn(metadata, 'uid'),
    resourceVersion: textIn(metadata, 'resourceVersion'),
    isAsWanted: wanted !== undefined && isDeepStrictEqual(contentOf(item), contentOf(wanted)),
  };
}

/** All that a report says; what the API server and others write beside it is left out. */
function contentOf(report: JsonObject): JsonObject {
  const beside = ['apiVersion', 'kind', 'metadata'];
  return Object.fromEntries(Object.entries(report).filter(([member]) => !beside.includes(member)));
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = ownMember(object, 'metadata');
  return isJsonObject(metadata) ? metadata : {};
}

function textIn(object: JsonObject, name: string): string {
  const value = ownMember(object, name);
  return typeof value === 'string' ? value : '';
}

function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
}

function hasStatus(error: unknown, statusCode: number): boolean {
  return error instanceof ApiServerError && error.statusCode === statusCode;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
