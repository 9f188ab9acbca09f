import type { AuditedObject } from '../audit-report.ts';

/** How a result is counted, in the words of both report APIs. */
export const reportStatuses = ['pass', 'fail', 'warn', 'error', 'skip'] as const;

export type ReportStatus = (typeof reportStatuses)[number];

/** One line of a report. */
export interface PolicyResult {
  readonly policy: string;
  readonly rule: string | undefined;
  readonly category: string | undefined;
  readonly severity: string | undefined;
  readonly status: ReportStatus;
  /** Whether it counts for how well the object does. */
  readonly isScored: boolean;
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly object: AuditedObject | undefined;
  /** RFC 3339; undefined where it is not known. */
  readonly since: string | undefined;
}

/** What an audit found in one namespace, or beyond all of them; neither API's shape yet. */
export interface PolicyReport {
  /** Null for what is in no namespace. */
  readonly namespace: string | null;
  /** Counts of all results, those that did not fit included. */
  readonly summary: Readonly<Record<ReportStatus, number>>;
  /** The worst first, as many as fit, and a last one that tells of the rest. */
  readonly results: readonly PolicyResult[];
}
