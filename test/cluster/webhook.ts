import { type Cluster, type KubernetesObject } from './cluster.ts';
import { base64 } from './credentials.ts';
import { expectSuccess, type KubectlOutcome } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

export interface WebhookRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | '*')[];
  readonly resources: readonly string[];
  readonly scope?: 'Namespaced' | 'Cluster' | '*';
}

export interface WebhookEntry {
  /** Fully qualified, such as `validate.tenantgate.dev`: it stands in kubectl's message. */
  readonly name: string;
  /** Decides the kind of configuration that the entry goes into. */
  readonly path: '/validate' | '/mutate';
  readonly rules: readonly WebhookRule[];
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly failurePolicy?: 'Fail' | 'Ignore';
  readonly timeoutSeconds?: number;
}

export type WebhookEndpoint =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } };

export interface WebhookRegistration {
  /** Of both configurations. */
  readonly name: string;
  readonly endpoint: WebhookEndpoint;
  /** PEM of the authority that signed the webhook's certificate; undefined where another writes it. */
  readonly caBundle: string | undefined;
  readonly entries: readonly WebhookEntry[];
}

/** A request, always sent as a dry run, whose outcome shows whether the API server uses a configuration already. */
export interface WebhookProbe {
  readonly object: KubernetesObject;
  readonly as?: string;
  readonly asGroups?: readonly string[];
  /** `refused` means: by an admission webhook, not by anything else. */
  readonly until: 'admitted' | 'refused' | ((outcome: KubectlOutcome) => boolean);
}

const PROPAGATION_TIMEOUT_MS = 20_000;

/** The ValidatingWebhookConfiguration and the MutatingWebhookConfiguration of the entries; one without entries is left out. */
export function webhookConfigurations(registration: WebhookRegistration): readonly KubernetesObject[] {
  const configuration = (kind: string, path: WebhookEntry['path'], more: object): KubernetesObject => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: registration.name },
    webhooks: registration.entries
      .filter((entry) => entry.path === path)
      .map((entry) => ({ ...webhook(entry, registration), ...more })),
  });
  const paths = new Set(registration.entries.map(({ path }) => path));
  return [
    ...(paths.has('/validate') ? [configuration('ValidatingWebhookConfiguration', '/validate', {})] : []),
    ...(paths.has('/mutate')
      ? [configuration('MutatingWebhookConfiguration', '/mutate', { reinvocationPolicy: 'IfNeeded' })]
      : []),
  ];
}

/** Applies the configurations and waits until each probe shows that the API server acts on them. */
export async function registerWebhooks(
  cluster: Cluster,
  registration: WebhookRegistration,
  probes: readonly WebhookProbe[],
): Promise<void> {
  expectSuccess(await cluster.apply(webhookConfigurations(registration)));
  for (const probe of probes) await untilProbed(cluster, probe);
}

/** Removes what `registerWebhooks` has applied; the probes show when the API server has stopped calling. */
export async function removeWebhooks(
  cluster: Cluster,
  name: string,
  probes: readonly WebhookProbe[] = [],
): Promise<void> {
  const kinds = 'validatingwebhookconfigurations,mutatingwebhookconfigurations';
  expectSuccess(await cluster.kubectl(['delete', kinds, name, '--ignore-not-found']));
  for (const probe of probes) await untilProbed(cluster, probe);
}

/**
 * Lets the API server reach a port of this machine as a Service: it dials the external name of an ExternalName Service with
 * the port of `clientConfig.service`, and verifies the certificate for `<name>.<namespace>.svc`.
 */
export async function exposeAsService(
  cluster: Cluster,
  { namespace, name, port }: { readonly namespace: string; readonly name: string; readonly port: number },
): Promise<void> {
  const objects: readonly KubernetesObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, protocol: 'TCP' }] },
    },
  ];
  expectSuccess(await cluster.apply(objects, { serverSide: true }));
}

function webhook(entry: WebhookEntry, { endpoint, caBundle }: WebhookRegistration): object {
  const { path, ...rest } = entry;
  const target =
    'url' in endpoint ? { url: new URL(path, endpoint.url).href } : { service: { ...endpoint.service, path } };
  return {
    failurePolicy: 'Fail',
    timeoutSeconds: 10,
    ...rest,
    clientConfig: { ...target, ...(caBundle === undefined ? {} : { caBundle: base64(caBundle) }) },
    admissionReviewVersions: ['v1'],
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
  };
}

async function untilProbed(cluster: Cluster, { object, until, ...user }: WebhookProbe): Promise<void> {
  let last: KubectlOutcome | undefined;
  const isSeen = async (): Promise<boolean> => {
    last = await cluster.kubectl(['create', '--dry-run=server', '--output=json', '--filename=-'], {
      ...user,
      stdin: JSON.stringify(object),
    });
    if (typeof until === 'function') return until(last);
    return until === 'admitted' ? last.code === 0 : isRefusedByWebhook(last);
  };
  try {
    await waitFor('the API server to use the webhooks', isSeen, { timeoutMs: PROPAGATION_TIMEOUT_MS });
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; the last probe: ${last?.stderr ?? ''}${last?.stdout ?? ''}`, {
      cause,
    });
  }
}

function isRefusedByWebhook({ code, stderr }: KubectlOutcome): boolean {
  return code !== 0 && /admission webhook "[^"]+" denied the request/.test(stderr);
}
