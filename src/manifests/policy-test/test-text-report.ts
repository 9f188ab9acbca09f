import { paintFor, type Colour, type Paint } from '../../report-formats/paint.ts';
import { printable, printableLines } from '../../report-formats/printable.ts';
import type { TestReport, TestResult } from './test-report.ts';

/** The table for people: a line for each case, and for one that failed what was expected (-) and what came out (+). */
export function testTextReport(report: TestReport, hasColour: boolean): string {
  const paint = paintFor(hasColour);
  const widths = [...columnsOf(report.results)];
  const lines = report.results.flatMap((result, index) => {
    const isFirst =
      report.results[index - 1]?.file !== result.file || report.results[index - 1]?.suite !== result.suite;
    const title = `${index === 0 ? '' : '\n'}${printable(`${result.suite} (${result.file})`)}`;
    return [...(isFirst ? [title] : []), rowOf(result, widths, paint), ...differenceLines(result, paint)];
  });
  const faults = report.faults.map(
    ({ file, line, column, message }) =>
      `${printable(file)}:${line}:${column} ${paint('red', 'fault')} ${printable(message)}`,
  );
  const isClean = report.summary.failed + report.summary.faults === 0;
  const summary = paint(isClean ? 'green' : 'red', testSummary(report));
  return [...lines, ...(lines.length === 0 ? [] : ['']), ...faults, summary, ''].join('\n');
}

/** The whole run in one line. */
export function testSummary({ summary }: TestReport): string {
  const { suites, cases, passed, failed, skipped, faults } = summary;
  const left = skipped === 0 ? '' : `, ${skipped} left out`;
  return `${suites} suite${suites === 1 ? '' : 's'}, ${cases} case${cases === 1 ? '' : 's'}: ${passed} passed, ${failed} failed${left}, ${faults} fault${faults === 1 ? '' : 's'}`;
}

function cellsOf({ case: name, operation, object, decision }: TestResult): readonly string[] {
  return [printable(name), printable(`${operation} ${object}`), decision];
}

function columnsOf(results: readonly TestResult[]): readonly number[] {
  return [0, 1].map((column) => Math.max(0, ...results.map((result) => cellsOf(result)[column]?.length ?? 0)));
}

function rowOf(result: TestResult, widths: readonly number[], paint: Paint): string {
  const mark = result.passed ? paint('green', 'ok  ') : paint('red', 'FAIL');
  return `  ${mark}  ${cellsOf(result)
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')}`;
}

function differenceLines({ differences }: TestResult, paint: Paint): readonly string[] {
  return differences.flatMap(({ file, line, column, field, expected, actual }) => [
    `        ${printable(file)}:${line}:${column} ${field}`,
    ...signed('-', expected, 'red', paint),
    ...signed('+', actual, 'green', paint),
  ]);
}

function signed(sign: string, value: string | null, colour: Colour, paint: Paint): readonly string[] {
  if (value === null) return [];
  return printableLines(value).map((line) => paint(colour, `          ${sign} ${line}`));
}
