import type { AuditResult } from './audit-report.ts';

/** What a result counts as, each as one thing only. */
export type Standing = 'violation' | 'to-confirm' | 'exempt';

export function standingOf({ exemption, writer }: AuditResult): Standing {
  if (exemption !== undefined) return 'exempt';
  return writer === 'tenant' ? 'to-confirm' : 'violation';
}
