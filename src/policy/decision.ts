import type { FactRequest } from './facts.ts';
import type { Standing } from './mode-schedule.ts';
import type { Mode } from './policy-document.ts';
import type { PolicyEntry } from './policy-set.ts';
import type { Severity, Violation } from './rule.ts';

/** Why a violation does not deny although its rule is enforced. */
export type Leniency =
  /** The object before the UPDATE had it too: old objects can be repaired step by step. */
  | { readonly kind: 'preexisting' }
  /** The operator granted it. */
  | { readonly kind: 'exempt'; readonly owner: string; readonly reason: string; readonly expires: string };

/** A violation with all that decides what becomes of it. */
export interface JudgedViolation extends Violation {
  readonly rule: string;
  readonly severity: Severity;
  readonly policy: string;
  readonly mode: Mode;
  /** The day (UTC) from which it denies, where that is planned and not yet so. */
  readonly enforcedFrom?: string | undefined;
  readonly leniency: Leniency | undefined;
  /** Whether the rule advises: then how to mend it is told with the warning, since no denial will. */
  readonly isAdvice?: true | undefined;
}

/** A rule that could not judge, and why. */
export interface Gap {
  readonly rule: string;
  readonly policy: string;
  readonly mode: Mode;
  /** The day (UTC) from which the rule is enforced, where that is planned and not yet so. */
  readonly enforcedFrom?: string | undefined;
  /** Path of what could not be read, or empty where a fact is missing. */
  readonly field: string;
  readonly message: string;
  readonly undecided: 'deny' | 'admit';
}

export type Outcome = 'allowed' | 'denied' | 'exempt' | 'undecided';

/** What the engine says of one subject: the same in webhook, CLI and scan. */
export interface Decision {
  readonly outcome: Outcome;
  /** Whether the operation may go on. An undecided one may only where the policy says so. */
  readonly admitted: boolean;
  readonly violations: readonly JudgedViolation[];
  readonly gaps: readonly Gap[];
  /** Exemptions past their day that would have lifted a violation. */
  readonly expiredExemptions: readonly ExpiredExemption[];
  /** Facts that were missing: whoever can fetch them may ask again. */
  readonly missingFacts: readonly FactRequest[];
  /** Facts for want of which advice may have been left unsaid: worth a read, and never worth a denial or a long wait. */
  readonly adviceFacts: readonly FactRequest[];
}

export interface ExpiredExemption {
  readonly rule: string;
  readonly policy: string;
  readonly owner: string;
  readonly expires: string;
}

/** Nothing was found, and nothing was left unjudged. */
export const allowed: Decision = {
  outcome: 'allowed',
  admitted: true,
  violations: [],
  gaps: [],
  expiredExemptions: [],
  missingFacts: [],
  adviceFacts: [],
};

/** The decision that follows from what was found and what could not be judged. */
export function decisionOf(
  violations: readonly JudgedViolation[],
  gaps: readonly Gap[],
  expiredExemptions: readonly ExpiredExemption[],
  missingFacts: readonly FactRequest[],
  adviceFacts: readonly FactRequest[] = [],
): Decision {
  const outcome = outcomeOf(violations, gaps);
  const isHeldBack = gaps.some((gap) => gap.mode === 'enforce' && gap.undecided === 'deny');
  const admitted = outcome !== 'denied' && !(outcome === 'undecided' && isHeldBack);
  return { outcome, admitted, violations, gaps, expiredExemptions, missingFacts, adviceFacts };
}

function outcomeOf(violations: readonly JudgedViolation[], gaps: readonly Gap[]): Outcome {
  const enforced = violations.filter((violation) => violation.mode === 'enforce');
  if (enforced.some((violation) => violation.leniency === undefined)) return 'denied';
  if (gaps.some((gap) => gap.mode === 'enforce')) return 'undecided';
  return enforced.some((violation) => violation.leniency?.kind === 'exempt') ? 'exempt' : 'allowed';
}

/** A gap of one entry, as it stands where and when it is judged. */
export function gapOf(entry: PolicyEntry, standing: Standing, field: string, message: string): Gap {
  const { policy, undecided } = entry;
  return { rule: entry.rule.id, policy, ...standing, undecided, field, message };
}

/** Whether it would deny if its rule were enforced: neither advice nor what is let pass anyway. */
export function wouldDeny({ mode, leniency, isAdvice }: JudgedViolation): boolean {
  return mode !== 'enforce' && leniency === undefined && isAdvice !== true;
}

/** A missing fact in words. */
export function gapMessage({ fact, namespace }: FactRequest): string {
  const name = JSON.stringify(namespace);
  switch (fact) {
    case 'namespace':
      return `namespace ${name} is not known, so whose it is cannot be told`;
    case 'networkPoliciesOf':
      return `the NetworkPolicies of namespace ${name} could not be read`;
    case 'resourceQuotasOf':
      return `the ResourceQuotas of namespace ${name} could not be read`;
    case 'limitRangesOf':
      return `the LimitRanges of namespace ${name} could not be read`;
    case 'podsOf':
      return `the pods of namespace ${name} could not be read`;
    case 'podTemplatesOf':
      return `the pod templates of namespace ${name} could not be read`;
  }
}
