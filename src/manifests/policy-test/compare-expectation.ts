import { warningsOf } from '../../admission/encode-response.ts';
import type { Decision, Gap, JudgedViolation } from '../../policy/decision.ts';
import { noticeOf } from '../../policy/mode-schedule.ts';
import type { Judgment } from './run-policy-suite.ts';
import type { Expectation, TestDecision } from './policy-test-document.ts';

/** One thing that did not come out as expected. */
export interface Difference {
  /** Where in the case the expectation stands, such as `expect.violations[0]`. */
  readonly field: string;
  /** Null where nothing was expected. */
  readonly expected: string | null;
  /** Null where nothing came of it. */
  readonly actual: string | null;
}

type Expected = NonNullable<Expectation['violations']>[number];
type ExpectedGap = NonNullable<Expectation['undecided']>[number];

/** What became of an operation, as whoever asked for it sees it. */
export function decisionOf({ isJudged, decision }: Judgment): TestDecision {
  if (!isJudged) return 'unjudged';
  if (decision.outcome !== 'allowed') return decision.outcome;
  return warningsOf(decision).length > 0 ? 'warned' : 'allowed';
}

/** How a judgment differs from what was expected; empty where it does not. */
export function compareExpectation(expected: Expectation, judgment: Judgment): readonly Difference[] {
  const actual = decisionOf(judgment);
  const decision: readonly Difference[] =
    actual === expected.decision ? [] : [{ field: 'expect.decision', expected: expected.decision, actual }];
  return [
    ...decision,
    ...violationDifferences(expected, judgment.decision),
    ...gapDifferences(expected, judgment.decision),
    ...labelDifferences(expected, judgment.addedLabels),
  ];
}

function violationDifferences(expected: Expectation, { violations }: Decision): readonly Difference[] {
  const listed = expected.violations ?? [];
  const others = violations.filter((violation) => !listed.some((one) => fits(violation, one)));
  const missing = listed.flatMap((one, index) =>
    violations.some((violation) => fits(violation, one)) ? [] : [{ one, field: `expect.violations[${index}]` }],
  );
  const missed = new Set(missing.map(({ one }) => one.rule));
  // What the same rule found instead is shown beside what it should have found.
  const instead = (rule: string) => others.filter((violation) => violation.rule === rule).map(violationText);
  const differences = missing.map(({ one, field }): Difference => {
    const actual = instead(one.rule);
    return { field, expected: expectedText(one), actual: actual.length === 0 ? null : actual.join('\n') };
  });
  if (expected.otherViolations === 'allow') return differences;
  const unexpected = others.filter(({ rule }) => !missed.has(rule));
  return [...differences, ...unexpected.map((violation) => unlisted('expect.violations', violationText(violation)))];
}

function fits(violation: JudgedViolation, { rule, field, message, mode, enforcedFrom }: Expected): boolean {
  return (
    violation.rule === rule &&
    (field === undefined || violation.field === field) &&
    (message === undefined || violation.message.includes(message)) &&
    (mode === undefined || violation.mode === mode) &&
    (enforcedFrom === undefined || violation.enforcedFrom === enforcedFrom)
  );
}

function gapDifferences(expected: Expectation, { gaps }: Decision): readonly Difference[] {
  const listed = expected.undecided ?? [];
  const missing = listed.flatMap((one, index): readonly Difference[] =>
    gaps.some((gap) => fitsGap(gap, one))
      ? []
      : [{ field: `expect.undecided[${index}]`, expected: `${one.rule}: ${quoted(one.message)}`, actual: null }],
  );
  if (expected.undecided === undefined && expected.decision === 'undecided') return [];
  const unexpected = gaps.filter((gap) => !listed.some((one) => fitsGap(gap, one)));
  return [...missing, ...unexpected.map((gap) => unlisted('expect.undecided', gapText(gap)))];
}

function fitsGap(gap: Gap, { rule, message }: ExpectedGap): boolean {
  return gap.rule === rule && (message === undefined || gap.message.includes(message));
}

function labelDifferences({ labels }: Expectation, added: Readonly<Record<string, string>>): readonly Difference[] {
  if (labels === undefined) return [];
  return [...new Set([...Object.keys(labels), ...Object.keys(added)])].sort().flatMap((key): readonly Difference[] => {
    const [wanted, given] = [labelText(labels, key), labelText(added, key)];
    return wanted === given ? [] : [{ field: 'expect.labels', expected: wanted, actual: given }];
  });
}

function labelText(labels: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(labels, key) ? `${key}: ${labels[key] ?? ''}` : null;
}

function unlisted(field: string, actual: string): Difference {
  return { field, expected: null, actual };
}

function expectedText({ rule, field, message, mode, enforcedFrom }: Expected): string {
  const standing = [mode, noticeOf({ enforcedFrom })].filter((part) => part !== undefined).join(', ');
  return `${rule}${standing === '' ? '' : ` (${standing})`} ${field ?? '*'}: ${quoted(message)}`;
}

function quoted(message: string | undefined): string {
  return message === undefined ? '*' : `… ${message} …`;
}

function violationText(violation: JudgedViolation): string {
  const { rule, field, message, leniency } = violation;
  return `${rule} (${standingText(violation, leniency?.kind ?? noticeOf(violation))}) ${field}: ${message}`;
}

function standingText({ mode }: JudgedViolation | Gap, more: string | undefined): string {
  return more === undefined ? mode : `${mode}, ${more}`;
}

function gapText(gap: Gap): string {
  const { rule, field, message } = gap;
  return `${rule} (${standingText(gap, noticeOf(gap))}) ${field === '' ? '' : `${field} `}undecided: ${message}`;
}
