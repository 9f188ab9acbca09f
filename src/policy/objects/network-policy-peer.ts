import type { Parsed } from '../../algebra/fault.ts';
import { valueIn } from '../../algebra/label-constraint.ts';
import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { constrainLabel, everyLabelSpace, type LabelSpace } from '../../algebra/label-space.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';
import type { NetworkPolicyPeer } from './network-policy.ts';

/** The pods that a peer selects, and in which namespaces. */
export interface SelectedPods {
  readonly namespaces: LabelSpace;
  readonly pods: LabelSpace;
}

/** Whether the API server has the member: it reads null as absent. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether the peer is a block of addresses and nothing else. */
export function isAddressBlock({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer): boolean {
  return isPresent(ipBlock) && !isPresent(namespaceSelector) && !isPresent(podSelector);
}

/** The pods that a peer selects. Without a namespaceSelector they are those of the policy's own namespace. */
export function parsePeer(peer: NetworkPolicyPeer, field: string, namespace: string): Parsed<SelectedPods> {
  const { namespaceSelector, podSelector, ipBlock } = peer;
  if (isPresent(ipBlock)) return faulty(field, 'has an ipBlock beside selectors; make them two peers');
  if (!isPresent(namespaceSelector) && !isPresent(podSelector)) {
    return faulty(field, 'the peer is empty; give a podSelector, a namespaceSelector or an ipBlock');
  }
  const namespaces: Parsed<LabelSpace> = isPresent(namespaceSelector)
    ? parseLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
    : { ok: true, value: constrainLabel(everyLabelSpace, namespaceNameLabel, valueIn([namespace])) };
  const pods: Parsed<LabelSpace> = isPresent(podSelector)
    ? parseLabelSelector(podSelector, `${field}.podSelector`)
    : { ok: true, value: everyLabelSpace };
  if (namespaces.ok && pods.ok) return { ok: true, value: { namespaces: namespaces.value, pods: pods.value } };
  return { ok: false, faults: [...(namespaces.ok ? [] : namespaces.faults), ...(pods.ok ? [] : pods.faults)] };
}

/** The pods that a peer selects; undefined for addresses, and where it cannot be read, which network/confined-peers reports. */
export function selectedPods(peer: NetworkPolicyPeer, namespace: string): SelectedPods | undefined {
  const parsed = parsePeer(peer, '', namespace);
  return parsed.ok ? parsed.value : undefined;
}

function faulty(field: string, message: string): Parsed<never> {
  return { ok: false, faults: [{ field, message }] };
}
