import type { Static, TObject } from 'typebox';

import type { Owner } from '../tenancy/owner.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Extent } from './extent.ts';
import type { FactRequest, Facts } from './facts.ts';
import type { Kind, ObjectByKind } from './objects/kinds.ts';
import type { Mode } from './policy-document.ts';
import type { Operation, Subject } from './subject.ts';

/** How bad a violation is, worst first. */
export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

/** One broken requirement: where, and what is wrong with it. Values are quoted, lists sorted, nothing counts or dates. */
export interface Violation {
  /** Path such as `spec.ingress[0].from[1].namespaceSelector`. */
  readonly field: string;
  /** One line: the value, why it is refused, and a counterexample where one was proved. */
  readonly message: string;
  /** How to mend it: one line, or YAML to paste. */
  readonly fix: string;
  /** Where this one weighs otherwise than the rule says: something else is known to stop it too. */
  readonly severity?: Severity | undefined;
  /** How much it opens, where that has a size: an UPDATE may leave it or lessen it, and not make it larger. */
  readonly extent?: Extent | undefined;
  /** What it was found in, as it is written: where there is no extent, an UPDATE may not touch it. */
  readonly basis?: unknown;
  /** The strongest mode in which it acts, where the operator's params weaken the rule for some of its subjects. */
  readonly strongestMode?: Mode | undefined;
}

/** What a rule gets beside its subject. */
export interface RuleContext<P> {
  readonly params: P;
  readonly tenancy: Tenancy;
  readonly facts: Facts;
  /** Whose the subject's namespace is (for a Namespace: before the operation), or undefined when that is not known. */
  readonly owner: Owner | undefined;
  /** Says that the rule cannot judge without the owner: it is undecided unless it finds a violation for certain. */
  readonly ownerNeeded: () => void;
}

/** What a default rule gets beside its subject: defaults are for tenants. */
export interface DefaultContext<P> {
  readonly params: P;
  readonly tenancy: Tenancy;
  /** The tenant that the subject belongs to, or will belong to. */
  readonly tenant: string;
}

/** What docs, `tenantgate rules`, SARIF and the webhook registration are made from. */
export interface RuleMetadata {
  /** `<layer>/<kebab-case-name>`: the rule's file below `rules/`. Never reused. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** Why the requirement exists. */
  readonly rationale: string;
  /** How to mend a violation. */
  readonly remediation: string;
  readonly kinds: readonly Kind[];
  readonly operations: readonly Operation[];
  /** The operations on kinds of which not all are judged: what nobody judges is not sent. */
  readonly operationsByKind?: Readonly<Partial<Record<Kind, readonly Operation[]>>>;
  /** Facts that the rule asks for. */
  readonly facts: readonly FactRequest['fact'][];
  /** Closed schema of the params, each with default and description. */
  readonly params: TObject;
  readonly references: readonly string[];
  /** First release that has the rule. */
  readonly since: string;
}

/** A rule that finds violations. */
export interface CheckRule<K extends Kind = Kind, P extends TObject = TObject> extends RuleMetadata {
  readonly type: 'check';
  readonly kinds: readonly K[];
  readonly params: P;
  /**
   * The rule judges what goes through these subresources, and nothing else: for subresources that no other rule has
   * business with, such as the status of an object. Absent: it judges the object, whatever it comes through.
   */
  readonly subresources?: readonly string[];
  /** The rule judges the platform's own Namespaces and nothing else; the API server sends them by an entry of their own. */
  readonly guardsPlatform?: true;
  /**
   * `state`: the object is judged as it is, so what was wrong before an UPDATE only warns. `change`: the operation itself
   * is judged.
   */
  readonly judges: 'state' | 'change';
  /**
   * The rule advises: it acts in mode warn at most, and where it lacks a fact it says nothing instead of being undecided. For
   * what is no hole, but seldom what its author meant.
   */
  readonly isAdvice?: true;
  check(subject: Subject<K>, context: RuleContext<Static<P>>): Iterable<Violation>;
  /**
   * Whether the object does no more after an UPDATE than before it; if it does, old violations count as new. For rules
   * whose violations get their weight from the rest of the object.
   */
  doesNoMore?(now: ObjectByKind[K], before: ObjectByKind[K], kind: K): boolean;
}

/** A rule that fills in what is absent, and nothing else; applying it twice is applying it once. */
export interface DefaultRule<K extends Kind = Kind, P extends TObject = TObject> extends RuleMetadata {
  readonly type: 'default';
  readonly kinds: readonly K[];
  readonly params: P;
  /**
   * The check rule that holds what this default makes true; undefined where none does yet, since a mutation alone
   * guarantees nothing.
   */
  readonly satisfies: string | undefined;
  /** Labels that the object should carry; those it has already, whatever their value, are left alone. */
  labels(subject: Subject<K>, context: DefaultContext<Static<P>>): Readonly<Record<string, string>>;
}

export type Rule = CheckRule | DefaultRule;

/** The operations on one kind that a rule judges. */
export function operationsOn(
  { operations, operationsByKind }: Pick<RuleMetadata, 'operations' | 'operationsByKind'>,
  kind: Kind,
): readonly Operation[] {
  return operationsByKind?.[kind] ?? operations;
}

/** Types a check rule by its kinds and params. */
export function defineCheckRule<K extends Kind, P extends TObject>(rule: Omit<CheckRule<K, P>, 'type'>): CheckRule {
  // A rule is only ever called with subjects of its own kinds and params that its schema accepted: see policy-set.ts.
  return { type: 'check', ...rule } as unknown as CheckRule;
}

/** Types a default rule by its kinds and params. */
export function defineDefaultRule<K extends Kind, P extends TObject>(
  rule: Omit<DefaultRule<K, P>, 'type'>,
): DefaultRule {
  return { type: 'default', ...rule } as unknown as DefaultRule;
}
