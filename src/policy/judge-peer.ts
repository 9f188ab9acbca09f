import type { LabelSpace } from '../algebra/label-space.ts';
import { findEscapes, tenantsThatMatter, type Boundary, type Escape, type Peer } from '../tenancy/peer-confinement.ts';
import type { Direction } from '../tenancy/tenancy.ts';
import { describeEscape, type PeerWording } from './escape-message.ts';
import type { RuleContext, Violation } from './rule.ts';

/** Tenants for each of which a peer is judged where its own is unknown; beyond them it stays undecided. */
const mostTenants = 100;

/** Where a peer stands, and how its policy writes it. */
export interface PeerPlace {
  readonly wording: PeerWording;
  readonly direction: Direction;
  /** The namespace of the policy. */
  readonly namespace: string;
}

/** The escapes of one peer from its tenant and the approved flows, as violations: the same proof for every kind of policy. */
export function* judgePeer(
  peer: Peer,
  { wording, direction, namespace }: PeerPlace,
  context: RuleContext<object> & { readonly subjects: LabelSpace | undefined },
): Generator<Violation, void, undefined> {
  const { tenancy, facts, owner, subjects } = context;
  const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
  const boundary: Boundary = { tenancy, direction, namespace, tenant, lookup: (name) => facts.namespace(name) };
  const about = { peer, wording, direction, tenancy, tenant, subjects };
  const escapes = owner === undefined ? certainEscapes(peer, boundary, context) : findEscapes(peer, boundary);
  for (const escape of escapes) yield describeEscape(escape, about);
}

/** The escapes of a peer whose own tenant is not known, if there are any whoever it is. */
function certainEscapes(peer: Peer, boundary: Boundary, context: RuleContext<object>): readonly Escape[] {
  const escapes = [...findEscapes(peer, boundary)];
  if (escapes.length === 0 || escapesForEveryTenant(peer, boundary)) return escapes;
  context.ownerNeeded();
  return [];
}

/** Whether the peer escapes whoever the policy's tenant is. */
function escapesForEveryTenant(peer: Peer, boundary: Boundary): boolean {
  const tenants = tenantsThatMatter(peer, boundary);
  return (
    tenants.length <= mostTenants &&
    tenants.every((tenant) => findEscapes(peer, { ...boundary, tenant }).next().done !== true)
  );
}
