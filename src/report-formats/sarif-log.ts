import type { Mode } from '../policy/policy-document.ts';
import type { RuleMetadata, Severity } from '../policy/rule.ts';
import { jsonText } from './json-text.ts';

/** What made the log. */
export interface SarifTool {
  readonly version: string | undefined;
  readonly rules: readonly RuleMetadata[];
}

/** What a run found, in the words of SARIF. */
export interface SarifRun {
  /** Whether everything was read and judged. */
  readonly isComplete: boolean;
  readonly invocation?: object;
  readonly notifications: readonly object[];
  readonly results: readonly object[];
  readonly properties?: object;
}

/**
 * A log of one run as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): violations are
 * results, and what could not be read or judged is a notification of the run.
 */
export function sarifLog(
  tool: SarifTool,
  { isComplete, invocation, notifications, results, properties }: SarifRun,
): string {
  return jsonText({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: driverOf(tool) },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: isComplete, ...invocation, toolExecutionNotifications: notifications }],
        results,
        ...(properties === undefined ? {} : { properties }),
      },
    ],
  });
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

/** How a result names its rule. */
export function sarifRuleReference(tool: SarifTool, id: string) {
  return { ruleId: id, ruleIndex: tool.rules.findIndex((rule) => rule.id === id) };
}

/** How a mode is told: what would be denied is an error. */
export function sarifLevelOf(mode: Mode): 'error' | 'warning' | 'note' {
  switch (mode) {
    case 'enforce':
      return 'error';
    case 'warn':
      return 'warning';
    case 'audit':
      return 'note';
  }
}

/** A result that somebody answers for. */
export function sarifSuppressions(justification: string | undefined) {
  return justification === undefined ? {} : { suppressions: [{ kind: 'external', status: 'accepted', justification }] };
}
