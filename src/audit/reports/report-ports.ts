import type { ReportObject } from './report-object.ts';

/** What became of the reports of one audit. */
export type ReportsStored =
  | {
      readonly state: 'stored';
      readonly created: number;
      readonly updated: number;
      readonly deleted: number;
      /** Those that were as they should be: nothing was written. */
      readonly unchanged: number;
      /** Those that could not be written or deleted, and why; the next audit tries again. */
      readonly problems: readonly string[];
    }
  /** The API server serves no such reports: their CRDs are not installed. */
  | { readonly state: 'absent' }
  /** The reports that are there could not be read: nothing was changed. */
  | { readonly state: 'failed'; readonly problem: string };

/** Keeps the reports in a cluster. */
export interface ReportStore {
  /** Makes what is stored what is wanted, and touches no report of anybody else. Never rejects. */
  store(wanted: readonly ReportObject[], signal: AbortSignal): Promise<ReportsStored>;
}
