import { noticeOf } from '../policy/mode-schedule.ts';
import type { CheckExpiredExemption, CheckReport, CheckResult, CheckUndecided } from './check-report.ts';
import type { ObjectReference } from './manifest-object.ts';
import { printable } from './printable.ts';

/** An object on one line: `NetworkPolicy acme-dev/web`. */
export function objectText({ kind, namespace, name }: ObjectReference): string {
  const path = namespace === null ? name : `${namespace}/${name}`;
  return printable(path === '' ? kind : `${kind} ${path}`);
}

/** What is wrong, and with what: `NetworkPolicy acme-dev/web spec.ingress[0]: …`. */
function problemText({ object, field, message }: CheckResult | CheckUndecided): string {
  const where = field === '' ? objectText(object) : `${objectText(object)} ${printable(field)}`;
  return `${where}: ${printable(message)}`;
}

/** The same, and when it will be denied where that is planned. */
export function announcedText(item: CheckResult | CheckUndecided): string {
  const notice = 'leniency' in item ? undefined : noticeOf(item);
  return notice === undefined ? problemText(item) : `${problemText(item)}; ${notice}`;
}

/** Why a violation is let pass, or undefined where it is not. */
export function leniencyText({ leniency }: CheckResult): string | undefined {
  if (leniency === undefined) return undefined;
  if (leniency.kind === 'preexisting') return 'the object had it before';
  return printable(`exempt until ${leniency.expires} (${leniency.owner}): ${leniency.reason}`);
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

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
