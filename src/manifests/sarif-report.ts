import type { PolicySet } from '../policy/policy-set.ts';
import type { RuleMetadata } from '../policy/rule.ts';
import { problemText } from '../report-formats/finding-wording.ts';
import {
  sarifLevelOf,
  sarifLog,
  sarifRuleReference,
  sarifSuppressions,
  type SarifTool,
} from '../report-formats/sarif-log.ts';
import type { CheckReport, CheckResult } from './check-report.ts';
import { expiredText, leniencyText } from './report-wording.ts';

/** The rules of a set that find violations, each once, by id. */
export function checkRulesOf(set: PolicySet): readonly RuleMetadata[] {
  const byId = new Map<string, RuleMetadata>();
  for (const entries of set.checks.values()) for (const { rule } of entries) byId.set(rule.id, rule);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The report as a SARIF log: exempt violations are suppressed. */
export function sarifReport(report: CheckReport, tool: SarifTool): string {
  return sarifLog(tool, {
    isComplete: report.faults.length + report.undecided.length === 0,
    notifications: notificationsOf(report),
    results: report.results.map((result) => resultOf(result, tool)),
  });
}

function resultOf(result: CheckResult, tool: SarifTool) {
  return {
    ...sarifRuleReference(tool, result.rule),
    level: sarifLevelOf(result.mode),
    message: { text: `${problemText(result)}\nfix: ${result.fix}` },
    locations: [locationOf(result)],
    ...sarifSuppressions(leniencyText(result)),
  };
}

function notificationsOf({ faults, undecided, expiredExemptions }: CheckReport) {
  return [
    ...faults.map((fault) => ({
      descriptor: { id: 'unreadable-manifest' },
      level: 'error',
      message: { text: fault.message },
      locations: [locationOf(fault)],
    })),
    ...undecided.map((gap) => ({
      descriptor: { id: 'undecided' },
      associatedRule: { id: gap.rule },
      level: 'error',
      message: { text: problemText(gap) },
      locations: [locationOf(gap)],
    })),
    ...expiredExemptions.map((expired) => ({
      descriptor: { id: 'expired-exemption' },
      associatedRule: { id: expired.rule },
      level: 'warning',
      message: { text: expiredText(expired) },
      locations: [locationOf(expired)],
    })),
  ];
}

function locationOf({ file, line, column }: { readonly file: string; readonly line: number; readonly column: number }) {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: { startLine: line, startColumn: column },
    },
  };
}

/** A relative path as a relative reference, an absolute one as a file URL (RFC 3986). */
function uriOf(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  if (file.startsWith('/')) return `file://${path}`;
  return /^[A-Za-z]:\//.test(file) ? `file:///${path.replace('%3A', ':')}` : path;
}
