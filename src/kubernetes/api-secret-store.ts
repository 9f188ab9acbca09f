import type { SecretStore, SecretVersion, StoreAnswer } from '../admission/certificate-ports.ts';
import type { ApiServerClient, JsonAnswer } from './api-server-client.ts';
import { property } from './namespace-fact.ts';
import { askStore, type StoreRequest } from './store-request.ts';

export interface SecretAddress {
  readonly namespace: string;
  readonly name: string;
}

/** One Secret, read and changed with the verbs `get` and `patch` on it and nothing else. */
export class ApiSecretStore implements SecretStore {
  readonly #client: ApiServerClient;
  readonly #path: string;
  readonly #request: Pick<StoreRequest, 'object' | 'remedy' | 'deadlineMs'>;

  constructor(client: ApiServerClient, { namespace, name }: SecretAddress, deadlineMs?: number) {
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
      secretOf,
    );
  }

  write(
    { resourceVersion }: SecretVersion,
    changes: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<StoreAnswer<SecretVersion>> {
    const data = Object.entries(changes).map(([key, text]) => [key, text === undefined ? null : encode(text)] as const);
    // A resourceVersion in a patch makes it one of this version only: the API server answers 409 to any other.
    const patch = { metadata: { resourceVersion }, data: Object.fromEntries(data) };
    return askStore(
      { ...this.#request, verb: 'patch', signal },
      (within) => this.#client.patchJson(this.#path, 'application/merge-patch+json', patch, within),
      secretOf,
    );
  }
}

function secretOf({ value, serverTime }: JsonAnswer): SecretVersion | undefined {
  const resourceVersion = property(property(value, 'metadata'), 'resourceVersion');
  if (property(value, 'kind') !== 'Secret' || typeof resourceVersion !== 'string') return undefined;
  const data = property(value, 'data') ?? {};
  const entries = Object.entries(data as Readonly<Record<string, unknown>>).map(
    ([key, text]) => [key, decode(text)] as const,
  );
  return { resourceVersion, entries: Object.fromEntries(entries), serverTime };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function decode(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}
