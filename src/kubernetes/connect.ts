import type { KubeConfig } from '@kubernetes/client-node';

import type { OperationLog } from '../admission/telemetry-ports.ts';
import { ApiServerClient } from './api-server-client.ts';
import { LiveFactReader } from './live-fact-reader.ts';
import { LiveObjectReader } from './live-object-reader.ts';
import { NamespaceCache } from './namespace-cache.ts';

/** Where the cluster is: a kubeconfig file, or the service account of the pod that runs this. */
export type ClusterAddress = { readonly kubeconfig: string } | { readonly kubeconfig: undefined };

/** What a server needs of a cluster. */
export interface ClusterConnection {
  readonly namespaces: NamespaceCache;
  readonly reader: LiveFactReader;
  readonly objects: LiveObjectReader;
}

/**
 * Prepares a connection; nothing is asked of the API server yet. The client library is loaded here and not at import:
 * it is large, and commands without a cluster do without it. Throws when the kubeconfig cannot be read.
 */
export async function connectCluster(address: ClusterAddress, log: OperationLog): Promise<ClusterConnection> {
  const kubeConfig = await emptyKubeConfig();
  if (address.kubeconfig === undefined) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromFile(address.kubeconfig);
  const client = new ApiServerClient(kubeConfig);
  return {
    namespaces: new NamespaceCache({ client, log }),
    reader: new LiveFactReader(client),
    objects: new LiveObjectReader(client),
  };
}

/**
 * Prepares to read a cluster as a person does: by the kubeconfig that is given, else by the one that kubectl would take
 * (`KUBECONFIG`, then `~/.kube/config`), else as the pod that this runs in. Throws when it cannot be read.
 */
export async function openCluster(kubeconfig: string | undefined): Promise<LiveObjectReader> {
  const kubeConfig = await emptyKubeConfig();
  if (kubeconfig === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(kubeconfig);
  return new LiveObjectReader(new ApiServerClient(kubeConfig));
}

async function emptyKubeConfig(): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  return new KubeConfig();
}
