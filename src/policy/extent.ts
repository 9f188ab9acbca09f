import { isIpSubset, type IpSet } from '../algebra/ip-set.ts';
import { isLabelSubset } from '../algebra/label-space.ts';
import { isPortSubset } from '../algebra/port-set.ts';
import type { Peer } from '../tenancy/peer-confinement.ts';

/**
 * How much a violation opens, as an exact set. Messages are cut and name one counterexample only, so they cannot tell
 * whether an UPDATE made a violation that was there before any worse; the sets can.
 */
export type Extent =
  { readonly kind: 'addresses'; readonly addresses: IpSet } | { readonly kind: 'peer'; readonly peer: Peer };

/** Whether the first opens nothing that the second did not open. */
export function isWithinExtent(now: Extent, before: Extent): boolean {
  if (now.kind === 'addresses') return before.kind === 'addresses' && isIpSubset(now.addresses, before.addresses);
  return (
    before.kind === 'peer' &&
    isLabelSubset(now.peer.namespaces, before.peer.namespaces) &&
    isLabelSubset(now.peer.pods, before.peer.pods) &&
    isPortSubset(now.peer.ports, before.peer.ports)
  );
}
