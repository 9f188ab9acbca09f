import { emptyIpSet, isIpSubset, type IpSet } from '../algebra/ip-set.ts';
import { parseLabelSelector } from '../algebra/label-selector.ts';
import { emptyLabelSpace, isLabelSubset, type LabelSpace } from '../algebra/label-space.ts';
import { isPortSubset, type PortSet } from '../algebra/port-set.ts';
import type { Peer } from '../tenancy/peer-confinement.ts';
import type { Direction } from '../tenancy/tenancy.ts';
import type { NetworkPolicyRule } from './objects/network-policy-view.ts';
import type { NetworkPolicy } from './objects/network-policy.ts';

/** Traffic that a policy lets through: between its own pods and the other end, which is pods, addresses, or both. */
export interface Opening extends Peer {
  readonly direction: Direction;
  /** The policy's own pods. */
  readonly subjects: LabelSpace;
  readonly addresses: IpSet;
}

/**
 * How much a violation opens, as exact sets. Messages are cut and name one counterexample only, so they cannot tell whether
 * an UPDATE made a violation that was there before any worse; the sets can.
 */
export type Extent = readonly Opening[];

/** All addresses there are. */
export const everyAddress: IpSet = {
  ipv4: [{ start: 0n, end: 1n << 32n }],
  ipv6: [{ start: 0n, end: 1n << 128n }],
};

/** The pods that a policy is about, or undefined where its selector cannot be read: then nothing it opens has an extent. */
export function subjectsOf({ spec }: NetworkPolicy): LabelSpace | undefined {
  const parsed = parseLabelSelector(spec?.podSelector ?? {}, 'spec.podSelector');
  return parsed.ok ? parsed.value : undefined;
}

/** What an opening to pods amounts to. */
export function extentOfPeer(
  { direction }: Pick<Opening, 'direction'>,
  subjects: LabelSpace | undefined,
  peer: Peer,
  addresses = emptyIpSet,
): Extent | undefined {
  return subjects === undefined ? undefined : [{ ...peer, direction, subjects, addresses }];
}

/** What an opening to addresses amounts to; on ports that cannot be read it has no extent either. */
export function extentOfAddresses(
  { direction }: Pick<Opening, 'direction'>,
  subjects: LabelSpace | undefined,
  addresses: IpSet,
  ports: PortSet | undefined,
): Extent | undefined {
  if (subjects === undefined || ports === undefined) return undefined;
  return [{ direction, subjects, ports, addresses, namespaces: emptyLabelSpace, pods: emptyLabelSpace }];
}

/** All that says what one rule of a policy opens, as it is written. */
export function basisOf({ spec }: NetworkPolicy, { peers, ports }: NetworkPolicyRule): unknown {
  return [spec?.podSelector, peers, ports];
}

/** Whether each opening of the first lies within one of the second: then it opens nothing that was not open. */
export function isWithinExtent(now: Extent, before: Extent): boolean {
  return now.every((opening) => before.some((wider) => isWithinOpening(opening, wider)));
}

function isWithinOpening(now: Opening, before: Opening): boolean {
  return (
    now.direction === before.direction &&
    isLabelSubset(now.subjects, before.subjects) &&
    isPortSubset(now.ports, before.ports) &&
    isLabelSubset(now.namespaces, before.namespaces) &&
    isLabelSubset(now.pods, before.pods) &&
    isIpSubset(now.addresses, before.addresses)
  );
}
