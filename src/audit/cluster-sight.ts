import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { readFluxControllers } from '../policy/flux-controllers.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import type { AuditUnknown } from './audit-report.ts';
import { ListProblem, type ObjectSource, type OtherResource } from './ports.ts';
import type { ClusterEvidence } from './posture/posture-evidence.ts';
import { resourceNameOf } from './stored-object.ts';

/** What is looked at beyond the objects that rules judge, and by whom. */
export interface ClusterSightInput {
  readonly source: ObjectSource;
  readonly platformNamespaces: Iterable<string>;
  readonly configMaps: readonly { readonly namespace: string; readonly name: string }[];
  readonly signal: AbortSignal;
}

/** What the cluster as a whole shows, and what of it could not be read. */
export interface ClusterSight {
  readonly evidence: ClusterEvidence;
  readonly unknown: readonly AuditUnknown[];
}

/** Reads the platform's workloads, the nodes and the settings of network plugins. */
export async function lookAtCluster(input: ClusterSightInput): Promise<ClusterSight> {
  const looking = new ClusterLooking(input);
  const deployments = await looking.platforms('Deployment');
  const daemonSets = await looking.platforms('DaemonSet');
  const nodes = await looking.other({ apiVersion: 'v1', resource: 'nodes' }, 'nodes');
  const configMaps = await looking.configMaps();
  const evidence: ClusterEvidence = {
    fluxControllers: deployments && readFluxControllers(deployments),
    fluxDeployments: deployments?.filter((one) => readFluxControllers([one]).size > 0),
    daemonSets,
    nodes: nodes?.map(withoutImages),
    configMaps,
  };
  return { evidence, unknown: looking.unknown };
}

class ClusterLooking {
  readonly unknown: AuditUnknown[] = [];
  readonly #input: ClusterSightInput;

  constructor(input: ClusterSightInput) {
    this.#input = input;
  }

  /** All of a kind in the platform's namespaces. */
  async platforms(kind: Kind): Promise<readonly JsonObject[] | undefined> {
    const { source, platformNamespaces, signal } = this.#input;
    const found: JsonObject[] = [];
    for (const namespace of [...platformNamespaces].sort()) {
      const what = `${resourceNameOf(kind)} in namespace ${JSON.stringify(namespace)}`;
      const objects = await this.#read(source.list(kind, signal, namespace), what);
      if (objects === undefined) return undefined;
      found.push(...objects);
    }
    return found;
  }

  async configMaps(): Promise<ClusterEvidence['configMaps']> {
    const found = new Map<string, JsonObject | 'missing'>();
    for (const only of this.#input.configMaps) {
      const name = `${only.namespace}/${only.name}`;
      const objects = await this.other(
        { apiVersion: 'v1', resource: 'configmaps', only },
        `configmaps ${JSON.stringify(name)}`,
      );
      if (objects === undefined) return undefined;
      found.set(name, objects[0] ?? 'missing');
    }
    return found;
  }

  other(resource: OtherResource, what: string): Promise<readonly JsonObject[] | undefined> {
    const { source, signal } = this.#input;
    return this.#read(source.listOther(resource, signal), what);
  }

  async #read(
    pages: AsyncIterable<readonly JsonObject[]>,
    resource: string,
  ): Promise<readonly JsonObject[] | undefined> {
    const found: JsonObject[] = [];
    try {
      for await (const page of pages) found.push(...page);
      return found;
    } catch (error) {
      if (error instanceof ListProblem && error.state === 'absent') return found;
      if (!(error instanceof ListProblem) && !this.#input.signal.aborted) throw error;
      const message = error instanceof ListProblem ? error.message : 'the scan ended before it was read';
      this.unknown.push({ resource, message });
      return undefined;
    }
  }
}

/** The images on a node are most of it, and say nothing of isolation. */
function withoutImages(node: JsonObject): JsonObject {
  const status = ownMember(node, 'status');
  return isJsonObject(status) ? { ...node, status: { ...status, images: [] } } : node;
}
