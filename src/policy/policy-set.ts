import type { Tenancy } from '../tenancy/tenancy.ts';
import { append, EntryIndex, type Scope } from './entry-index.ts';
import type { Kind } from './objects/kinds.ts';
import type { ExemptionDocument, Mode } from './policy-document.ts';
import { operationsOn, type CheckRule, type DefaultRule, type Rule } from './rule.ts';
import { changesNothing, type Subject } from './subject.ts';

/** A rule as one policy holds it. */
export interface PolicyEntry<R extends Rule = Rule> {
  readonly policy: string;
  readonly rule: R;
  /** Validated against the rule's own schema, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly mode: Mode;
  readonly undecided: 'deny' | 'admit';
  readonly scope: Scope;
  readonly exemptions: readonly ExemptionDocument[];
}

/** An entry with its place among all. */
interface PlacedEntry<R extends Rule> extends PolicyEntry<R> {
  readonly position: number;
}

/** Everything that is in force: compiled once at load, read-only afterwards. */
export interface PolicySet {
  readonly tenancy: Tenancy;
  readonly checks: ReadonlyMap<Kind, readonly PlacedEntry<CheckRule>[]>;
  /** Rules that judge a subresource only, by kind and subresource, such as `HelmChart/status`. */
  readonly subresourceChecks: ReadonlyMap<string, readonly PolicyEntry<CheckRule>[]>;
  readonly defaults: ReadonlyMap<Kind, readonly PolicyEntry<DefaultRule>[]>;
  /** The same as `checks` and `defaults`, by where they hold. */
  readonly checksByPlace: EntryIndex<PlacedEntry<CheckRule>>;
  readonly defaultsByPlace: EntryIndex<PlacedEntry<DefaultRule>>;
  /** No rule acts stronger than this. */
  readonly strongestMode: Mode;
  /** Names the set that decided, in audit annotations and logs. */
  readonly hash: string;
}

/** Indexes entries by what they judge and where they hold, so that a request touches only what concerns it. */
export function policySetOf(
  tenancy: Tenancy,
  entries: readonly PolicyEntry[],
  strongestMode: Mode,
  hash: string,
): PolicySet {
  const checks = new Map<Kind, PlacedEntry<CheckRule>[]>();
  const subresourceChecks = new Map<string, PlacedEntry<CheckRule>[]>();
  const defaults = new Map<Kind, PlacedEntry<DefaultRule>[]>();
  for (const [position, entry] of entries.entries()) {
    const { rule } = entry;
    for (const kind of rule.kinds) {
      if (entry.scope.kinds !== undefined && !entry.scope.kinds.has(kind)) continue;
      if (rule.type === 'default') append(defaults, kind, { ...entry, rule, position });
      else if (rule.subresources === undefined) append(checks, kind, { ...entry, rule, position });
      else appendEach(subresourceChecks, kind, rule.subresources, { ...entry, rule, position });
    }
  }
  const [checksByPlace, defaultsByPlace] = [indexOf(checks), indexOf(defaults)];
  return { tenancy, checks, subresourceChecks, defaults, checksByPlace, defaultsByPlace, strongestMode, hash };
}

/** The same set with some of its checks and nothing else. */
export function checksOnly(set: PolicySet, isWanted: (rule: CheckRule) => boolean): PolicySet {
  // An entry stands under each of its kinds.
  const entries = new Map<number, PlacedEntry<CheckRule>>();
  for (const entry of [...set.checks.values()].flat()) if (isWanted(entry.rule)) entries.set(entry.position, entry);
  const inOrder = [...entries.values()].sort((a, b) => a.position - b.position);
  return policySetOf(set.tenancy, inOrder, set.strongestMode, set.hash);
}

function indexOf<R extends Rule>(byKind: ReadonlyMap<Kind, readonly PlacedEntry<R>[]>): EntryIndex<PlacedEntry<R>> {
  const index = new EntryIndex<PlacedEntry<R>>();
  for (const [kind, entries] of byKind) for (const entry of entries) index.add(kind, entry);
  return index;
}

function appendEach<V>(map: Map<string, V[]>, kind: Kind, subresources: readonly string[], value: V): void {
  for (const name of subresources) append(map, `${kind}/${name}`, value);
}

const noEntries: readonly PolicyEntry<CheckRule>[] = [];

/** The entries that judge a subject: those of its kind unless nothing they read has changed, and those of its subresource. */
export function checksFor(set: PolicySet, subject: Subject): readonly PolicyEntry<CheckRule>[] {
  const ofKind = set.checks.get(subject.kind);
  const whole = ofKind === undefined || changesNothing(subject) ? noEntries : ofKind;
  if (subject.subresource === undefined) return whole;
  const ofPart = set.subresourceChecks.get(`${subject.kind}/${subject.subresource}`);
  return ofPart === undefined ? whole : [...whole, ...ofPart];
}

/** Whether any entry, a default included, is for such an operation on such an object, wherever it is. */
export function judgesOperation(
  set: PolicySet,
  { kind, operation, subresource }: Pick<Subject, 'kind' | 'operation' | 'subresource'>,
): boolean {
  const ofPart = subresource === undefined ? undefined : set.subresourceChecks.get(`${kind}/${subresource}`);
  const defaults = subresource === undefined ? set.defaults.get(kind) : undefined;
  return [set.checks.get(kind), ofPart, defaults].some((entries) =>
    entries?.some(({ rule }) => operationsOn(rule, kind).includes(operation)),
  );
}
