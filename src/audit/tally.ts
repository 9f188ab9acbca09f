import type { AuditReport, AuditResult } from './audit-report.ts';

/** What results a summary counts. */
export type Tally = Pick<AuditReport['summary'], 'violations' | 'toConfirm' | 'exempt'>;

/** What a result counts as, each as one thing only. */
export type Standing = 'violation' | 'to-confirm' | 'exempt';

export function standingOf({ exemption, writer }: AuditResult): Standing {
  if (exemption !== undefined) return 'exempt';
  return writer === 'tenant' ? 'to-confirm' : 'violation';
}

/** Counts results by what they count as, and violations by mode. */
export function tallyOf(results: readonly AuditResult[]): Tally {
  const violations = { enforce: 0, warn: 0, audit: 0 };
  let [toConfirm, exempt] = [0, 0];
  for (const result of results) {
    const standing = standingOf(result);
    if (standing === 'exempt') exempt += 1;
    else if (standing === 'to-confirm') toConfirm += 1;
    else violations[result.mode] += 1;
  }
  return { violations, toConfirm, exempt };
}
