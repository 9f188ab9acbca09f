import { worstOf, type CheckStatus, type DoctorCheck, type DoctorRemark } from '../admission/doctor/doctor-check.ts';
import { jsonText } from '../report-formats/json-text.ts';
import { printable } from '../report-formats/printable.ts';

/** 1 for what is wrong, whatever else is not known: that is certain. 2 where nothing is wrong and something is not known. */
export function doctorExitCode(checks: readonly DoctorCheck[]): 0 | 1 | 2 {
  const codes = { ok: 0, wrong: 1, unknown: 2 } as const satisfies Record<CheckStatus, number>;
  return codes[worstOf(checks)];
}

/** For people: a line for each check, and below it what was found and how to mend it. */
export function doctorText(checks: readonly DoctorCheck[]): string {
  const idWidth = Math.max(...checks.map(({ id }) => id.length));
  const lines = checks.flatMap(({ id, status, evidence, remarks }) => [
    `${status.padEnd('unknown'.length)}  ${id.padEnd(idWidth)}  ${printable(evidence)}`,
    ...remarks.flatMap((remark, index) => remarkLines(remark, remarks[index + 1]?.fix)),
  ]);
  return [...lines, '', summaryOf(checks), ''].join('\n');
}

/** For programs. */
export function doctorJson(checks: readonly DoctorCheck[]): string {
  return jsonText({ result: worstOf(checks), checks });
}

/**
 * Several remarks in a row that one command mends have it once, below the last of them. Names and values come from the
 * cluster: none may move the cursor of a terminal.
 */
function remarkLines({ status, message, fix }: DoctorRemark, nextFix: string | undefined): readonly string[] {
  const fixLine = fix === undefined || fix === nextFix ? [] : [`    fix: ${printable(fix)}`];
  return [`  ${status}: ${printable(message)}`, ...fixLine];
}

function summaryOf(checks: readonly DoctorCheck[]): string {
  const count = (wanted: CheckStatus): number => checks.filter(({ status }) => status === wanted).length;
  return `${checks.length} checks: ${count('ok')} ok, ${count('wrong')} wrong, ${count('unknown')} unknown`;
}
