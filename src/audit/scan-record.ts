import { kinds, type Kind } from '../policy/objects/kinds.ts';
import { tenantLabelOf, type NamespaceFact } from '../tenancy/owner.ts';
import { apiVersion } from '../tenancy/tenancy-document.ts';
import type { AuditReport, AuditResult, AuditUnknown, NamespacePosture, Posture } from './audit-report.ts';
import type { ClusterSight } from './cluster-sight.ts';
import type { KindCursor } from './kind-cursor.ts';
import { compareText } from './key-order.ts';
import { kindsOfFact, type ContentFact, type NamespaceFacts } from './namespace-facts.ts';
import type { NamespaceTable } from './namespace-table.ts';
import type { PlaceScan } from './place-scan.ts';
import { byPlace, byWeightAndPlace, countsOf } from './report-order.ts';
import type { ScanFacts } from './scan-facts.ts';
import type { ScanInput } from './scan-input.ts';
import { resourceNameOf } from './stored-object.ts';

/** What is kept of a tenant's namespace once it is done. */
interface DoneNamespace {
  readonly tenant: string;
  readonly fact: NamespaceFact;
  readonly unread: Set<Kind>;
  readonly present: Set<Kind>;
  posture: NamespacePosture;
}

/** What a namespace holds, as far as posture looks at it. */
type Content = Pick<NamespaceFacts, 'networkPolicies' | 'pods' | 'podTemplates' | 'resourceQuotas' | 'limitRanges'>;

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
  readonly #results: AuditResult[] = [];
  readonly #unknown: AuditUnknown[] = [];
  readonly #done = new Map<string, DoneNamespace>();
  /** Namespaces of which something came when they were done, with the kinds of it. */
  readonly #late = new Map<string, Set<Kind>>();
  #namespacesDone = 0;

  constructor(input: ScanInput, table: NamespaceTable, cursors: readonly KindCursor[]) {
    this.#input = input;
    this.#table = table;
    this.#cursors = cursors;
    const listed = new Set(cursors.map(({ kind }) => kind));
    this.#unlisted = (Object.keys(kinds) as Kind[]).filter((kind) => kinds[kind].namespaced && !listed.has(kind));
  }

  /** Takes in a namespace that is done. */
  close(name: string, place: PlaceScan): void {
    this.#take(place);
    this.#namespacesDone += 1;
    this.#tellProgress();
    const fact = this.#table.get(name);
    if (fact === undefined || fact === 'missing') return;
    const { tenancy } = this.#input.policySet;
    const tenant = tenancy.platformNamespaces.has(name) ? undefined : tenantLabelOf(tenancy, fact.labels);
    if (tenant === undefined) return;
    const failed = this.#cursors.filter(({ problem }) => problem !== undefined).map(({ kind }) => kind);
    const unread = new Set([...this.#unlisted, ...failed, ...place.undecided]);
    const seen = { tenant, fact, unread, present: place.present };
    this.#done.set(name, { ...seen, posture: this.#postureOf(seen, place.content, place.findings.results) });
  }

  closeClusterWide(place: PlaceScan): void {
    this.#take(place);
  }

  /** Takes in what came of a namespace that is done. */
  addLate(name: string, kind: Kind, place: PlaceScan): void {
    this.#take(place);
    const late = this.#late.get(name) ?? new Set();
    this.#late.set(name, late.add(kind));
    const done = this.#done.get(name);
    done?.present.add(kind);
    for (const one of place.undecided) done?.unread.add(one);
  }

  /** Judges the posture anew where something came late; what it is judged from is read for it. */
  async completeLate(facts: ScanFacts): Promise<void> {
    for (const name of this.#late.keys()) {
      const done = this.#done.get(name);
      if (done === undefined) continue;
      facts.beginElsewhere();
      for (const fact of Object.keys(kindsOfFact) as ContentFact[]) await facts.fetch({ fact, namespace: name });
      const content: Content = {
        networkPolicies: facts.networkPoliciesOf(name),
        pods: facts.podsOf(name),
        podTemplates: facts.podTemplatesOf(name),
        resourceQuotas: facts.resourceQuotasOf(name),
        limitRanges: facts.limitRangesOf(name),
      };
      const results = this.#results.filter(({ object }) => {
        return object.namespace === name || (object.kind === 'Namespace' && object.name === name);
      });
      done.posture = this.#postureOf(done, content, results);
    }
  }

  report({ startedAt, finishedAt, sight }: ScanEnd, clusterCursors: readonly KindCursor[]): AuditReport {
    const { source, policySet } = this.#input;
    const results = this.#results.sort(byWeightAndPlace);
    const gaps = (source.gaps ?? []).map((message) => ({ message }));
    const unknown = [...gaps, ...this.#unread(clusterCursors), ...(sight?.unknown ?? []), ...this.#unknown].sort(
      byPlace,
    );
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
        ...countsOf(results),
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

  #tellProgress(): void {
    this.#input.onProgress?.({
      objects: this.#cursors.reduce((total, { objects }) => total + objects, 0),
      namespacesDone: this.#namespacesDone,
      namespaces: this.#table.size,
    });
  }

  #postureOf(
    { tenant, fact, unread, present }: Omit<DoneNamespace, 'posture'>,
    { networkPolicies, pods, podTemplates, resourceQuotas, limitRanges }: Content,
    results: readonly AuditResult[],
  ): NamespacePosture {
    const { tenancy } = this.#input.policySet;
    const content = { networkPolicies, pods, podTemplates, resourceQuotas, limitRanges };
    return this.#input.posture.ofNamespace({ tenancy, tenant, namespace: fact, ...content, results, unread, present });
  }

  #posture(sight: ClusterSight | undefined): Posture {
    const { posture } = this.#input;
    const byTenant = Map.groupBy(this.#done.values(), ({ tenant }) => tenant);
    const tenants = [...byTenant]
      .sort(([a], [b]) => compareText(a, b))
      .map(([tenant, done]) => {
        const namespaces = done.map((one) => one.posture).sort((a, b) => compareText(a.namespace, b.namespace));
        return posture.ofTenant(tenant, namespaces);
      });
    const nothing = { fluxControllers: undefined, fluxDeployments: undefined, daemonSets: undefined };
    const evidence = sight?.evidence ?? { ...nothing, nodes: undefined, configMaps: undefined };
    return { cluster: [...posture.ofCluster(evidence)], tenants };
  }

  /** What could not be listed, in whole or in part. */
  #unread(clusterCursors: readonly KindCursor[]): readonly AuditUnknown[] {
    const namespaces = { kind: 'Namespace' as const, problem: this.#table.problem };
    return [namespaces, ...this.#cursors, ...clusterCursors].flatMap(({ kind, problem }) => {
      return problem === undefined ? [] : [{ resource: resourceNameOf(kind), message: problem.message }];
    });
  }
}
