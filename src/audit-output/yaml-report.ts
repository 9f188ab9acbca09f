import { Document, Scalar, visit } from 'yaml';

import type { AuditReport } from '../audit/audit-report.ts';
import { printable, printableLines } from '../report-formats/printable.ts';

/**
 * The report as YAML that readers of YAML 1.1 take for the same, Kubernetes among them: no text looks like a date or a
 * truth value. Text that does not print is quoted, where YAML has escapes for it, so it reads back
 * as it was.
 */
export function yamlReport(report: AuditReport): string {
  const document = new Document(report, { aliasDuplicateObjects: false, version: '1.1' });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && !isPrintable(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return printableLines(document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity })).join('\n');
}

function isPrintable(text: string): boolean {
  return text.split('\n').every((line) => printable(line) === line);
}
