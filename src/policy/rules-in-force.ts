import type { Owner } from '../tenancy/owner.ts';
import { append } from './entry-index.ts';
import type { Kind } from './objects/kinds.ts';
import type { PolicySet } from './policy-set.ts';
import { isInScope } from './subject-owner.ts';

/** The rules that a policy holds for objects of a namespace as they are made, each with the kinds that it judges there. */
export function rulesInForce(set: PolicySet, namespace: string, owner: Owner): ReadonlyMap<string, ReadonlySet<Kind>> {
  const found = new Map<string, Kind[]>();
  for (const [kind, entries] of set.checks) {
    const place = { kind, namespace, name: namespace, operation: 'CREATE' } as const;
    for (const entry of entries) if (isInScope(entry, place, owner)) append(found, entry.rule.id, kind);
  }
  return new Map([...found].map(([rule, kinds]) => [rule, new Set(kinds)]));
}
