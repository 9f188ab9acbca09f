import type { CaBundleStore, StoreAnswer, WebhookTrust } from '../admission/certificate-ports.ts';
import type { ApiServerClient, JsonAnswer } from './api-server-client.ts';
import { property } from './namespace-fact.ts';
import { askStore, type StoreRequest } from './store-request.ts';

export type WebhookConfigurationKind = 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration';

const resources = {
  ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
} as const satisfies Readonly<Record<WebhookConfigurationKind, string>>;

/** The `caBundle` fields of one webhook configuration, with the verbs `get` and `patch` on it and nothing else. */
export class ApiCaBundleStore implements CaBundleStore {
  readonly name: string;
  readonly #client: ApiServerClient;
  readonly #path: string;
  readonly #request: Pick<StoreRequest, 'object' | 'remedy' | 'deadlineMs'>;

  constructor(client: ApiServerClient, kind: WebhookConfigurationKind, name: string, deadlineMs?: number) {
    this.name = `${kind} "${name}"`;
    this.#client = client;
    this.#path = `/apis/admissionregistration.k8s.io/v1/${resources[kind]}/${encodeURIComponent(name)}`;
    this.#request = { object: `${resources[kind]} "${name}"`, remedy: 'the Helm chart makes it', deadlineMs };
  }

  read(signal: AbortSignal): Promise<StoreAnswer<WebhookTrust>> {
    return askStore(
      { ...this.#request, verb: 'get', signal },
      (within) => this.#client.getAnswer(this.#path, within),
      trustOf,
    );
  }

  write(
    { resourceVersion }: WebhookTrust,
    bundles: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<StoreAnswer<WebhookTrust>> {
    const webhooks = [...bundles].map(([name, pem]) => ({ name, clientConfig: { caBundle: encode(pem) } }));
    // Webhooks are merged by name, so nothing else of them is written; any other resourceVersion is answered with 409.
    const patch = { metadata: { resourceVersion }, webhooks };
    return askStore(
      { ...this.#request, verb: 'patch', signal },
      (within) => this.#client.patchJson(this.#path, patch, within),
      trustOf,
    );
  }
}

function trustOf({ value }: JsonAnswer): WebhookTrust | undefined {
  const resourceVersion = property(property(value, 'metadata'), 'resourceVersion');
  const webhooks = property(value, 'webhooks') ?? [];
  if (typeof resourceVersion !== 'string' || !Array.isArray(webhooks)) return undefined;
  const bundles = (webhooks as readonly unknown[]).map((webhook) => {
    const caBundle = property(property(webhook, 'clientConfig'), 'caBundle');
    return [String(property(webhook, 'name')), typeof caBundle === 'string' ? decode(caBundle) : ''] as const;
  });
  return { resourceVersion, bundles: new Map(bundles) };
}

function encode(pem: string): string {
  return Buffer.from(pem, 'latin1').toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}
