import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Kind } from './objects/kinds.ts';
import type { ExemptionDocument, Mode } from './policy-document.ts';
import type { CheckRule, DefaultRule, Rule } from './rule.ts';
import { changesNothing, type Subject } from './subject.ts';

/** Where an entry holds; undefined means no restriction. */
export interface Scope {
  readonly includedNamespaces: ReadonlySet<string> | undefined;
  readonly excludedNamespaces: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string> | undefined;
  readonly kinds: ReadonlySet<string> | undefined;
}

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

/** Everything that is in force: compiled once at load, read-only afterwards. */
export interface PolicySet {
  readonly tenancy: Tenancy;
  readonly checks: ReadonlyMap<Kind, readonly PolicyEntry<CheckRule>[]>;
  /** Rules that judge a subresource only, by kind and subresource, such as `HelmChart/status`. */
  readonly subresourceChecks: ReadonlyMap<string, readonly PolicyEntry<CheckRule>[]>;
  readonly defaults: ReadonlyMap<Kind, readonly PolicyEntry<DefaultRule>[]>;
  /** No rule acts stronger than this. */
  readonly strongestMode: Mode;
  /** Names the set that decided, in audit annotations and logs. */
  readonly hash: string;
}

/** Indexes entries by the kinds they judge, so that a request touches only what concerns it. */
export function policySetOf(
  tenancy: Tenancy,
  entries: readonly PolicyEntry[],
  strongestMode: Mode,
  hash: string,
): PolicySet {
  const checks = new Map<Kind, PolicyEntry<CheckRule>[]>();
  const subresourceChecks = new Map<string, PolicyEntry<CheckRule>[]>();
  const defaults = new Map<Kind, PolicyEntry<DefaultRule>[]>();
  for (const entry of entries) {
    const { rule } = entry;
    for (const kind of rule.kinds) {
      if (entry.scope.kinds !== undefined && !entry.scope.kinds.has(kind)) continue;
      if (rule.type === 'default') append(defaults, kind, { ...entry, rule });
      else if (rule.subresources === undefined) append(checks, kind, { ...entry, rule });
      else appendEach(subresourceChecks, kind, rule.subresources, { ...entry, rule });
    }
  }
  return { tenancy, checks, subresourceChecks, defaults, strongestMode, hash };
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

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Whether any entry, a default included, is for such an operation on such an object, wherever it is. */
export function judgesOperation(
  set: PolicySet,
  { kind, operation, subresource }: Pick<Subject, 'kind' | 'operation' | 'subresource'>,
): boolean {
  const ofPart = subresource === undefined ? undefined : set.subresourceChecks.get(`${kind}/${subresource}`);
  const defaults = subresource === undefined ? set.defaults.get(kind) : undefined;
  return [set.checks.get(kind), ofPart, defaults].some((entries) =>
    entries?.some(({ rule }) => rule.operations.includes(operation)),
  );
}
