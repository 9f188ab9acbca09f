import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { FactReader, NamespaceIndex } from '../admission/fact-ports.ts';
import type { StoredObjectReader } from '../admission/object-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { ServeConfig } from '../config/serve-config.ts';
import { connectCluster } from '../kubernetes/connect.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import { readDevelopmentCluster } from './development-cluster.ts';
import { displayFault } from './display-fault.ts';

/** Where facts come from: a cluster, or manifests in development mode. */
export interface FactSource {
  readonly namespaces: NamespaceIndex;
  readonly reader: FactReader;
  /** Undefined in development mode: there is no API server to ask. */
  readonly objects: StoredObjectReader | undefined;
  isFilled(): boolean;
  detail(): string;
  /** Resolves when the cache is filled. Rejects only when aborted: a cluster that is away is waited for. */
  filled(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** The cluster of development mode when none is given. */
const exampleCluster = join(import.meta.dirname, '../../examples/cluster.yaml');

const lookAgainMs = 10;

/** Opens the source that the configuration names, or tells every problem of it. */
export async function openFactSource(
  config: ServeConfig,
  tenancy: Tenancy,
  today: string,
  log: OperationLog,
): Promise<FactSource | { readonly problems: readonly string[] }> {
  return config.cluster === undefined ? manifestSource(config, tenancy, today) : clusterSource(config.cluster, log);
}

function manifestSource(
  config: ServeConfig,
  tenancy: Tenancy,
  today: string,
): FactSource | { readonly problems: readonly string[] } {
  const paths = config.namespaces.length === 0 ? [exampleCluster] : config.namespaces;
  const { namespaces, reader, faults } = readDevelopmentCluster(paths, tenancy, today);
  if (faults.length > 0) return { problems: faults.map((fault) => displayFault({ ...fault, field: '' })) };
  return {
    namespaces,
    reader,
    objects: undefined,
    isFilled: () => true,
    detail: () => `${namespaces.size} from ${paths.join(', ')}`,
    filled: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

async function clusterSource(
  cluster: NonNullable<ServeConfig['cluster']>,
  log: OperationLog,
): Promise<FactSource | { readonly problems: readonly string[] }> {
  const connected = await connectCluster({ kubeconfig: cluster.kubeconfig }, log).catch((error: unknown) =>
    String(error),
  );
  if (typeof connected === 'string') return { problems: [`--kubeconfig: ${connected}`] };
  const { namespaces, reader, objects } = connected;
  namespaces.start();
  return {
    namespaces,
    reader,
    objects,
    isFilled: () => namespaces.state.isSynced,
    detail: () => {
      const { isSynced, size, problem } = namespaces.state;
      const held = isSynced ? `${size} cached` : 'not listed yet';
      return problem === undefined ? held : `${held}; the API server cannot be followed: ${problem}`;
    },
    filled: async (signal) => {
      while (!namespaces.state.isSynced) await delay(lookAgainMs, undefined, { signal });
    },
    stop: () => namespaces.stop(),
  };
}
