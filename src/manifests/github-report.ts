import type { CheckReport, CheckResult } from './check-report.ts';
import { printable, printableLines } from './printable.ts';
import { expiredText, leniencyText, problemText, summaryText } from './report-wording.ts';

type Level = 'error' | 'warning' | 'notice';

interface Annotation {
  readonly level: Level;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly title: string;
  readonly message: string;
}

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

function levelOf({ mode, leniency }: CheckResult): Level {
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

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function commandOf({ level, file, line, column, title, message }: Annotation): string {
  const place = `file=${escapeProperty(printable(file))},line=${line},col=${column}`;
  return `::${level} ${place},title=${escapeProperty(title)}::${escapeData(message)}`;
}

/** As `escapeData` in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
