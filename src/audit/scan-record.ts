import { compareText } from '../algebra/compare-text.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { RulesInForce } from '../policy/rules-in-force.ts';
import { tenantLabelOf } from '../tenancy/owner.ts';
import { apiVersion } from '../tenancy/tenancy-document.ts';
import type {
  AuditReport,
  AuditResult,
  AuditUnknown,
  LayerPosture,
  NamespacePosture,
  Posture,
} from './audit-report.ts';
import type { ClusterSight } from './cluster-sight.ts';
import type { KindCursor } from './kind-cursor.ts';
import type { NamespaceTable } from './namespace-table.ts';
import type { PlaceScan } from './place-scan.ts';
import { nothingSeen } from './posture/posture-evidence.ts';
import { byPlace, byWeightAndPlace } from './report-order.ts';
import type { ScanInput } from './scan-input.ts';
import { stateRulesOf } from './state-rules.ts';
import { resourceNameOf } from './resource-name.ts';
import { SharedValues } from './shared-values.ts';
import { tallyOf } from './tally.ts';

/** The end of a scan. */
export interface ScanEnd {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly sight: ClusterSight | undefined;
}

/** Gathers what a scan finds, and makes the report of it. */
export class ScanRecord {
  /** Namespace objects that a rule in force judged. */
  judgedNamespaces = 0;
  readonly #input: ScanInput;
  readonly #table: NamespaceTable;
  readonly #cursors: readonly KindCursor[];
  readonly #unlisted: readonly Kind[];
  /** The rules that judge what is stored. */
  readonly #set: PolicySet;
  readonly #inForce: RulesInForce;
  #results: AuditResult[] = [];
  #unknown: AuditUnknown[] = [];
  /** Namespaces that are done, with the kinds that were there. */
  readonly #closed = new Map<string, ReadonlySet<Kind>>();
  readonly #postures = new Map<string, { readonly tenant: string; readonly posture: NamespacePosture }>();
  readonly #late = new Map<string, Set<Kind>>();
  readonly #presences = new SharedValues<ReadonlySet<Kind>>((present) => [...present].join());
  readonly #layers = new SharedValues<LayerPosture>((layer) => JSON.stringify(layer));

  constructor(input: ScanInput, table: NamespaceTable, cursors: readonly KindCursor[]) {
    this.#input = input;
    this.#set = stateRulesOf(input.policySet);
    this.#inForce = new RulesInForce(this.#set);
    this.#table = table;
    this.#cursors = cursors;
    const listed = new Set(cursors.map(({ kind }) => kind));
    this.#unlisted = (Object.keys(kinds) as Kind[]).filter((kind) => kinds[kind].namespaced && !listed.has(kind));
  }

  /** Takes in a namespace that is done. */
  close(name: string, place: PlaceScan, cursors: readonly KindCursor[]): void {
    this.#take(place);
    this.#closed.set(name, this.#presences.of(place.present));
    this.#tellProgress();
    if (cursors !== this.#cursors) this.#noteFailures(name, cursors);
    const fact = this.#table.get(name);
    if (fact === undefined || fact === 'missing') return;
    const { tenancy } = this.#input.policySet;
    const tenant = tenancy.platformNamespaces.has(name) ? undefined : tenantLabelOf(tenancy, fact.labels);
    if (tenant === undefined) return;
    const failed = [...this.#cursors, ...cursors].filter(({ problem }) => problem !== undefined);
    const unread = new Set([...this.#unlisted, ...failed.map(({ kind }) => kind), ...place.undecided]);
    const posture = this.#input.posture.ofNamespace({
      tenancy,
      tenant,
      namespace: fact,
      namespaceWrittenAt: place.namespaceWrittenAt,
      networkPolicies: place.content.networkPolicies,
      pods: place.content.pods,
      podTemplates: place.content.podTemplates,
      resourceQuotas: place.content.resourceQuotas,
      limitRanges: place.content.limitRanges,
      inForce: this.#inForce.in(name, { kind: 'tenant', tenant }),
      results: place.findings.results,
      unread,
      present: place.present,
    });
    this.#postures.set(name, { tenant, posture: this.#compact(posture) });
  }

  closeClusterWide(place: PlaceScan): void {
    this.#take(place);
  }

  /** Namespaces of which something came when they were done, with the kinds of it. */
  get late(): ReadonlyMap<string, ReadonlySet<Kind>> {
    return this.#late;
  }

  noteLate(name: string, kind: Kind): void {
    this.#late.set(name, (this.#late.get(name) ?? new Set()).add(kind));
  }

  /** Forgets what was found in a namespace. Tells which kinds were there. */
  reopen(name: string): ReadonlySet<Kind> {
    const isElsewhere = ({ object }: Pick<AuditUnknown, 'object'>): boolean =>
      object?.namespace !== name && !(object?.kind === 'Namespace' && object.name === name);
    this.#results = this.#results.filter(isElsewhere);
    this.#unknown = this.#unknown.filter(isElsewhere);
    this.#postures.delete(name);
    return this.#closed.get(name) ?? new Set();
  }

  report({ startedAt, finishedAt, sight }: ScanEnd, clusterCursors: readonly KindCursor[]): AuditReport {
    const { source, policySet } = this.#input;
    const results = this.#results.sort(byWeightAndPlace);
    const unknown = [...this.#unread(clusterCursors), ...(sight?.unknown ?? []), ...this.#unknown].sort(byPlace);
    const listings = [
      this.#table.listing(this.judgedNamespaces),
      ...[...this.#cursors, ...clusterCursors].map((cursor) => cursor.listing()),
    ].sort((a, b) => compareText(a.resource, b.resource));
    const posture = this.#posture(sight);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    return {
      apiVersion,
      kind: 'AuditReport',
      scan: {
        source: source.name,
        startedAt: startedAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
        policyHash: policySet.hash,
        filters: [],
        listings,
      },
      summary: {
        objects: sum(listings.map(({ objects }) => objects)),
        judged: sum(listings.map(({ judged }) => judged)),
        namespaces: this.#table.names().length,
        tenants: posture.tenants.length,
        ...tallyOf(results),
        unknown: unknown.length,
      },
      results,
      unknown,
      posture,
    };
  }

  #take({ findings }: PlaceScan): void {
    for (const result of findings.results) this.#results.push(result);
    for (const unknown of findings.unknown()) this.#unknown.push(unknown);
  }

  /** Layers that name no object are the same in most namespaces. */
  #compact({ namespace, layers }: NamespacePosture): NamespacePosture {
    const isCommon = ({ evidence }: LayerPosture) => evidence.every(({ object }) => object === undefined);
    return { namespace, layers: layers.map((layer) => (isCommon(layer) ? this.#layers.of(layer) : layer)) };
  }

  #tellProgress(): void {
    this.#input.onProgress?.({
      objects: this.#cursors.reduce((total, { objects }) => total + objects, 0),
      namespacesDone: this.#closed.size,
      namespaces: this.#table.size,
    });
  }

  /** Of a list of one namespace, which no listing of the report tells. */
  #noteFailures(name: string, cursors: readonly KindCursor[]): void {
    for (const { kind, problem } of cursors) {
      const message = `in namespace ${JSON.stringify(name)}: ${problem?.message ?? ''}`;
      if (problem !== undefined) this.#unknown.push({ resource: resourceNameOf(kind), message });
    }
  }

  #posture(sight: ClusterSight | undefined): Posture {
    const { posture } = this.#input;
    const byTenant = Map.groupBy(this.#postures.values(), ({ tenant }) => tenant);
    const tenants = [...byTenant]
      .sort(([a], [b]) => compareText(a, b))
      .map(([tenant, done]) => {
        const namespaces = done.map(({ posture: one }) => one).sort((a, b) => compareText(a.namespace, b.namespace));
        return posture.ofTenant(tenant, namespaces);
      });
    return { cluster: [...posture.ofCluster(sight?.evidence ?? nothingSeen)], tenants };
  }

  /** What could not be listed, in whole or in part. */
  #unread(clusterCursors: readonly KindCursor[]): readonly AuditUnknown[] {
    const namespaces = { kind: 'Namespace' as const, problem: this.#table.problem };
    return [namespaces, ...this.#cursors, ...clusterCursors].flatMap(({ kind, problem }) => {
      return problem === undefined ? [] : [{ resource: resourceNameOf(kind), message: problem.message }];
    });
  }
}
