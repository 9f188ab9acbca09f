import { allowed, decisionOf, gapMessage, gapOf, type Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import { addAbsentLabels, type PatchOperation } from './json-patch.ts';
import { standingIn } from './mode-schedule.ts';
import type { PolicyEntry, PolicySet } from './policy-set.ts';
import type { DefaultContext, DefaultRule } from './rule.ts';
import { isInScope, namespaceOf, ownerFact, subjectOwner } from './subject-owner.ts';
import { changesNothing, labelsOf, type Subject } from './subject.ts';

/** What defaults add. */
export interface Defaults {
  readonly patch: readonly PatchOperation[];
  /** Rules that added something. */
  readonly rules: readonly string[];
  /** Allowed, or undecided where it cannot be told whose the object is. */
  readonly decision: Decision;
}

const none: Defaults = { patch: [], rules: [], decision: allowed };

/**
 * The smallest patch that fills in what enforced defaults demand and the object lacks. In modes warn and audit nothing is
 * changed. Objects of the platform and of nobody are left alone: defaults are for tenants. So are UPDATEs that change no
 * content, which pass the validation too: a finalizer can be removed even where nothing is known of the namespace.
 */
export function mutate(subject: Subject, set: PolicySet, facts: Facts): Defaults {
  const { kind, operation } = subject;
  const mayAct = ({ mode, rule }: PolicyEntry) => mode === 'enforce' && rule.operations.includes(operation);
  const entries = set.defaults.get(kind) ?? [];
  if (!entries.some(mayAct) || changesNothing(subject)) return none;
  // A Namespace's defaults follow the tenant it will belong to, so the new object counts here, not the old one.
  const owner = subjectOwner({ ...subject, old: undefined }, set.tenancy, facts);
  const standing = ({ modes }: PolicyEntry) => standingIn(modes, namespaceOf(subject), owner, facts.today);
  const isFilledIn = (entry: PolicyEntry) => mayAct(entry) && standing(entry).mode === 'enforce';
  if (owner === undefined) {
    const gap = ownerFact(subject);
    const gaps = entries.filter(isFilledIn).map((entry) => gapOf(entry, standing(entry), '', gapMessage(gap)));
    return { ...none, decision: decisionOf([], gaps, [], [gap]) };
  }
  if (owner.kind !== 'tenant') return none;
  const inForce = set.defaultsByPlace
    .select(kind, operation, namespaceOf(subject), owner)
    .filter((entry) => isFilledIn(entry) && isInScope(entry, subject, owner));
  return { ...addAbsent(subject, inForce, { tenancy: set.tenancy, tenant: owner.tenant }), decision: allowed };
}

/** What defaults add to the subject, one after the other; what one adds is there for the next. */
function addAbsent(
  subject: Subject,
  entries: readonly PolicyEntry<DefaultRule>[],
  context: Omit<DefaultContext<unknown>, 'params'>,
): Omit<Defaults, 'decision'> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  const rules: string[] = [];
  for (const { params, rule } of entries) {
    const wanted = Object.entries(rule.labels(subject, { ...context, params })).filter(
      ([key]) => !Object.hasOwn(labelsOf(subject.object), key) && !Object.hasOwn(labels, key),
    );
    if (wanted.length > 0) rules.push(rule.id);
    for (const [key, value] of wanted) labels[key] = value;
  }
  return { patch: addAbsentLabels(subject.object, labels), rules };
}
