import type { AuditReport, AuditResult, AuditUnknown } from '../../../audit/audit-report.ts';

/** What the page says of a rule. */
export interface RuleText {
  readonly id: string;
  readonly title: string;
  readonly rationale: string;
  readonly remediation: string;
  readonly references: readonly string[];
  /** The rule’s page, where it is known. */
  readonly url?: string | undefined;
}

/** What the page is made from; the script gets it as JSON. */
export interface PageData {
  readonly report: AuditReport;
  /** The rules that the report names and that are known, by id. */
  readonly rules: readonly RuleText[];
  readonly version?: string | undefined;
}

/** The lists that findings are shown in, in this order. */
export const parts = ['violations', 'confirm', 'exempt', 'fixed', 'unknown'] as const;
export type Part = (typeof parts)[number];

/** One entry of a list, with an id that stays the same from audit to audit. */
export type Finding = ResultFinding | UnknownFinding;

export interface ResultFinding {
  readonly id: string;
  readonly part: Exclude<Part, 'unknown'>;
  /** Only in a comparison. */
  readonly change: 'new' | 'unchanged' | undefined;
  readonly result: AuditResult;
}

export interface UnknownFinding {
  readonly id: string;
  readonly part: 'unknown';
  readonly unknown: AuditUnknown;
}
