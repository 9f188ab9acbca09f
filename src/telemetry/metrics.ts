import type { DecisionObserver, DecisionRecord, FaultCounter } from '../admission/telemetry-ports.ts';
import type { Exposition, MetricSources } from './exposition.ts';
import type { AuditObserver } from '../audit/audit-telemetry.ts';
import { KindLabels } from './kind-labels.ts';
import { createTallies, type Tallies } from './tallies.ts';

export interface MetricsOptions {
  readonly sources: MetricSources;
  /** Kinds with a label of their own, as group and kind: `networking.k8s.io/NetworkPolicy`, `Pod`. All others are `other`. */
  readonly knownKinds: readonly string[];
}

export type ReloadResult = 'success' | 'failure';

/** All that is counted, and how to read it. */
export interface Metrics extends DecisionObserver, FaultCounter, AuditObserver {
  countCertificateReload(result: ReloadResult): void;
  countPolicyReload(result: ReloadResult): void;
  /** The metrics in the Prometheus text format. */
  render(): Promise<string>;
}

/** Reasons are words of the code; should one ever come from a caller, the number of series stays bounded. */
const maxReasons = 64;

const operations: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/** Counts in plain maps, some hundred nanoseconds a decision; the Prometheus library is loaded when somebody scrapes. */
export function createMetrics({ sources, knownKinds }: MetricsOptions): Metrics {
  const kinds = new KindLabels(knownKinds);
  const tallies = createTallies();
  let exposition: Promise<Exposition> | undefined;
  return {
    observe: (record) => {
      tallyDecision(tallies, kinds.of(record.kind), record);
    },
    countFault: (kind) => {
      tallyFault(tallies, kind);
    },
    countCertificateReload: (result) => {
      tallies.certificateReloads.add(result, () => [result]);
    },
    countPolicyReload: (result) => {
      tallies.policyReloads.add(result, () => [result]);
    },
    countAudit: (outcome) => {
      tallies.audits.add(outcome, () => [outcome]);
    },
    observeDetection: (severity, seconds) => {
      tallies.driftDetections.observe(severity, seconds);
    },
    observeRepair: (severity, seconds) => {
      tallies.driftRepairs.observe(severity, seconds);
    },
    render: async () => {
      exposition ??= import('./exposition.ts').then(({ createExposition }) => createExposition(tallies, sources));
      return (await exposition).render();
    },
  };
}

function tallyDecision(tallies: Tallies, kind: string, record: DecisionRecord): void {
  const { path, outcome, mode } = record;
  const operation = operations.has(record.operation) ? record.operation : 'other';
  const dryRun = record.dryRun ? 'true' : 'false';
  const what = `${kind} ${operation} ${dryRun}`;
  tallies.decisions.add(`${path} ${outcome} ${mode} ${what}`, () => [path, outcome, kind, operation, mode, dryRun]);
  tallies.durations.get(path)?.observe(record.durationUs / 1e6);
  for (const { rule, mode: ruleMode } of record.violations) {
    tallies.ruleViolations.add(`${rule} ${ruleMode} ${what}`, () => [rule, ruleMode, kind, operation, dryRun]);
  }
}

function tallyFault(tallies: Tallies, kind: string): void {
  switch (kind) {
    case 'request-shed':
      tallies.requestsShed.add('', () => []);
      return;
    case 'internal-error':
      tallies.internalErrors.add('', () => []);
      return;
    default: {
      const { badRequests } = tallies;
      const reason = badRequests.has(kind) || badRequests.size < maxReasons ? kind : 'other';
      badRequests.add(reason, () => [reason]);
    }
  }
}
