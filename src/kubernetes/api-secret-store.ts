import type { ObjectAddress } from './object-address.ts';
import type { SecretStore, SecretVersion, StoreAnswer } from '../admission/certificate-ports.ts';
import type { ApiServerClient, JsonAnswer } from './api-server-client.ts';
import { property } from './namespace-fact.ts';
import { askStore, type StoreRequest } from './store-request.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** One Secret, read and changed with the verbs `get` and `update` on it and nothing else. */
export class ApiSecretStore implements SecretStore {
  readonly #client: ApiServerClient;
  readonly #path: string;
  readonly #request: Pick<StoreRequest, 'object' | 'remedy' | 'deadlineMs'>;
  /** Each version as it was read: an update sends all of it back. */
  readonly #objects = new WeakMap<SecretVersion, JsonObject>();

  constructor(client: ApiServerClient, { namespace, name }: ObjectAddress, deadlineMs?: number) {
    this.#client = client;
    this.#path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    this.#request = {
      object: `secrets "${name}" in namespace "${namespace}"`,
      remedy: `the Helm chart makes it, or kubectl create secret generic ${name} --namespace ${namespace}`,
      deadlineMs,
    };
  }

  read(signal: AbortSignal): Promise<StoreAnswer<SecretVersion>> {
    return askStore(
      { ...this.#request, verb: 'get', signal },
      (within) => this.#client.getAnswer(this.#path, within),
      (answer) => this.#versionOf(answer),
    );
  }

  write(
    version: SecretVersion,
    changes: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<StoreAnswer<SecretVersion>> {
    const object = this.#objects.get(version);
    if (object === undefined) throw new Error('The version of a Secret that is written was not read from it.');
    const data = new Map(Object.entries(dataOf(object)));
    for (const [key, text] of Object.entries(changes)) {
      if (text === undefined) data.delete(key);
      else data.set(key, Buffer.from(text, 'utf8').toString('base64'));
    }
    // It carries its resourceVersion: the API server answers 409 when that is no longer the stored one.
    const changed = { ...object, data: Object.fromEntries(data) };
    return askStore(
      { ...this.#request, verb: 'update', signal },
      (within) => this.#client.putJson(this.#path, changed, within),
      (answer) => this.#versionOf(answer),
    );
  }

  #versionOf({ value, serverTime }: JsonAnswer): SecretVersion | undefined {
    const resourceVersion = property(property(value, 'metadata'), 'resourceVersion');
    if (property(value, 'kind') !== 'Secret' || typeof resourceVersion !== 'string') return undefined;
    const object = value as JsonObject;
    const entries = Object.entries(dataOf(object)).map(([key, text]) => [key, decode(text)] as const);
    const version = { resourceVersion, entries: Object.fromEntries(entries), serverTime };
    this.#objects.set(version, object);
    return version;
  }
}

function dataOf(object: JsonObject): JsonObject {
  const data = property(object, 'data');
  return typeof data === 'object' && data !== null ? (data as JsonObject) : {};
}

function decode(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}
