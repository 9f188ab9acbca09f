import { problemText } from '../report-formats/finding-wording.ts';
import { paintFor, type Colour, type Paint } from '../report-formats/paint.ts';
import { printable, printableLines } from '../report-formats/printable.ts';
import type { CheckReport, CheckResult } from './check-report.ts';
import { expiredText, leniencyText, summaryText } from './report-wording.ts';

/** The report for people: a line for each finding that editors can jump to, with its fix, and a summary. */
export function textReport(report: CheckReport, hasColour: boolean): string {
  const paint = paintFor(hasColour);
  const lines = [
    ...report.faults.map((fault) => `${placeOf(fault)} ${paint('red', 'unreadable')} ${printable(fault.message)}`),
    ...report.undecided.map((gap) => `${placeOf(gap)} ${paint('red', 'undecided')} ${gap.rule} ${problemText(gap)}`),
    ...report.results.flatMap((result) => resultLines(result, paint)),
    ...report.expiredExemptions.map(
      (expired) => `${placeOf(expired)} ${paint('yellow', 'expired')} ${expired.rule} ${expiredText(expired)}`,
    ),
  ];
  const { enforce, warn, audit } = report.summary.violations;
  const isClean = enforce + warn + audit + report.summary.undecided + report.summary.faults === 0;
  return [...lines, paint(isClean ? 'green' : 'red', summaryText(report)), ''].join('\n');
}

function placeOf({
  file,
  line,
  column,
}: {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}): string {
  return `${printable(file)}:${line}:${column}`;
}

function resultLines(result: CheckResult, paint: Paint): readonly string[] {
  const leniency = leniencyText(result);
  const strength = leniency === undefined ? strengthOf(result.mode) : ' (let pass)';
  const head = `${placeOf(result)} ${paint(colourOf(result), result.severity)}${strength} ${result.rule} ${problemText(result)}`;
  if (leniency !== undefined) return [head, paint('dim', `    ${leniency}`)];
  return [head, ...printableLines(`fix: ${result.fix}`).map((line) => paint('dim', `    ${line}`))];
}

function strengthOf(mode: CheckResult['mode']): string {
  return mode === 'enforce' ? '' : ` (${mode})`;
}

function colourOf({ severity, mode, leniency }: CheckResult): Colour {
  if (leniency !== undefined) return 'dim';
  if (mode !== 'enforce') return 'blue';
  return severity === 'critical' || severity === 'high' ? 'red' : 'yellow';
}
