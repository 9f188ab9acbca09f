import { compareText } from '../algebra/compare-text.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import { ownerOf, type Owner } from '../tenancy/owner.ts';
import type { AuditReport } from './audit-report.ts';
import { lookAtCluster, type ClusterSight } from './cluster-sight.ts';
import { KindCursor } from './kind-cursor.ts';
import { namespaceKey } from './key-order.ts';
import { factKinds } from './namespace-facts.ts';
import { NamespaceTable } from './namespace-table.ts';
import { isRuleFor, PlaceScan, type ScanContext } from './place-scan.ts';
import { ScanFacts } from './scan-facts.ts';
import type { ScanInput } from './scan-input.ts';
import { ScanRecord } from './scan-record.ts';
import { sourceWithin } from './source-within.ts';
import { isKindJudged, stateRulesOf } from './state-rules.ts';

/** The order in which the kinds of a namespace are read: what others ask for, and what others are made from, first. */
const firstKinds: readonly Kind[] = [
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'CronJob',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'ReplicaSet',
  'Job',
  'PodTemplate',
  'Pod',
];

/**
 * Judges everything that is stored by the rules in force, namespace by namespace, and tells the posture of each. Never
 * rejects for what a source lacks: what could not be read is in the report as unknown.
 */
export async function scan(input: ScanInput): Promise<AuditReport> {
  const startedAt = input.now();
  const run = new ScanRun(input, startedAt);
  try {
    await run.scan();
  } finally {
    await run.stop();
  }
  return run.report(startedAt, input.now());
}

class ScanRun {
  readonly #input: ScanInput;
  readonly #context: ScanContext;
  readonly #table: NamespaceTable;
  readonly #record: ScanRecord;
  readonly #cursors: readonly KindCursor[];
  readonly #clusterCursors: readonly KindCursor[];
  #sight: ClusterSight | undefined;

  constructor(input: ScanInput, startedAt: Date) {
    const { source, read, pace, signal } = input;
    const set = stateRulesOf(input.policySet);
    this.#input = input;
    this.#table = new NamespaceTable(source, signal);
    const today = startedAt.toISOString().slice(0, 10);
    const facts = new ScanFacts({ table: this.#table, source, read, today, signal });
    this.#context = { set, read, facts, pace, held: new Set() };
    const { only } = input;
    const narrowed = only === undefined ? source : sourceWithin(source, only);
    const cursorOf = (kind: Kind) => new KindCursor(narrowed, kind, signal);
    this.#cursors = namespacedKinds(set).map(cursorOf);
    this.#clusterCursors = only === undefined ? clusterKinds(set).map(cursorOf) : [];
    this.#record = new ScanRecord(input, this.#table, this.#cursors);
  }

  async scan(): Promise<void> {
    const { source, posture, signal, policySet } = this.#input;
    await this.#table.read();
    const { platformNamespaces } = policySet.tenancy;
    // A scan of some namespaces says nothing of the cluster as a whole.
    if (this.#input.only === undefined)
      this.#sight = await lookAtCluster({ source, platformNamespaces, posture, signal });
    await Promise.all(this.#cursors.map(async (cursor) => cursor.ready()));
    await this.#scanNamespaces();
    for (const [name, late] of this.#record.late) await this.#scanAgain(name, late);
    await this.#scanClusterWide();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#table, ...this.#cursors, ...this.#clusterCursors].map((reading) => reading.stop()));
  }

  report(startedAt: Date, finishedAt: Date): AuditReport {
    return this.#record.report({ startedAt, finishedAt, sight: this.#sight }, this.#clusterCursors);
  }

  /** Goes through the namespaces as their keys are sorted; whatever the cursors have of one is taken together. */
  async #scanNamespaces(): Promise<void> {
    const { only } = this.#input;
    const listed = this.#table.names().filter((name) => only?.includes(name) ?? true);
    let next = 0;
    let doneKey = '';
    for (;;) {
      if (this.#input.signal.aborted) await this.stop();
      for (const cursor of this.#cursors) {
        const reading = cursor.ready();
        if (reading !== undefined) await reading;
        if (isLate(cursor, doneKey)) await this.#setLateAside(cursor, doneKey);
      }
      const name = earliest(listed[next], this.#cursors);
      if (name === undefined) return;
      if (name === listed[next]) next += 1;
      if (await this.#scanNamespace(name)) this.#record.judgedNamespaces += 1;
      doneKey = namespaceKey(name);
    }
  }

  async #scanNamespace(name: string, cursors = this.#cursors): Promise<boolean> {
    const { facts, pace } = this.#context;
    await facts.fetch({ fact: 'namespace', namespace: name });
    const object = this.#table.object(name);
    const place = new PlaceScan(this.#context, this.#ownerOf(name), object);
    facts.begin(name, place.content);
    const isObjectJudged = object !== undefined && place.judge(object);
    const isGone = this.#table.get(name) === 'missing' && (await this.#isGone(name, cursors));
    for (const cursor of cursors) {
      await this.#takeAll(cursor, name, isGone ? undefined : place);
      if (cursor.problem === undefined) place.content.complete(cursor.kind);
      else place.content.forget(cursor.kind);
      await pace.pause();
    }
    await place.settle();
    this.#record.close(name, place, cursors);
    return isObjectJudged;
  }

  /** Gives the place whatever a cursor has of a namespace; without a place it is dropped. */
  async #takeAll(cursor: KindCursor, name: string, place: PlaceScan | undefined): Promise<void> {
    for (;;) {
      const reading = cursor.ready();
      if (reading !== undefined) await reading;
      if (cursor.head?.namespace !== name) return;
      const stored = cursor.take();
      if (place?.judge(stored) === true) cursor.judged += 1;
      const pause = this.#context.pace.pause();
      if (pause !== undefined) await pause;
    }
  }

  /** Sets aside what comes after its namespace is done: by it, all in the namespace may be another matter. */
  async #setLateAside(cursor: KindCursor, doneKey: string): Promise<void> {
    while (isLate(cursor, doneKey)) {
      const { namespace = '', ...stored } = cursor.take();
      if (isRuleFor({ ...stored, namespace }, this.#context.set, this.#ownerOf(namespace))) cursor.judged += 1;
      this.#record.noteLate(namespace, cursor.kind);
      await cursor.ready();
    }
  }

  /** Scans a namespace that was not wholly there when it was scanned. */
  async #scanAgain(name: string, late: ReadonlySet<Kind>): Promise<void> {
    const present = this.#record.reopen(name);
    const again = this.#cursors
      .map(({ kind }) => kind)
      .filter((kind) => present.has(kind) || late.has(kind) || factKinds.includes(kind))
      .map((kind) => new KindCursor(this.#input.source, kind, this.#input.signal, name));
    await this.#scanNamespace(name, again);
  }

  async #scanClusterWide(): Promise<void> {
    const place = new PlaceScan(this.#context, undefined);
    this.#context.facts.beginElsewhere();
    for (const cursor of this.#clusterCursors) {
      for (;;) {
        await cursor.ready();
        if (cursor.head === undefined) break;
        if (place.judge(cursor.take())) cursor.judged += 1;
        await this.#context.pace.pause();
      }
    }
    await place.settle();
    this.#record.closeClusterWide(place);
  }

  #ownerOf(name: string): Owner | undefined {
    const { tenancy } = this.#context.set;
    if (tenancy.platformNamespaces.has(name)) return { kind: 'platform' };
    const fact = this.#table.get(name);
    return fact === undefined || fact === 'missing' ? undefined : ownerOf(tenancy, fact);
  }

  /** Whether a namespace that is not there took what was in it along: then nothing is left to judge. */
  async #isGone(name: string, cursors: readonly KindCursor[]): Promise<boolean> {
    for (const cursor of cursors) {
      await cursor.ready();
      if (cursor.head?.namespace !== name) continue;
      const again = new KindCursor(this.#input.source, cursor.kind, this.#input.signal, name);
      await again.ready();
      const isThere = again.head !== undefined || again.problem !== undefined;
      await again.stop();
      if (isThere) return false;
    }
    return true;
  }
}

/** Whether the next object of a kind is of a namespace that is done. */
function isLate({ headKey }: KindCursor, doneKey: string): boolean {
  return headKey !== undefined && compareText(headKey, doneKey) <= 0;
}

/** The namespace that comes first among the next one listed and those that the cursors have come to. */
function earliest(listed: string | undefined, cursors: readonly KindCursor[]): string | undefined {
  let first = listed;
  for (const { head } of cursors) {
    const name = head?.namespace;
    if (name !== undefined && (first === undefined || compareText(namespaceKey(name), namespaceKey(first)) < 0))
      first = name;
  }
  return first;
}

function namespacedKinds(set: ScanContext['set']): readonly Kind[] {
  const wanted = kindsOf(set, (kind) => kinds[kind].namespaced);
  const all = new Set([...wanted, ...factKinds]);
  return [...firstKinds.filter((kind) => all.has(kind)), ...[...all].filter((kind) => !firstKinds.includes(kind))];
}

function clusterKinds(set: ScanContext['set']): readonly Kind[] {
  return kindsOf(set, (kind) => !kinds[kind].namespaced && kind !== 'Namespace');
}

function kindsOf(set: ScanContext['set'], isWanted: (kind: Kind) => boolean): readonly Kind[] {
  return (Object.keys(kinds) as Kind[]).filter((kind) => isWanted(kind) && isKindJudged(set, kind));
}
