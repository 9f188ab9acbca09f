import type { Owner } from '../tenancy/owner.ts';
import type { Kind } from './objects/kinds.ts';
import { operationsOn } from './rule.ts';
import type { Operation } from './subject.ts';

/** Where an entry holds; undefined means no restriction. */
export interface Scope {
  readonly includedNamespaces: ReadonlySet<string> | undefined;
  readonly excludedNamespaces: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string> | undefined;
  readonly kinds: ReadonlySet<string> | undefined;
}

/** An entry that can be found by where it holds and by what it judges. */
interface Placed {
  /** Its place among all entries: they are applied in this order. */
  readonly position: number;
  readonly scope: Scope;
  readonly rule: Parameters<typeof operationsOn>[0];
}

/** Entries of one scope, by what they judge. */
type Group<E> = Readonly<Record<Operation, Map<Kind, E[]>>>;

/**
 * Finds entries by kind, operation, namespace and tenant, so that a request touches no policy that is for others: a hundred
 * of them cost as much as one. Filled at load, read-only afterwards.
 */
export class EntryIndex<E extends Placed> {
  readonly #everywhere: Group<E> = emptyGroup();
  readonly #byScope = new Map<Scope, Group<E>>();
  readonly #byNamespace = new Map<string, Group<E>[]>();
  readonly #byTenant = new Map<string, Group<E>[]>();

  add(kind: Kind, entry: E): void {
    const group = this.#groupOf(entry.scope);
    for (const operation of operationsOn(entry.rule, kind)) append(group[operation], kind, entry);
  }

  /** Every entry that may hold there, in order; what else their scopes say is up to the caller. */
  select(kind: Kind, operation: Operation, namespace: string, owner: Owner): readonly E[] {
    const everywhere = this.#everywhere[operation].get(kind) ?? [];
    const ofNamespace = this.#byNamespace.get(namespace) ?? [];
    const ofTenant = owner.kind === 'tenant' ? (this.#byTenant.get(owner.tenant) ?? []) : [];
    if (ofNamespace.length + ofTenant.length === 0) return everywhere;
    const own = [...ofNamespace, ...ofTenant].flatMap((group) => group[operation].get(kind) ?? []);
    return [...everywhere, ...own].sort((a, b) => a.position - b.position);
  }

  #groupOf(scope: Scope): Group<E> {
    const { includedNamespaces, tenants } = scope;
    const names = includedNamespaces ?? tenants;
    if (names === undefined) return this.#everywhere;
    const present = this.#byScope.get(scope);
    if (present !== undefined) return present;
    const group = emptyGroup<E>();
    this.#byScope.set(scope, group);
    const places = includedNamespaces === undefined ? this.#byTenant : this.#byNamespace;
    for (const name of names) append(places, name, group);
    return group;
  }
}

function emptyGroup<E>(): Group<E> {
  return { CREATE: new Map(), UPDATE: new Map(), DELETE: new Map() };
}

/** Adds to the list that a map has under a key. */
export function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
