import type { AuditReport, AuditResult, AuditUnknown, TenantPosture } from './audit-report.ts';

/** A piece of a report that is handed over in turns: the first has no lists, each other is some of one of them. */
export type ReportPart =
  | { readonly report: AuditReport }
  | { readonly results: readonly AuditResult[] }
  | { readonly unknown: readonly AuditUnknown[] }
  | { readonly tenants: readonly TenantPosture[] };

/** So few that they are copied in about a millisecond. */
const mostEntries = 100;

/** Takes a report apart. What a scan of one set of lists makes has no `fixed`: that comes of a comparison. */
export function* reportParts(report: AuditReport): Generator<ReportPart, void, undefined> {
  const { results, unknown, posture } = report;
  yield { report: { ...report, results: [], unknown: [], posture: { ...posture, tenants: [] } } };
  for (const part of inPieces(results, () => 1)) yield { results: part };
  for (const part of inPieces(unknown, () => 1)) yield { unknown: part };
  for (const part of inPieces(posture.tenants, ({ namespaces }) => namespaces.length)) yield { tenants: part };
}

function* inPieces<T>(list: readonly T[], sizeOf: (one: T) => number): Iterable<readonly T[]> {
  let piece: T[] = [];
  let size = 0;
  for (const one of list) {
    piece.push(one);
    size += sizeOf(one);
    if (size < mostEntries) continue;
    yield piece;
    [piece, size] = [[], 0];
  }
  if (piece.length > 0) yield piece;
}

/** Puts a report together again. */
export class ReportJoin {
  #report: AuditReport | undefined;

  add(part: ReportPart): void {
    if ('report' in part) {
      this.#report = part.report;
      return;
    }
    const { results, unknown, posture } = this.report();
    if ('results' in part) results.push(...part.results);
    else if ('unknown' in part) unknown.push(...part.unknown);
    else posture.tenants.push(...part.tenants);
  }

  /** Once all parts are in. */
  report(): AuditReport {
    if (this.#report === undefined) throw new Error('The first part of the report is not there.');
    return this.#report;
  }
}
