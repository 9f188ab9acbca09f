import { readFileSync } from 'node:fs';

import type { Parsed } from '../algebra/fault.ts';
import type { AuditReport } from '../audit/audit-report.ts';
import { filterTexts, type AuditFilters } from '../audit/narrow-report.ts';
import { readAuditReport } from '../audit/read-audit-report.ts';

/** Enough to see what is wrong with a file: one of another kind has a fault in every line. */
const mostFaults = 10;

const howToMake = '`tenantgate audit --output json` writes such a file';

/** What an earlier audit found, or why it cannot be compared with. */
export function readEarlierAudit(
  file: string,
  filters: AuditFilters,
): { readonly ok: true; readonly value: AuditReport } | { readonly ok: false; readonly problems: readonly string[] } {
  const parsed = readReport(file);
  if (!parsed.ok) {
    const told = parsed.faults
      .slice(0, mostFaults)
      .map(({ field, message }) => `--since ${file}: ${field === '' ? '' : `${field} `}${message}`);
    const more = parsed.faults.length - told.length;
    return { ok: false, problems: [...told, ...(more > 0 ? [`--since ${file}: ${more} more faults`] : [])] };
  }
  const { filters: earlier } = parsed.value.scan;
  const isSame = earlier.join('\n') === filterTexts(filters).join('\n');
  if (earlier.length === 0 || isSame) return parsed;
  const message = `--since ${file}: that audit was narrowed to ${earlier.join(' ')}, and what it left out is not known: narrow this one likewise, or give an audit of everything`;
  return { ok: false, problems: [message] };
}

/** What makes a comparison say less than it seems to. */
export function comparisonRemarks(report: AuditReport, earlier: AuditReport): readonly string[] {
  const [now, before] = [report.scan, earlier.scan];
  return [
    ...(now.source === before.source ? [] : [`the earlier audit read ${before.source}, this one ${now.source}`]),
    ...(now.policyHash === before.policyHash
      ? []
      : ['the policies have changed since: what is new or fixed may be so by them alone']),
    ...(now.startedAt > before.startedAt ? [] : ['the earlier audit did not begin before this one']),
  ];
}

function readReport(file: string): Parsed<AuditReport> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return fault(`cannot be read: ${error.message}`);
    throw error;
  }
  try {
    return readAuditReport(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return fault(`is not JSON: ${error.message}; ${howToMake}`);
    throw error;
  }
}

function fault(message: string): Parsed<never> {
  return { ok: false, faults: [{ field: '', message }] };
}
