import { compareText } from '../algebra/compare-text.ts';
import type { AuditedObject, AuditReport, AuditUnknown, Posture } from './audit-report.ts';
import { byPlace, byWeightAndPlace } from './report-order.ts';
import type { PostureJudge } from './posture/posture-judge.ts';
import { tallyOf } from './tally.ts';

/**
 * A report with some namespaces as they are now. `part` is a scan of these alone; everything else is as it was. A namespace
 * that the part does not know any more has gone, and what was found in it too.
 */
export function replaceNamespaces(
  report: AuditReport,
  part: AuditReport,
  namespaces: readonly string[],
  { ofTenant }: Pick<PostureJudge, 'ofTenant'>,
): AuditReport {
  const replaced = new Set(namespaces);
  const isElsewhere = ({ object }: { readonly object?: AuditedObject }): boolean =>
    object === undefined || !replaced.has(placeOf(object));
  const results = [...report.results.filter(isElsewhere), ...part.results].sort(byWeightAndPlace);
  const unknown = withoutTwins([...report.unknown.filter(isElsewhere), ...part.unknown]).sort(byPlace);
  const { startedAt, finishedAt, policyHash } = part.scan;
  const posture = replacePosture(report.posture, part.posture, replaced, ofTenant);
  const { apiVersion, kind } = report;
  return {
    apiVersion,
    kind,
    scan: { ...report.scan, startedAt, finishedAt, policyHash },
    summary: {
      ...report.summary,
      namespaces: part.summary.namespaces,
      tenants: posture.tenants.length,
      ...tallyOf(results),
      unknown: unknown.length,
    },
    results,
    unknown,
    posture,
  };
}

/** The namespace of an object, or the one that it is. */
function placeOf({ namespace, name, kind }: AuditedObject): string {
  return namespace ?? (kind === 'Namespace' ? name : '');
}

/** A resource that cannot be listed is unknown in both. */
function withoutTwins(unknown: readonly AuditUnknown[]): AuditUnknown[] {
  return [
    ...new Map(unknown.map((one) => [JSON.stringify([one.resource, one.object, one.rule, one.message]), one])).values(),
  ];
}

function replacePosture(
  before: Posture,
  part: Posture,
  replaced: ReadonlySet<string>,
  ofTenant: PostureJudge['ofTenant'],
): Posture {
  const kept = before.tenants.flatMap(({ tenant, namespaces }) =>
    namespaces.filter(({ namespace }) => !replaced.has(namespace)).map((namespace) => ({ tenant, namespace })),
  );
  const judged = part.tenants.flatMap(({ tenant, namespaces }) =>
    namespaces.map((namespace) => ({ tenant, namespace })),
  );
  const byTenant = Map.groupBy([...kept, ...judged], ({ tenant }) => tenant);
  const tenants = [...byTenant]
    .sort(([a], [b]) => compareText(a, b))
    .map(([tenant, owned]) => {
      const namespaces = owned.map(({ namespace }) => namespace);
      return ofTenant(
        tenant,
        namespaces.sort((a, b) => compareText(a.namespace, b.namespace)),
      );
    });
  return { cluster: before.cluster, tenants };
}
