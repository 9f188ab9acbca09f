import type { AuditReport, AuditResult } from './audit-report.ts';
import { knownAgain } from './known-again.ts';
import { objectKey } from './object-key.ts';
import { carryPosture } from './posture/carry-posture.ts';

/**
 * The report with what an earlier one knew: since when each result and each state of a layer is there, and which results
 * are gone. Results are the same by rule, object, field and message, else by two of rule's field and message: a list may
 * have got shorter, or a value been changed to one that is no better.
 */
export function compareAudits(report: AuditReport, earlier: AuditReport): AuditReport {
  const left = new LeftResults(earlier.results);
  const matches = new Map<AuditResult, AuditResult>();
  for (const key of [exactKey, fieldKey, messageKey]) {
    const taken = left.takeBy(key);
    for (const result of report.results) {
      const match = matches.has(result) ? undefined : taken(result);
      if (match !== undefined) matches.set(result, match);
    }
  }
  const firstFound = (result: AuditResult): string => {
    const match = matches.get(result);
    return match === undefined ? report.scan.startedAt : (match.since ?? earlier.scan.startedAt);
  };
  return {
    ...report,
    scan: { ...report.scan, comparedWith: earlier.scan.startedAt },
    results: report.results.map((result) => ({ ...result, since: firstFound(result) })),
    fixed: left.rest().filter(knownAgain(report)),
    posture: carryPosture(earlier.posture, report.posture, report.scan.startedAt, earlier.scan.startedAt),
  };
}

/** What became of the results since the earlier audit. */
export interface Changes {
  readonly new: number;
  readonly fixed: number;
  readonly unchanged: number;
}

/** Counts of a comparison; undefined where nothing was compared. */
export function changesIn(report: AuditReport): Changes | undefined {
  if (report.scan.comparedWith === undefined) return undefined;
  const found = report.results.filter((result) => isNew(report, result)).length;
  return { new: found, fixed: report.fixed?.length ?? 0, unchanged: report.results.length - found };
}

/** Whether the earlier audit did not have it. */
export function isNew({ scan }: AuditReport, { since }: AuditResult): boolean {
  return scan.comparedWith !== undefined && since === scan.startedAt;
}

type KeyOf = (result: AuditResult) => string;

const exactKey: KeyOf = ({ rule, object, field, message }) => JSON.stringify([rule, objectKey(object), field, message]);
const fieldKey: KeyOf = ({ rule, object, field }) => JSON.stringify([rule, objectKey(object), field]);
const messageKey: KeyOf = ({ rule, object, message }) => JSON.stringify([rule, objectKey(object), message]);

/** Results of the earlier audit that no result of this one is the same as, yet. */
class LeftResults {
  readonly #left: Set<AuditResult>;

  constructor(results: readonly AuditResult[]) {
    this.#left = new Set(results);
  }

  /** Takes the first one that has the same key, each once. */
  takeBy(keyOf: KeyOf): (result: AuditResult) => AuditResult | undefined {
    const byKey = new Map<string, AuditResult[]>();
    for (const result of this.#left) {
      const key = keyOf(result);
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [result]);
      else list.push(result);
    }
    return (result) => {
      const match = byKey.get(keyOf(result))?.shift();
      if (match !== undefined) this.#left.delete(match);
      return match;
    };
  }

  rest(): readonly AuditResult[] {
    return [...this.#left];
  }
}
