import { metricDefinitions as metric } from '../../../src/telemetry/metric-definitions.ts';

interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries' | 'table';
  readonly description: string;
  readonly unit?: string;
  /** PromQL and the legend of its series. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
}

const rate = (name: string, by: string, selector = ''): string =>
  `sum by (${by}) (rate(${name}${selector}[$__rate_interval]))`;
const quantile = (value: number): string =>
  `histogram_quantile(${value}, sum by (le, path) (rate(${metric.duration.name}_bucket[$__rate_interval])))`;
const driftQuantile = (name: string): string =>
  `histogram_quantile(0.5, sum by (le, severity) (increase(${name}_bucket[7d])))`;

const panels: readonly Panel[] = [
  {
    title: 'Servers ready',
    type: 'stat',
    description: 'Servers whose every check of readiness passes.',
    queries: [[`sum(${metric.ready.name})`, 'ready']],
  },
  {
    title: 'Registration',
    type: 'stat',
    description: 'Differences between the webhook registration and what was installed; 0 is right.',
    queries: [[`sum(max by (configuration, code) (${metric.registrationDrift.name})) or vector(0)`, 'differences']],
  },
  {
    title: 'Certificate expires in',
    type: 'stat',
    description: 'Of the certificate that is served.',
    unit: 's',
    queries: [[`min(${metric.certificateExpiry.name}) - time()`, 'left']],
  },
  {
    title: 'Policy sets in force',
    type: 'stat',
    description: 'More than one for longer than a few minutes means that servers judge differently.',
    queries: [[`count(count by (hash) (${metric.policyInfo.name}))`, 'sets']],
  },
  {
    title: 'Decisions',
    type: 'timeseries',
    description: 'By outcome; dry runs, such as those of Flux at every interval, are counted apart.',
    unit: 'reqps',
    queries: [[rate(metric.decisions.name, 'outcome, dry_run'), '{{outcome}} (dry run: {{dry_run}})']],
  },
  {
    title: 'Violated rules',
    type: 'timeseries',
    description: 'Real requests only. In modes audit and warn these are the would-be denials.',
    unit: 'reqps',
    queries: [[rate(metric.ruleViolations.name, 'rule, mode', '{dry_run="false"}'), '{{rule}} ({{mode}})']],
  },
  {
    title: 'Time to decide',
    type: 'timeseries',
    description: 'From a complete request to its answer.',
    unit: 's',
    queries: [
      [quantile(0.5), 'p50 {{path}}'],
      [quantile(0.99), 'p99 {{path}}'],
    ],
  },
  {
    title: 'Turned away and failed',
    type: 'timeseries',
    description: 'Requests shed because of load, bad requests by reason, and internal errors.',
    unit: 'reqps',
    queries: [
      [`sum(rate(${metric.requestsShed.name}[$__rate_interval]))`, 'shed'],
      [rate(metric.badRequests.name, 'reason'), '{{reason}}'],
      [`sum(rate(${metric.internalErrors.name}[$__rate_interval]))`, 'internal error'],
    ],
  },
  {
    title: 'Posture',
    type: 'timeseries',
    description: 'Namespaces of tenants by layer, as far as a layer is not in place.',
    queries: [[`sum by (layer, state) (${metric.posture.name}{state!="in-place"})`, '{{layer}} {{state}}']],
  },
  {
    title: 'Violations in stored objects',
    type: 'timeseries',
    description: 'As the last audit found them, by rule and mode.',
    queries: [[`sum by (rule, mode) (${metric.auditViolations.name})`, '{{rule}} ({{mode}})']],
  },
  {
    title: 'From drift to detection, and to repair',
    type: 'timeseries',
    description: 'Half of the violations were found, and mended, within so long.',
    unit: 's',
    queries: [
      [driftQuantile(metric.driftDetection.name), 'found, {{severity}}'],
      [driftQuantile(metric.driftRepair.name), 'mended, {{severity}}'],
    ],
  },
  {
    title: 'Audits',
    type: 'timeseries',
    description: 'How long the last audit took, and since when none was complete.',
    unit: 's',
    queries: [
      [`max(${metric.auditDuration.name})`, 'duration'],
      [`time() - max(${metric.auditLastComplete.name})`, 'since the last complete one'],
    ],
  },
  {
    title: 'What audits know',
    type: 'timeseries',
    description:
      'Objects read, what could not be judged, what depends on who wrote it, and audits by outcome in a day.',
    queries: [
      [`max(${metric.auditObjects.name})`, 'objects'],
      [`max(${metric.auditUnknown.name})`, 'unknown'],
      [`sum(${metric.auditToConfirm.name})`, 'to confirm'],
      [`sum by (outcome) (increase(${metric.audits.name}[1d]))`, 'audits, {{outcome}}'],
    ],
  },
  {
    title: 'CPU',
    type: 'timeseries',
    description: 'Of each server, in cores.',
    queries: [[`rate(${metric.processCpu.name}{job=~".*tenantgate.*"}[$__rate_interval])`, '{{pod}}']],
  },
  {
    title: 'Memory',
    type: 'timeseries',
    description: 'Resident memory of each server.',
    unit: 'bytes',
    queries: [[`${metric.processMemory.name}{job=~".*tenantgate.*"}`, '{{pod}}']],
  },
];

const columns = 24;
const statsInRow = 4;

/** `files/dashboard.json`: a Grafana dashboard over one Prometheus data source. */
export function dashboardJson(): string {
  return JSON.stringify({
    title: 'Tenantgate',
    uid: 'tenantgate',
    tags: ['tenantgate', 'kubernetes', 'security'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    panels: panels.map(panelJson),
  });
}

function panelJson({ title, type, description, unit = 'short', queries }: Panel, index: number): object {
  const isStat = index < statsInRow;
  const width = isStat ? columns / statsInRow : columns / 2;
  const place = isStat ? index : index - statsInRow;
  const perRow = columns / width;
  const row = Math.floor(place / perRow);
  return {
    id: index + 1,
    title,
    type,
    description,
    datasource: { type: 'prometheus', uid: '${datasource}' },
    gridPos: { x: (place % perRow) * width, y: isStat ? 0 : 4 + row * 8, w: width, h: isStat ? 4 : 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(([expr, legendFormat], query) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + query),
      expr,
      legendFormat,
    })),
  };
}
