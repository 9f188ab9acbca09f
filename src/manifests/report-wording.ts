import { counted, exemptionText, objectText } from '../report-formats/finding-wording.ts';
import { printable } from '../report-formats/printable.ts';
import type { CheckExpiredExemption, CheckReport, CheckResult } from './check-report.ts';

/** Why a violation is let pass, or undefined where it is not. */
export function leniencyText({ leniency }: CheckResult): string | undefined {
  if (leniency === undefined) return undefined;
  if (leniency.kind === 'preexisting') return 'the object had it before';
  return exemptionText(leniency);
}

/** Which exemption lets nothing pass any more. */
export function expiredText({ object, owner, policy, expires }: CheckExpiredExemption): string {
  return printable(`${objectText(object)}: the exemption of ${owner} in policy ${policy} ended on ${expires}`);
}

/** The whole check in one line. */
export function summaryText({ summary }: CheckReport): string {
  const { enforce, warn, audit } = summary.violations;
  const modes = `${enforce} enforce, ${warn} warn, ${audit} audit`;
  const parts = [
    `${counted(enforce + warn + audit, 'violation')} (${modes})`,
    `${summary.exempt} exempt`,
    `${summary.undecided} undecided`,
    counted(summary.faults, 'fault'),
    counted(summary.expiredExemptions, 'expired exemption'),
  ];
  return `${counted(summary.objects, 'object')}, ${summary.judged} judged: ${parts.join(', ')}`;
}
