import { compareText } from '../algebra/compare-text.ts';
import type { Fault } from '../algebra/fault.ts';
import type { Owner } from '../tenancy/owner.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import {
  allowed,
  decisionOf,
  gapMessage,
  gapOf,
  type Decision,
  type ExpiredExemption,
  type Gap,
  type JudgedViolation,
  type Leniency,
} from './decision.ts';
import { isWithinExtent, type Extent } from './extent.ts';
import { recordFacts, type FactRequest, type Facts, type RecordedFacts } from './facts.ts';
import { isStrongerStanding, standingIn, type Standing } from './mode-schedule.ts';
import type { Kind } from './objects/kinds.ts';
import { weakerMode, type ExemptionDocument } from './policy-document.ts';
import { checksFor, type PolicyEntry, type PolicySet } from './policy-set.ts';
import { operationsOn, type CheckRule, type RuleContext, type Violation } from './rule.ts';
import { hasSameBody, isSame } from './same-content.ts';
import { isInScope, isJudged, namespaceOf, ownerFact, subjectOwner } from './subject-owner.ts';
import type { Operation, Subject } from './subject.ts';

/**
 * Violations of one rule that are looked at: a hostile object may have hundreds of thousands, and nobody reads more than a
 * page of them. What lies beyond counts as not judged.
 */
const mostViolations = 200;

/**
 * Judges one subject by every rule in force. Pure: the same subject, set and facts give the same decision, byte for byte.
 * Where facts are missing the decision names them; a caller that can fetch them asks again.
 */
export function evaluate(subject: Subject, set: PolicySet, facts: Facts): Decision {
  const entries = checksFor(set, subject);
  if (entries.length === 0) return allowed;
  const lookups = recordFacts(facts);
  const owner = subjectOwner(subject, set.tenancy, lookups);
  if (!isJudged(subject, owner, set.tenancy)) return allowed;
  const ownerGaps = lookups.takeGaps();
  const judge = new Judge(subject, new RunContext(set.tenancy, lookups, owner));
  for (const entry of placed(entries, subject, owner, set)) if (isInScope(entry, subject, owner)) judge.apply(entry);
  return judge.decide(ownerGaps.length === 0 ? [ownerFact(subject)] : ownerGaps);
}

/** Of the entries that judge a subject, those that may hold where it is. Where its owner is not known, any may. */
function placed(
  entries: readonly PolicyEntry<CheckRule>[],
  subject: Subject,
  owner: Owner | undefined,
  { checksByPlace }: PolicySet,
): readonly PolicyEntry<CheckRule>[] {
  if (owner === undefined || subject.subresource !== undefined) return entries;
  return checksByPlace.select(subject.kind, subject.operation, namespaceOf(subject), owner);
}

/** Where and when something is judged that could not be read. */
export interface Circumstances {
  /** The namespace of the object, or of a Namespace its own name; absent: every scope holds. */
  readonly namespace?: string | undefined;
  /** Today in UTC, as YYYY-MM-DD. */
  readonly today: string;
}

/**
 * The decision on an object that could not even be read: every rule that would have judged it is undecided. `faults` say
 * what is wrong with the object. In the platform's namespaces nothing but the Namespace itself is judged.
 */
export function unreadable(
  kind: Kind,
  operation: Operation,
  set: PolicySet,
  faults: readonly Fault[],
  { namespace = '', today }: Circumstances,
): Decision {
  if (kind !== 'Namespace' && set.tenancy.platformNamespaces.has(namespace)) return allowed;
  const judging = (set.checks.get(kind) ?? []).filter(({ rule }) => rule.isAdvice !== true);
  const entries = judging.filter((entry) =>
    namespace === ''
      ? operationsOn(entry.rule, kind).includes(operation)
      : isInScope(entry, { kind, operation, namespace, name: '' }, undefined),
  );
  const gaps = entries.flatMap((entry) => {
    const standing = standingIn(entry.modes, namespace, undefined, today);
    return faults.map((fault) => gapOf(entry, standing, fault.field, fault.message));
  });
  return decisionOf([], gaps, [], []);
}

/** What one rule after the other gets. One for all of them: objects made per rule would cost more than the rules do. */
class RunContext implements RuleContext<PolicyEntry['params']> {
  params: PolicyEntry['params'] = {};
  isOwnerNeeded = false;
  readonly tenancy: Tenancy;
  readonly facts: RecordedFacts;
  readonly owner: Owner | undefined;

  constructor(tenancy: Tenancy, facts: RecordedFacts, owner: Owner | undefined) {
    this.tenancy = tenancy;
    this.facts = facts;
    this.owner = owner;
  }

  begin(params: PolicyEntry['params']): void {
    this.params = params;
    this.isOwnerNeeded = false;
    this.facts.takeGaps();
  }

  /** A member of its own, so that a rule may copy its context to add to it. */
  readonly ownerNeeded = (): void => {
    this.isOwnerNeeded = true;
  };
}

const noViolations: readonly Violation[] = [];

/** Collects what the rules say of one subject. */
class Judge {
  readonly #subject: Subject;
  readonly #context: RunContext;
  readonly #violations = new Map<string, JudgedViolation>();
  readonly #gaps: Gap[] = [];
  readonly #expired: ExpiredExemption[] = [];
  readonly #missing: FactRequest[] = [];
  readonly #missingForAdvice: FactRequest[] = [];

  constructor(subject: Subject, context: RunContext) {
    this.#subject = subject;
    this.#context = context;
  }

  apply(entry: PolicyEntry<CheckRule>): void {
    const found = this.#run(entry, this.#subject);
    if (this.#context.isOwnerNeeded) this.#miss(entry, ownerFact(this.#subject));
    for (const gap of this.#context.facts.takeGaps()) this.#miss(entry, gap);
    if (found.length === 0) return;
    const earlier = this.#earlierViolations(entry);
    if (found.length > mostViolations && entry.rule.isAdvice !== true && !this.#isBodyOld(entry))
      this.#gaps.push(this.#gap(entry, `more than ${mostViolations} violations; the rest is not judged`));
    for (const violation of found.slice(0, mostViolations)) {
      this.#add(entry, violation, earlier.excuses(violation));
    }
  }

  decide(ownerGaps: readonly FactRequest[]): Decision {
    const missing = this.#context.owner === undefined ? [...ownerGaps, ...this.#missing] : this.#missing;
    const found = this.#violations.size + this.#gaps.length + missing.length;
    if (found + this.#missingForAdvice.length === 0) return allowed;
    const violations = [...this.#violations.values()].sort((a, b) => compareText(a.rule, b.rule));
    return decisionOf(violations, this.#gaps, this.#expired, missing, this.#missingForAdvice);
  }

  #miss(entry: PolicyEntry<CheckRule>, gap: FactRequest): void {
    if (entry.rule.isAdvice === true) {
      this.#missingForAdvice.push(gap);
      return;
    }
    this.#gaps.push(this.#gap(entry, gapMessage(gap)));
    this.#missing.push(gap);
  }

  #gap(entry: PolicyEntry<CheckRule>, message: string): Gap {
    return gapOf(entry, this.#standing(entry), '', message);
  }

  /** Asked for only once there is something to tell: what violates nothing does not pay for it. */
  #standing({ modes }: PolicyEntry<CheckRule>): Standing {
    const { facts, owner } = this.#context;
    return standingIn(modes, namespaceOf(this.#subject), owner, facts.today);
  }

  /** The first violations, and one more where there are too many. */
  #run(entry: PolicyEntry<CheckRule>, subject: Subject): readonly Violation[] {
    this.#context.begin(entry.params);
    let violations: Violation[] | undefined;
    for (const violation of entry.rule.check(subject, this.#context)) {
      violations ??= [];
      violations.push(violation);
      if (violations.length > mostViolations) break;
    }
    return violations ?? noViolations;
  }

  /** The violations that stood already in the object before the UPDATE. */
  #earlierViolations(entry: PolicyEntry<CheckRule>): EarlierViolations {
    const { rule } = entry;
    const { kind, object, old, operation } = this.#subject;
    const isRatcheted = operation === 'UPDATE' && rule.judges === 'state';
    if (!isRatcheted || old === undefined || rule.doesNoMore?.(object, old, kind) === false) {
      return new EarlierViolations([]);
    }
    const before: Subject = { ...this.#subject, operation: 'CREATE', object: old, old: undefined };
    return new EarlierViolations(this.#run(entry, before).slice(0, mostViolations));
  }

  /** Whether violations that nobody looked at are those that stood there before: all that they come from is. */
  #isBodyOld({ rule }: PolicyEntry<CheckRule>): boolean {
    const { object, old, operation } = this.#subject;
    return operation === 'UPDATE' && old !== undefined && rule.judges === 'state' && hasSameBody(object, old);
  }

  #add(entry: PolicyEntry<CheckRule>, violation: Violation, isPreexisting: boolean): void {
    const { field, message, fix, strongestMode = 'enforce' } = violation;
    const standing = this.#standing(entry);
    const mode = weakerMode(standing.mode, strongestMode);
    const enforcedFrom = strongestMode === 'enforce' ? standing.enforcedFrom : undefined;
    const leniency: Leniency | undefined = isPreexisting ? { kind: 'preexisting' } : this.#exemption(entry);
    const { id: rule, severity: usual, isAdvice } = entry.rule;
    const severity = violation.severity ?? usual;
    const judged = {
      field,
      message,
      fix,
      rule,
      severity,
      policy: entry.policy,
      mode,
      enforcedFrom,
      leniency,
      isAdvice,
    };
    const key = `${rule}\n${field}\n${message}`;
    const present = this.#violations.get(key);
    if (present === undefined || isStrongerReading(judged, present)) this.#violations.set(key, judged);
  }

  #exemption(entry: PolicyEntry<CheckRule>): Leniency | undefined {
    for (const exemption of entry.exemptions) {
      if (!isExempt(exemption, this.#subject, this.#context.owner)) continue;
      const { owner, reason, expires } = exemption;
      if (this.#context.facts.today <= expires) return { kind: 'exempt', owner, reason, expires };
      const expired = { rule: entry.rule.id, policy: entry.policy, owner, expires };
      if (!this.#expired.some((other) => other.rule === expired.rule && other.policy === expired.policy)) {
        this.#expired.push(expired);
      }
    }
    return undefined;
  }
}

function isExempt(exemption: ExemptionDocument, subject: Subject, owner: Owner | undefined): boolean {
  const { namespaces, tenants, kinds, names } = exemption;
  if (namespaces !== undefined && !namespaces.includes(namespaceOf(subject))) return false;
  if (tenants !== undefined && !(owner?.kind === 'tenant' && tenants.includes(owner.tenant))) return false;
  if (kinds !== undefined && !kinds.includes(subject.kind)) return false;
  return names === undefined || names.includes(subject.name);
}

/** Of several policies' readings of a violation the strongest counts: one that denies beats one that does not. */
function isStrongerReading(a: JudgedViolation, b: JudgedViolation): boolean {
  if ((a.leniency === undefined) !== (b.leniency === undefined)) return a.leniency === undefined;
  return isStrongerStanding(standingOf(a), standingOf(b));
}

function standingOf({ mode, enforcedFrom }: JudgedViolation): Standing {
  return { mode, enforcedFrom };
}

/** What was wrong before an UPDATE, and excuses what is no worse. */
class EarlierViolations {
  readonly #open: Extent;
  readonly #others: Violation[];

  constructor(violations: readonly Violation[]) {
    this.#open = violations.flatMap(({ extent }) => extent ?? []);
    this.#others = violations.filter(({ extent }) => extent === undefined);
  }

  /** What has an extent may be written anew in any way that opens no more; of anything else, each excuses one. */
  excuses(violation: Violation): boolean {
    if (violation.extent !== undefined) return isWithinExtent(violation.extent, this.#open);
    const index = this.#others.findIndex((one) => isSameViolation(violation, one));
    if (index >= 0) this.#others.splice(index, 1);
    return index >= 0;
  }
}

/** Whether a violation without an extent is one that was there before. List items may have moved. */
function isSameViolation(now: Violation, before: Violation): boolean {
  return placeOf(now) === placeOf(before) && now.message === before.message && isSame(now.basis, before.basis);
}

function placeOf({ field }: Violation): string {
  return field.replaceAll(/\[\d+\]/g, '[]');
}
