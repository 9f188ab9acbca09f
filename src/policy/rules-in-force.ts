import type { Owner } from '../tenancy/owner.ts';
import { append, type Scope } from './entry-index.ts';
import type { Kind } from './objects/kinds.ts';
import type { PolicySet } from './policy-set.ts';
import { operationsOn } from './rule.ts';
import { isPlaceInScope } from './subject-owner.ts';

/** Rules, each with the kinds that it judges. */
export type KindsByRule = ReadonlyMap<string, ReadonlySet<Kind>>;

/** The rules that a policy holds for objects as they are made, by where that is. Most places have the same ones. */
export class RulesInForce {
  readonly #set: PolicySet;
  readonly #scopes: readonly Scope[];
  /** By the scopes that the place is in. */
  readonly #known = new Map<string, KindsByRule>();

  constructor(set: PolicySet) {
    this.#set = set;
    this.#scopes = [...new Set([...set.checks.values()].flat().map(({ scope }) => scope))];
  }

  /** Those for objects of a namespace. */
  in(namespace: string, owner: Owner): KindsByRule {
    const holding = this.#scopes.filter((scope) => isPlaceInScope(scope, namespace, owner));
    const key = holding.map((scope) => this.#scopes.indexOf(scope)).join();
    const known = this.#known.get(key) ?? this.#within(new Set(holding));
    this.#known.set(key, known);
    return known;
  }

  #within(scopes: ReadonlySet<Scope>): KindsByRule {
    const found = new Map<string, Kind[]>();
    for (const [kind, entries] of this.#set.checks)
      for (const { rule, scope } of entries)
        if (scopes.has(scope) && operationsOn(rule, kind).includes('CREATE')) append(found, rule.id, kind);
    return new Map([...found].map(([rule, kinds]) => [rule, new Set(kinds)]));
  }
}
