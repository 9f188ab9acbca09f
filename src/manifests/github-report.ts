import { problemText } from '../report-formats/finding-wording.ts';
import { printableLines } from '../report-formats/printable.ts';
import type { CheckReport, CheckResult } from './check-report.ts';
import { commandOf, type Annotation, type AnnotationLevel } from './github-command.ts';
import { expiredText, leniencyText, summaryText } from './report-wording.ts';

/** Annotations of a GitHub workflow, shown at the lines of a pull request, and a summary for the log. */
export function githubReport(report: CheckReport): string {
  const annotations: readonly Annotation[] = [
    ...report.faults.map((fault): Annotation => ({ ...fault, level: 'error', title: 'unreadable manifest' })),
    ...report.undecided.map((gap): Annotation => ({
      ...gap,
      level: 'error',
      title: `${gap.rule} undecided`,
      message: problemText(gap),
    })),
    ...report.results.map((result): Annotation => ({
      ...result,
      level: levelOf(result),
      title: result.rule,
      message: [problemText(result), leniencyText(result) ?? printableLines(`fix: ${result.fix}`).join('\n')].join(
        '\n',
      ),
    })),
    ...report.expiredExemptions.map((expired): Annotation => ({
      ...expired,
      level: 'warning',
      title: `${expired.rule} exemption expired`,
      message: expiredText(expired),
    })),
  ];
  return [...annotations.map(commandOf), summaryText(report), ''].join('\n');
}

function levelOf({ mode, leniency }: CheckResult): AnnotationLevel {
  if (leniency !== undefined) return 'notice';
  switch (mode) {
    case 'enforce':
      return 'error';
    case 'warn':
      return 'warning';
    case 'audit':
      return 'notice';
  }
}
