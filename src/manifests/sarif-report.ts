import type { PolicySet } from '../policy/policy-set.ts';
import type { RuleMetadata, Severity } from '../policy/rule.ts';
import type { CheckReport, CheckResult } from './check-report.ts';
import { expiredText, leniencyText, announcedText } from './report-wording.ts';

export interface SarifTool {
  readonly version: string | undefined;
  readonly rules: readonly RuleMetadata[];
}

/** The rules of a set that find violations, each once, by id. */
export function checkRulesOf(set: PolicySet): readonly RuleMetadata[] {
  const byId = new Map<string, RuleMetadata>();
  for (const entries of set.checks.values()) for (const { rule } of entries) byId.set(rule.id, rule);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): violations are results,
 * exempt ones are suppressed, and what could not be read or judged is a notification of the run.
 */
export function sarifReport(report: CheckReport, tool: SarifTool): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: driverOf(tool) },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.faults.length + report.undecided.length === 0,
            toolExecutionNotifications: notificationsOf(report),
          },
        ],
        results: report.results.map((result) => resultOf(result, tool.rules)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function driverOf({ version, rules }: SarifTool) {
  return {
    name: 'tenantgate',
    ...(version === undefined ? {} : { semanticVersion: version }),
    rules: rules.map(ruleOf),
  };
}

/** GitHub ranks alerts by this number: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
};

function ruleOf(rule: RuleMetadata) {
  const [helpUri] = rule.references;
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.rationale },
    help: { text: rule.remediation },
    ...(helpUri === undefined ? {} : { helpUri }),
    properties: { tags: ['security'], 'security-severity': securitySeverity[rule.severity] },
  };
}

function resultOf(result: CheckResult, rules: readonly RuleMetadata[]) {
  const justification = leniencyText(result);
  return {
    ruleId: result.rule,
    ruleIndex: rules.findIndex((rule) => rule.id === result.rule),
    level: levelOf(result.mode),
    message: { text: `${announcedText(result)}\nfix: ${result.fix}` },
    locations: [locationOf(result)],
    ...(justification === undefined ? {} : { suppressions: [{ kind: 'external', status: 'accepted', justification }] }),
  };
}

function levelOf(mode: CheckResult['mode']): 'error' | 'warning' | 'note' {
  switch (mode) {
    case 'enforce':
      return 'error';
    case 'warn':
      return 'warning';
    case 'audit':
      return 'note';
  }
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
      message: { text: announcedText(gap) },
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
