import type { AuditReport, AuditResult } from '../audit/audit-report.ts';
import { standingOf } from '../audit/tally.ts';
import { isAtLeast, type FailOn } from './check-exit-code.ts';

/** Whether a result ends the audit with 1: a violation for certain that is strong enough, and that no exemption lets pass. */
export function isFailingResult(result: AuditResult, failOn: FailOn): boolean {
  return standingOf(result) === 'violation' && failOn !== 'never' && isAtLeast(result.mode, failOn);
}

/** 2 where something could not be judged, since nobody knows what it hides; 1 for violations; else 0. */
export function auditExitCode({ results, unknown }: AuditReport, failOn: FailOn): 0 | 1 | 2 {
  if (unknown.length > 0) return 2;
  return results.some((result) => isFailingResult(result, failOn)) ? 1 : 0;
}
