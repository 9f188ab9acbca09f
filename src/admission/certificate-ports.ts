/**
 * What a serving certificate that the server makes itself needs of a cluster: one Secret that holds it for all replicas, and
 * the webhook configurations that tell the API server which CAs to trust. `kubernetes` implements these.
 */

/** Why a cluster did not do what was asked. The message names what was asked and how to mend it, never a content. */
export interface StoreProblem {
  readonly code: 'missing' | 'forbidden' | 'conflict' | 'unavailable';
  readonly message: string;
}

export type StoreAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: StoreProblem };

/** One version of a Secret. */
export interface SecretVersion {
  readonly resourceVersion: string;
  /** Text by key. */
  readonly entries: Readonly<Record<string, string>>;
  /** The time by the API server’s clock when it answered, if it told. */
  readonly serverTime: Date | undefined;
}

/** One Secret that exists already. */
export interface SecretStore {
  read(signal: AbortSignal): Promise<StoreAnswer<SecretVersion>>;
  /** Sets and, where undefined, removes entries of exactly this version, which was read; any other is a conflict. */
  write(
    version: SecretVersion,
    changes: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<StoreAnswer<SecretVersion>>;
}

/** Which CAs the API server trusts when it calls webhooks: one version of a webhook configuration. */
export interface WebhookTrust {
  readonly resourceVersion: string;
  /** PEM of each `caBundle` by the name of the webhook; empty where there is none. */
  readonly bundles: ReadonlyMap<string, string>;
}

/** The `caBundle` fields of one webhook configuration, which may not exist yet. */
export interface CaBundleStore {
  /** Such as `ValidatingWebhookConfiguration "tenantgate"`. */
  readonly name: string;
  read(signal: AbortSignal): Promise<StoreAnswer<WebhookTrust>>;
  /** Replaces the bundles of the webhooks named, in exactly this version; of any other it is a conflict. */
  write(
    version: WebhookTrust,
    bundles: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<StoreAnswer<WebhookTrust>>;
}
