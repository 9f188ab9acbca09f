import type { AuditReport } from './audit-report.ts';

/** The report with what of its source could not be read, such as a broken file: what is in there is not known. */
export function withFaults(report: AuditReport, faults: readonly string[]): AuditReport {
  if (faults.length === 0) return report;
  const unknown = [...faults.map((message) => ({ message })), ...report.unknown];
  return { ...report, unknown, summary: { ...report.summary, unknown: unknown.length } };
}
