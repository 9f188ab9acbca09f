import type { ClusterReader } from '../admission/doctor/cluster-question.ts';
import type { ObjectReading } from '../admission/object-ports.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';

/** Reads stored objects from the API server, each when it is asked for, and tells apart why one cannot be had. */
export class LiveObjectReader implements ClusterReader {
  readonly #client: ApiServerClient;

  constructor(client: ApiServerClient) {
    this.#client = client;
  }

  async read(path: string, signal: AbortSignal): Promise<ObjectReading> {
    try {
      return { state: 'read', object: await this.#client.getJson(path, signal) };
    } catch (error) {
      if (error instanceof ApiServerError && error.statusCode === 404) return { state: 'missing' };
      if (error instanceof ApiServerError && error.statusCode === 403) return { state: 'forbidden' };
      return { state: 'failed', problem: problemOf(error, path) };
    }
  }

  serverTime(signal: AbortSignal): Promise<Date | undefined> {
    return this.#client.readTime('/version', signal);
  }
}

function problemOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const isLate = error.name === 'TimeoutError' || error.name === 'AbortError';
  return isLate ? `the API server did not answer GET ${path} in time` : error.message;
}
