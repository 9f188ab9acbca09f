import { htmlPage } from '../audit-output/html/html-page.ts';
import type { AuditReport } from '../audit/audit-report.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { jsonText } from '../report-formats/json-text.ts';
import type { ShownReport } from '../server/page-listener.ts';
import { auditedRules } from './audit-filters.ts';

/** The last report as it is shown; the page of each is made once, when somebody asks for it. */
export function shownAudit(
  reportOf: () => AuditReport | undefined,
  policySet: () => PolicySet,
): () => ShownReport | undefined {
  let made: { readonly report: AuditReport; readonly html: string } | undefined;
  return () => {
    const report = reportOf();
    if (report === undefined) return undefined;
    return {
      html: () => {
        if (made?.report !== report)
          made = { report, html: htmlPage(report, { rules: auditedRules(policySet()), version: undefined }) };
        return made.html;
      },
      json: () => jsonText(report),
    };
  };
}
