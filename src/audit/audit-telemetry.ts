import type { AuditReport } from './audit-report.ts';

/** How an audit ended. `incomplete`: something could not be judged; `failed`: there is no report. */
export type AuditOutcome = 'complete' | 'incomplete' | 'failed';

/** What the last audits of a server found, for whoever asks. */
export interface AuditState {
  /** Whether this server is the one that audits. */
  readonly isLeader: boolean;
  /** The last report of this server; undefined before its first, and where it does not lead. */
  readonly report: AuditReport | undefined;
  /** When its last audit of everything ended that could judge all. */
  readonly lastComplete: Date | undefined;
  /** How long its last audit of everything took. */
  readonly durationSeconds: number | undefined;
}

/** Told of audits as they end. */
export interface AuditObserver {
  countAudit(outcome: AuditOutcome): void;
  /** A violation was found that was not there before; seconds since the object was last written. */
  observeDetection(severity: string, seconds: number): void;
  /** A violation is gone; seconds since it was found. */
  observeRepair(severity: string, seconds: number): void;
}
