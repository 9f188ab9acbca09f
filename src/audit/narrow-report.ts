import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from './audit-report.ts';
import { tallyOf } from './tally.ts';

/** What a report is narrowed to: any of the values of each filter; an empty filter takes everything. */
export interface AuditFilters {
  readonly tenants: readonly string[];
  readonly namespaces: readonly string[];
  readonly rules: readonly string[];
  readonly severities: readonly string[];
}

/**
 * The part of a report that the filters take, counted anew. What could not be judged stays where it may hide something of
 * that part, and so does a tenant or a namespace that is asked for and was not seen: nothing is known about it.
 */
export function narrowReport(report: AuditReport, filters: AuditFilters): AuditReport {
  const names = filterTexts(filters);
  if (names.length === 0) return report;
  const posture = { ...report.posture, tenants: narrowTenants(report, filters) };
  const results = report.results.filter((result) => takesResult(filters, result));
  const kept = report.unknown.filter(gapFilter(report, filters));
  const unknown = [...kept, ...unseen(report, { posture, results, unknown: kept }, filters)];
  const fixed = report.fixed?.filter((result) => takesResult(filters, result));
  const isByPlace = filters.tenants.length + filters.namespaces.length > 0;
  const places = isByPlace
    ? {
        tenants: posture.tenants.length,
        namespaces: posture.tenants.reduce((sum, { namespaces }) => sum + namespaces.length, 0),
      }
    : {};
  return {
    ...report,
    scan: { ...report.scan, filters: names },
    summary: { ...report.summary, ...places, ...tallyOf(results), unknown: unknown.length },
    results,
    ...(fixed === undefined ? {} : { fixed }),
    unknown,
    posture,
  };
}

/** The filters as they are given. */
export function filterTexts({ tenants, namespaces, rules, severities }: AuditFilters): string[] {
  return [
    ...tenants.map((name) => `--tenant ${name}`),
    ...namespaces.map((name) => `--namespace ${name}`),
    ...rules.map((id) => `--rule ${id}`),
    ...severities.map((severity) => `--severity ${severity}`),
  ].sort();
}

function takes(filter: readonly string[], value: string | undefined): boolean {
  return filter.length === 0 || (value !== undefined && filter.includes(value));
}

function takesResult(filters: AuditFilters, { tenant, rule, severity, object }: AuditResult): boolean {
  return (
    takes(filters.tenants, tenant) &&
    takes(filters.namespaces, namespaceIn(object)) &&
    takes(filters.rules, rule) &&
    takes(filters.severities, severity)
  );
}

/** Where an object is, or the namespace that it is itself. */
function namespaceIn({ kind, namespace, name }: AuditedObject): string | undefined {
  return namespace ?? (kind === 'Namespace' ? name : undefined);
}

function narrowTenants({ posture }: AuditReport, { tenants, namespaces }: AuditFilters) {
  return posture.tenants
    .filter(({ tenant }) => takes(tenants, tenant))
    .map((tenant) => ({
      ...tenant,
      namespaces: tenant.namespaces.filter(({ namespace }) => takes(namespaces, namespace)),
    }))
    .filter((tenant) => namespaces.length === 0 || tenant.namespaces.length > 0);
}

/** Keeps what is not known for certain to concern something else. */
function gapFilter({ posture }: AuditReport, filters: AuditFilters): (gap: AuditUnknown) => boolean {
  const owners = new Map(
    posture.tenants.flatMap(({ tenant, namespaces }) => namespaces.map(({ namespace }) => [namespace, tenant])),
  );
  return ({ rule, object }) => {
    if (rule !== undefined && !takes(filters.rules, rule)) return false;
    if (object === undefined) return true;
    const namespace = namespaceIn(object);
    const owner = namespace === undefined ? undefined : owners.get(namespace);
    return takes(filters.namespaces, namespace) && (owner === undefined || takes(filters.tenants, owner));
  };
}

type Seen = Pick<AuditReport, 'posture' | 'results' | 'unknown'>;

/** An audit of a misspelt tenant would look clean. */
function unseen(report: AuditReport, narrowed: Seen, { tenants, namespaces }: AuditFilters): readonly AuditUnknown[] {
  const seenTenants = new Set([
    ...report.posture.tenants.map(({ tenant }) => tenant),
    ...report.results.map(({ tenant }) => tenant),
  ]);
  const seenNamespaces = new Set([
    ...narrowed.posture.tenants.flatMap((tenant) => tenant.namespaces.map(({ namespace }) => namespace)),
    ...[...narrowed.results, ...narrowed.unknown].flatMap(({ object }) =>
      object === undefined ? [] : [namespaceIn(object)],
    ),
  ]);
  const within = tenants.length === 0 ? '' : ' of the tenants that are asked for';
  return [
    ...tenants
      .filter((name) => !seenTenants.has(name))
      .map((name) => ({ message: `--tenant ${name} matches nothing: no namespace is that tenant's` })),
    ...namespaces
      .filter((name) => !seenNamespaces.has(name))
      .map((name) => ({
        message: `--namespace ${name} matches nothing: no tenant's namespace${within} has that name`,
      })),
  ];
}
