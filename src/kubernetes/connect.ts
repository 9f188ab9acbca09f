import type { KubeConfig } from '@kubernetes/client-node';

import type { CaBundleStore, SecretStore } from '../admission/certificate-ports.ts';
import type { EventWriter } from '../admission/event-ports.ts';
import type { ReportApi } from '../audit/reports/report-object.ts';
import type { ReportStore } from '../audit/reports/report-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import { ApiCaBundleStore } from './api-ca-bundle-store.ts';
import { ApiEventWriter } from './api-event-writer.ts';
import { ApiLeaseStore, type LeaseStore } from './lease-store.ts';
import { ApiReportStore } from './api-report-store.ts';
import { ApiSecretStore } from './api-secret-store.ts';
import { ApiServerClient } from './api-server-client.ts';
import { ClusterChanges } from './cluster-changes.ts';
import { LiveFactReader } from './live-fact-reader.ts';
import { LiveObjectReader } from './live-object-reader.ts';
import type { ObjectAddress } from './object-address.ts';
import { NamespaceCache } from './namespace-cache.ts';
import { PagedObjectSource } from './paged-object-source.ts';
import type { RawClient } from './raw-client.ts';

/** Where the cluster is: a kubeconfig file, or the service account of the pod that runs this. */
export type ClusterAddress = { readonly kubeconfig: string } | { readonly kubeconfig: undefined };

/** What a server needs of a cluster. */
export interface ClusterConnection {
  readonly namespaces: NamespaceCache;
  readonly reader: LiveFactReader;
  readonly objects: LiveObjectReader;
}

/** Parsed in about a millisecond: who shares the thread with admission must not keep it waiting. */
const sharedPageBytes = 128 * 1024;

/** Prepares to write Events in a cluster; `instance` names this replica. Throws when the kubeconfig cannot be read. */
export async function connectEventWriter(address: ClusterAddress, instance: string): Promise<EventWriter> {
  return new ApiEventWriter(new ApiServerClient(await kubeConfigOf(address)), instance);
}

/** What a server that audits needs of a cluster. */
export interface AuditConnection {
  /** What reports call the cluster: the URL of the API server. */
  readonly name: string;
  /** For a scan in another thread. */
  readonly client: RawClient;
  /** A source for one scan that shares its thread with admission, so in small pages. */
  scanSource(): PagedObjectSource;
  /** Tells of changes of these kinds, and where some may have been missed. */
  follow(kinds: readonly Kind[], onChange: (namespace: string | undefined) => void, onGap: () => void): ClusterChanges;
  lease(address: ObjectAddress): LeaseStore;
  reports(api: ReportApi): ReportStore;
}

/** As {@link connectEventWriter}, for audits. */
export async function connectAuditor(address: ClusterAddress, log: OperationLog): Promise<AuditConnection> {
  const kubeConfig = await kubeConfigOf(address);
  const client = new ApiServerClient(kubeConfig);
  const scanSource = () => objectSourceOf(kubeConfig, client, sharedPageBytes);
  return {
    name: nameOf(kubeConfig),
    client,
    scanSource,
    follow: (kinds, onChange, onGap) =>
      new ClusterChanges({
        client,
        log,
        collections: (signal) => scanSource().collections(kinds, signal),
        onChange,
        onGap,
      }),
    lease: (lease) => new ApiLeaseStore(client, lease),
    reports: (api) => new ApiReportStore(client, api),
  };
}

/** Where a certificate that the server makes itself is kept and made known. */
export interface CertificateStores {
  readonly secret: SecretStore;
  readonly bundles: readonly CaBundleStore[];
}

/** Prepares a connection; nothing is asked of the API server yet. Throws when the kubeconfig cannot be read. */
export async function connectCluster(address: ClusterAddress, log: OperationLog): Promise<ClusterConnection> {
  const kubeConfig = await kubeConfigOf(address);
  const client = new ApiServerClient(kubeConfig);
  return {
    namespaces: new NamespaceCache({ client, log }),
    reader: new LiveFactReader(client),
    objects: new LiveObjectReader(client),
  };
}

/** As {@link connectCluster}, for one Secret and the webhook configurations of both kinds that have this name. */
export async function connectCertificateStores(
  address: ClusterAddress,
  { secret, webhookConfiguration }: { readonly secret: ObjectAddress; readonly webhookConfiguration: string },
): Promise<CertificateStores> {
  const client = new ApiServerClient(await kubeConfigOf(address));
  return {
    secret: new ApiSecretStore(client, secret),
    bundles: [
      new ApiCaBundleStore(client, 'ValidatingWebhookConfiguration', webhookConfiguration),
      new ApiCaBundleStore(client, 'MutatingWebhookConfiguration', webhookConfiguration),
    ],
  };
}

/**
 * Prepares to read a cluster as a person does: by the kubeconfig that is given, else by the one that kubectl would take
 * (`KUBECONFIG`, then `~/.kube/config`), else as the pod that this runs in. Throws when it cannot be read.
 */
export async function openCluster(kubeconfig: string | undefined): Promise<LiveObjectReader> {
  return new LiveObjectReader(new ApiServerClient(await defaultKubeConfig(kubeconfig)));
}

/** As {@link openCluster}, for a scan. */
export async function openObjectSource(kubeconfig: string | undefined): Promise<PagedObjectSource> {
  const kubeConfig = await defaultKubeConfig(kubeconfig);
  return objectSourceOf(kubeConfig, new ApiServerClient(kubeConfig));
}

/** A source for one scan; `pageBytes` is as in {@link PagedObjectSourceOptions}. */
function objectSourceOf(kubeConfig: KubeConfig, client: ApiServerClient, pageBytes?: number): PagedObjectSource {
  return new PagedObjectSource({ client, name: nameOf(kubeConfig), ...(pageBytes === undefined ? {} : { pageBytes }) });
}

function nameOf(kubeConfig: KubeConfig): string {
  return kubeConfig.getCurrentCluster()?.server ?? '';
}

async function defaultKubeConfig(kubeconfig: string | undefined): Promise<KubeConfig> {
  const kubeConfig = await emptyKubeConfig();
  if (kubeconfig === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(kubeconfig);
  return kubeConfig;
}

async function kubeConfigOf(address: ClusterAddress): Promise<KubeConfig> {
  const kubeConfig = await emptyKubeConfig();
  if (address.kubeconfig === undefined) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromFile(address.kubeconfig);
  return kubeConfig;
}

/** The client library is loaded here and not at import: it is large, and commands without a cluster do without it. */
async function emptyKubeConfig(): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  return new KubeConfig();
}
