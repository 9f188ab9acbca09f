import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { readFluxControllers } from '../policy/flux-controllers.ts';
import { fluxKinds, type FluxKind } from '../policy/objects/flux-kinds.ts';
import type { Kind } from '../policy/objects/kinds.ts';
import type { AuditUnknown } from './audit-report.ts';
import { KindCursor } from './kind-cursor.ts';
import { ListProblem, type ObjectSource, type OtherResource, type Page } from './ports.ts';
import type { ClusterEvidence } from './posture/posture-evidence.ts';
import type { PostureJudge } from './posture/posture-judge.ts';
import { resourceNameOf } from './resource-name.ts';

/** What is looked at beyond the objects that rules judge, and by whom. */
export interface ClusterSightInput {
  readonly source: ObjectSource;
  readonly platformNamespaces: Iterable<string>;
  readonly posture: Pick<PostureJudge, 'configMaps'>;
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
  const fluxInstances = await looking.platforms('FluxInstance');
  const nodes = await looking.other({ apiVersion: 'v1', resource: 'nodes' }, 'nodes');
  const evidence: ClusterEvidence = {
    servesFlux: await looking.servesFlux(),
    fluxDeployments: deployments?.filter((one) => readFluxControllers([one]).size > 0),
    fluxInstances,
    daemonSets,
    nodes: nodes?.map(withoutImages),
    configMaps: await looking.configMaps(input.posture.configMaps(daemonSets ?? [])),
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

  /** Whether any kind of Flux is served; undefined where that cannot be told. */
  async servesFlux(): Promise<boolean | undefined> {
    const { source, signal } = this.#input;
    let answer: boolean | undefined = false;
    for (const kind of Object.keys(fluxKinds) as FluxKind[]) {
      const cursor = new KindCursor(source, kind, signal);
      await cursor.ready();
      const { state } = cursor.listing();
      await cursor.stop();
      if (state === 'read') return true;
      if (state !== 'absent') answer = undefined;
    }
    return answer;
  }

  /** Those that are there, and those that are not; what could not be read is left out. */
  async configMaps(wanted: ReturnType<PostureJudge['configMaps']>): Promise<ClusterEvidence['configMaps']> {
    const found = new Map<string, JsonObject | 'missing'>();
    for (const only of wanted) {
      const name = `${only.namespace}/${only.name}`;
      const resource = { apiVersion: 'v1', resource: 'configmaps', only } as const;
      const objects = await this.other(resource, `configmaps ${JSON.stringify(name)}`);
      if (objects !== undefined) found.set(name, objects[0] ?? 'missing');
    }
    return found;
  }

  other(resource: OtherResource, what: string): Promise<readonly JsonObject[] | undefined> {
    const { source, signal } = this.#input;
    return this.#read(source.listOther(resource, signal), what);
  }

  async #read(pages: AsyncIterable<Page>, resource: string): Promise<readonly JsonObject[] | undefined> {
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
