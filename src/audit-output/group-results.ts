import type { AuditResult } from '../audit/audit-report.ts';
import { objectKey } from '../audit/object-key.ts';
import { severities } from '../policy/rule.ts';

/** Results of one object, most severe first. */
export interface ObjectGroup {
  readonly object: AuditResult['object'];
  readonly results: readonly AuditResult[];
}

/** Objects of one namespace, or those of the cluster that are a tenant’s or nobody’s. */
export interface PlaceGroup {
  readonly tenant: string | undefined;
  /** Undefined for objects of the cluster. */
  readonly namespace: string | undefined;
  readonly objects: readonly ObjectGroup[];
}

/** Results by tenant, namespace and object: what has the most severe one comes first, then what has the first name. */
export function groupResults(results: readonly AuditResult[]): readonly PlaceGroup[] {
  const tenants = groupBy(results, ({ tenant }) => tenant ?? '');
  return tenants.flatMap(([, ofTenant]) =>
    groupBy(ofTenant, ({ object }) => namespaceOf(object) ?? '').map(([, ofPlace]) => ({
      tenant: ofPlace[0]?.tenant,
      namespace: ofPlace[0] && namespaceOf(ofPlace[0].object),
      objects: groupBy(ofPlace, ({ object }) => objectKey(object)).flatMap(([, ofObject]) => {
        const [first] = ofObject;
        return first === undefined ? [] : [{ object: first.object, results: ofObject.toSorted(bySeverity) }];
      }),
    })),
  );
}

/** A Namespace is told of with what is in it. */
function namespaceOf({ kind, namespace, name }: AuditResult['object']): string | undefined {
  return namespace ?? (kind === 'Namespace' ? name : undefined);
}

function groupBy(
  results: readonly AuditResult[],
  keyOf: (result: AuditResult) => string,
): readonly (readonly [string, readonly AuditResult[]])[] {
  const worst = (group: readonly AuditResult[]): number => Math.min(...group.slice(0, 1).map(rankOf));
  return [...Map.groupBy(results.toSorted(bySeverity), keyOf)].sort(
    ([a, one], [b, other]) => worst(one) - worst(other) || (a < b ? -1 : 1),
  );
}

function bySeverity(a: AuditResult, b: AuditResult): number {
  return rankOf(a) - rankOf(b);
}

function rankOf({ severity }: AuditResult): number {
  return severities.indexOf(severity);
}
