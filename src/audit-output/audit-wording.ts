import type { AuditReport, AuditResult, AuditUnknown, Evidence } from '../audit/audit-report.ts';
import { changesIn, isNew } from '../audit/compare-audits.ts';
import { counted, objectText } from '../report-formats/finding-wording.ts';
import { printable } from '../report-formats/printable.ts';

/** What could not be judged: `pods: …`, `Pod acme-dev/web pods/host-network: …`. */
export function unknownText({ object, resource, rule, message }: AuditUnknown): string {
  const what = [object === undefined ? resource : objectText(object), rule].filter((part) => part !== undefined);
  return printable(what.length === 0 ? message : `${what.join(' ')}: ${message}`);
}

/** What a state of a layer rests on. */
export function evidenceText({ object, field, message }: Evidence): string {
  const where = [object === undefined ? undefined : objectText(object), field].filter((part) => part !== undefined);
  return printable(where.length === 0 ? message : `${where.join(' ')}: ${message}`);
}

/** Objects made from it that have it too. */
export function copiesText({ copies }: AuditResult): string | undefined {
  return copies === 0 ? undefined : `and in ${counted(copies, 'object')} made from it`;
}

/** Since when it is known, where a comparison tells. */
export function ageText(report: AuditReport, result: AuditResult): string | undefined {
  if (isNew(report, result)) return 'new';
  return result.since === undefined ? undefined : printable(`since ${instantText(result.since)}`);
}

/** What was read, when, and how the report was narrowed. */
export function scanText({ scan }: AuditReport): string {
  const narrowed = scan.filters.length === 0 ? '' : `, narrowed to ${scan.filters.join(' ')}`;
  return printable(`Audit of ${scan.source}, ${instantText(scan.startedAt)}, policies ${scan.policyHash}${narrowed}`);
}

/** What became of the results since the earlier audit; undefined where nothing was compared. */
export function changesText(report: AuditReport): string | undefined {
  const changes = changesIn(report);
  if (changes === undefined) return undefined;
  const counts = `${changes.new} new, ${changes.fixed} fixed, ${changes.unchanged} unchanged`;
  return printable(`Since the audit of ${instantText(report.scan.comparedWith ?? '')}: ${counts}`);
}

/** The whole audit in one line. */
export function summaryText({ summary }: AuditReport): string {
  const { enforce, warn, audit } = summary.violations;
  const scope = [
    counted(summary.objects, 'object'),
    `${summary.judged} judged`,
    counted(summary.namespaces, 'namespace'),
    counted(summary.tenants, 'tenant'),
  ];
  const found = [
    `${counted(enforce + warn + audit, 'violation')} (${enforce} enforce, ${warn} warn, ${audit} audit)`,
    `${summary.toConfirm} to confirm`,
    `${summary.exempt} exempt`,
    `${summary.unknown} unknown`,
  ];
  return `${scope.join(', ')}: ${found.join(', ')}`;
}

/** An instant as people read it, to the minute; whatever else an earlier report holds in its place, as it is. */
export function instantText(instant: string): string {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(instant) ?? [];
  return day === undefined || minute === undefined ? printable(instant) : `${day} ${minute} UTC`;
}
