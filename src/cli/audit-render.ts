import { junitReport } from '../audit-output/junit-report.ts';
import { sarifReport } from '../audit-output/sarif-report.ts';
import { tableReport } from '../audit-output/table-report.ts';
import { wideReport } from '../audit-output/wide-report.ts';
import { yamlReport } from '../audit-output/yaml-report.ts';
import type { AuditReport } from '../audit/audit-report.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { jsonText } from '../report-formats/json-text.ts';
import { isFailingResult } from './audit-exit-code.ts';
import { auditedRules } from './audit-filters.ts';
import type { FailOn } from './check-exit-code.ts';
import { hasColour, type Terminal } from './terminal.ts';

export const auditOutputs = ['table', 'wide', 'json', 'yaml', 'sarif', 'junit', 'html'] as const;

export type AuditOutput = (typeof auditOutputs)[number];

/** What a report is rendered with. */
export interface AuditRendering {
  readonly output: AuditOutput;
  readonly policySet: PolicySet;
  readonly failOn: FailOn;
  readonly version: string | undefined;
  readonly terminal: Terminal;
}

/** The report in the format that is asked for. */
export async function renderAudit(
  report: AuditReport,
  { output, policySet, failOn, version, terminal }: AuditRendering,
): Promise<string> {
  switch (output) {
    case 'table':
      return tableReport(report, { width: terminal.columns, hasColour: hasColour(terminal) });
    case 'wide':
      return wideReport(report, hasColour(terminal));
    case 'json':
      return jsonText(report);
    case 'yaml':
      return yamlReport(report);
    case 'sarif':
      return sarifReport(report, { version, rules: auditedRules(policySet) });
    case 'junit':
      return junitReport(report, (result) => isFailingResult(result, failOn));
    case 'html': {
      // The page is a tenth of the program: only who asks for it waits for it.
      const { htmlPage } = await import('../audit-output/html/html-page.ts');
      return htmlPage(report, { rules: auditedRules(policySet), version });
    }
  }
}
