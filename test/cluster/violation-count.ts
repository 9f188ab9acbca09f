/** All labels of the metric, in its order. */
export interface ViolationLabels {
  readonly rule: string;
  readonly mode: string;
  /** Group and kind. */
  readonly kind: string;
  readonly operation: string;
  readonly dry_run: boolean;
}

/** How often such violations were counted, by the metrics of Tenantgate; a series that is not there yet stands at 0. */
export function violationCount(metrics: string, labels: ViolationLabels): number {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${String(value)}"`);
  const series = `tenantgate_rule_violations_total{${pairs.join(',')}} `;
  const line = metrics.split('\n').find((candidate) => candidate.startsWith(series));
  return Number(line?.slice(series.length) ?? 0);
}
