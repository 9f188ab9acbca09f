import type { AuditedObject } from '../audit-report.ts';
import type { PolicyReport, PolicyResult } from './policy-report.ts';

/** The report APIs that are written: `wgpolicyk8s.io/v1alpha2` and `openreports.io/v1alpha1`. */
export const reportApis = ['wgpolicyk8s.io', 'openreports.io'] as const;

export type ReportApi = (typeof reportApis)[number];

/** What the two APIs call the same things. */
export const reportKinds = {
  'wgpolicyk8s.io': {
    apiVersion: 'wgpolicyk8s.io/v1alpha2',
    namespaced: { kind: 'PolicyReport', resource: 'policyreports' },
    cluster: { kind: 'ClusterPolicyReport', resource: 'clusterpolicyreports' },
  },
  'openreports.io': {
    apiVersion: 'openreports.io/v1alpha1',
    namespaced: { kind: 'Report', resource: 'reports' },
    cluster: { kind: 'ClusterReport', resource: 'clusterreports' },
  },
} as const satisfies Readonly<Record<ReportApi, object>>;

/** Ours, in each namespace and in the cluster. Readers filter by source. */
const name = 'tenantgate';

/** By this label ours are told from those of others: nothing else is ever changed or deleted. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'tenantgate' } as const;

/** A report as an API server stores it. */
export interface ReportObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
}

/** Writes a report in the words of an API. */
export function reportObject(report: PolicyReport, api: ReportApi): ReportObject {
  const { apiVersion, namespaced, cluster } = reportKinds[api];
  const { namespace, summary, results } = report;
  const scope = namespace === null ? {} : { scope: { apiVersion: 'v1', kind: 'Namespace', name: namespace } };
  // Of OpenReports alone; a result's own source is that of both.
  const source = api === 'openreports.io' ? { source: name } : {};
  return {
    apiVersion,
    kind: (namespace === null ? cluster : namespaced).kind,
    metadata: { name, ...(namespace === null ? {} : { namespace }), labels: managedBy },
    ...scope,
    ...source,
    summary,
    results: results.map(resultObject),
  };
}

function resultObject(result: PolicyResult): object {
  const { policy, rule, category, severity, status, isScored, message, properties, object, since } = result;
  const members = {
    source: name,
    policy,
    rule,
    category,
    severity,
    result: status,
    scored: isScored,
    message,
    properties: Object.keys(properties).length === 0 ? undefined : properties,
    resources: object && [referenceOf(object)],
    timestamp: since === undefined ? undefined : timestampOf(since),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function referenceOf({ apiVersion, kind, namespace, name: named, uid }: AuditedObject): object {
  const place = namespace === null ? {} : { namespace };
  return { apiVersion, kind, ...place, name: named, ...(uid === undefined ? {} : { uid }) };
}

/** Seconds and nanoseconds, both of which must be there; undefined where it is no time. */
function timestampOf(instant: string): object | undefined {
  const milliseconds = Date.parse(instant);
  if (Number.isNaN(milliseconds)) return undefined;
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds, nanos: (milliseconds - seconds * 1_000) * 1_000_000 };
}
