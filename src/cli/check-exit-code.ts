import type { CheckReport, CheckResult } from '../manifests/check-report.ts';
import { modes, type Mode } from '../policy/policy-document.ts';

/** The weakest mode of a violation that fails the check; `never`: no violation does. */
export type FailOn = Mode | 'never';

export const failOnChoices = [...modes, 'never'] as const satisfies readonly FailOn[];

/** Whether the violation fails the check: strong enough, and not let pass by an exemption. */
export function isFailing({ mode, leniency }: CheckResult, failOn: FailOn): boolean {
  return leniency === undefined && failOn !== 'never' && isAtLeast(mode, failOn);
}

/**
 * 2 where something could not be judged, since nobody knows what it hides; 1 for violations; else 0. A rule that could
 * not judge counts where its violation would, unless its policy admits what is undecided.
 */
export function exitCodeOf(report: CheckReport, failOn: FailOn): 0 | 1 | 2 {
  const threshold = failOn === 'never' ? 'enforce' : failOn;
  const isUndecided = report.undecided.some((gap) => gap.undecided === 'deny' && isAtLeast(gap.mode, threshold));
  if (report.faults.length > 0 || isUndecided) return 2;
  return report.results.some((result) => isFailing(result, failOn)) ? 1 : 0;
}

/** Whether a mode is as strong as another. */
export function isAtLeast(mode: Mode, threshold: Mode): boolean {
  return modes.indexOf(mode) >= modes.indexOf(threshold);
}
