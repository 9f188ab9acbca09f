import { Gauge, type Registry } from 'prom-client';

import type { AuditReport } from '../audit/audit-report.ts';
import type { AuditState } from '../audit/audit-telemetry.ts';
import { type MetricDefinition, metricDefinitions } from './metric-definitions.ts';

/** One sample: the values of the labels, in the order of the definition, and the value. */
type Sample = readonly [labels: readonly string[], value: number];

/** Registers what the last audit found. A server that does not audit shows nothing of it, rather than a misleading zero. */
export function addAudit(registry: Registry, stateOf: () => AuditState | undefined): void {
  const ofReport = (read: (report: AuditReport) => readonly Sample[]) => (): readonly Sample[] => {
    const report = stateOf()?.report;
    return report === undefined ? [] : read(report);
  };
  const gauges: readonly (readonly [MetricDefinition, () => readonly Sample[]])[] = [
    [metricDefinitions.auditLeader, () => maybe(stateOf(), ({ isLeader }) => (isLeader ? 1 : 0))],
    [
      metricDefinitions.auditLastComplete,
      () => maybe(stateOf()?.lastComplete, (instant) => Math.floor(instant.getTime() / 1_000)),
    ],
    [metricDefinitions.auditDuration, () => maybe(stateOf()?.durationSeconds, (seconds) => seconds)],
    [metricDefinitions.auditObjects, ofReport((report) => [[[], report.summary.objects]])],
    [metricDefinitions.auditUnknown, ofReport((report) => [[[], report.summary.unknown]])],
    [metricDefinitions.auditViolations, ofReport(violations)],
    [metricDefinitions.auditToConfirm, ofReport(toConfirm)],
    [metricDefinitions.posture, ofReport(posture)],
  ];
  for (const [definition, read] of gauges) addSamples(registry, definition, read);
}

function maybe<T>(value: T | undefined, read: (value: T) => number): readonly Sample[] {
  return value === undefined ? [] : [[[], read(value)]];
}

function addSamples(registry: Registry, definition: MetricDefinition, read: () => readonly Sample[]): void {
  const { name, help, labels } = definition;
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      // Without labels a reset leaves a zero, which would be a claim.
      if (labels.length === 0) this.remove();
      for (const [values, value] of read()) {
        this.set(Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])), value);
      }
    },
  });
}

function violations({ results }: AuditReport): readonly Sample[] {
  const strict = results.filter(({ writer, exemption }) => writer === 'any' && exemption === undefined);
  return counted(strict.map(({ rule, mode, tenant }) => [rule, mode, tenant === undefined ? 'other' : 'tenant']));
}

function toConfirm({ results }: AuditReport): readonly Sample[] {
  const depending = results.filter(({ writer, exemption }) => writer === 'tenant' && exemption === undefined);
  return counted(depending.map(({ rule }) => [rule]));
}

function posture({ posture: { cluster, tenants } }: AuditReport): readonly Sample[] {
  const ofNamespaces = tenants.flatMap(({ namespaces }) => namespaces.flatMap(({ layers }) => layers));
  return counted([...cluster, ...ofNamespaces].map(({ layer, state }) => [layer, state]));
}

function counted(labels: readonly (readonly string[])[]): readonly Sample[] {
  const counts = new Map<string, [readonly string[], number]>();
  for (const values of labels) {
    const key = values.join('\n');
    counts.set(key, [values, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}
