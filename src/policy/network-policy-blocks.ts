import { parseIpBlock, subtractIpSets, type IpSet } from '../algebra/ip-set.ts';
import { parsePorts } from '../algebra/port-set.ts';
import type { Direction, Tenancy } from '../tenancy/tenancy.ts';
import { grantedAddresses, uniteBlocks, type AddressBlock, type BlockRule } from './address-bounds.ts';
import { display } from './display.ts';
import { basisOf } from './extent.ts';
import { tooLarge } from './objects/network-policy-bounds.ts';
import { effectiveRules, type NetworkPolicyRule } from './objects/network-policy-view.ts';
import type { NetworkPolicy } from './objects/network-policy.ts';
import type { Violation } from './rule.ts';

/** Every address block of the policy that has an effect, or the violations of those that cannot be read. */
export function* blocksOf(
  policy: NetworkPolicy,
  tenancy: Tenancy,
  tenant: string | undefined,
): Iterable<AddressBlock | Violation> {
  for (const rule of effectiveRules(policy)) {
    let granted: { readonly rule: BlockRule; readonly addresses: IpSet } | undefined;
    for (const [index, peer] of rule.peers.entries()) {
      if (peer.ipBlock === undefined || peer.ipBlock === null) continue;
      const field = `${rule.field}.${rule.peersField}[${index}].ipBlock`;
      const parsed = parseIpBlock(peer.ipBlock, field);
      if (parsed.ok) {
        // Once for all peers of the rule: there may be as many ports as peers.
        granted ??= grantFor(policy, rule, tenancy, tenant);
        const addresses = subtractIpSets(parsed.value, granted.addresses);
        yield { field, text: display(peer.ipBlock), rule: granted.rule, addresses };
      } else {
        yield* parsed.faults.map((fault) => ({
          ...fault,
          basis: basisOf(policy, rule),
          fix: 'Write the block in its canonical form; network plugins read sloppy ones differently.',
        }));
      }
    }
  }
}

function grantFor(
  policy: NetworkPolicy,
  wire: NetworkPolicyRule,
  tenancy: Tenancy,
  tenant: string | undefined,
): { readonly rule: BlockRule; readonly addresses: IpSet } {
  // Unreadable ports are reported by network/confined-peers.
  const parsed = parsePorts(wire.ports, wire.field);
  const ports = parsed.ok ? parsed.value : undefined;
  const rule = { direction: wire.direction, basis: basisOf(policy, wire), ports };
  return { rule, addresses: grantedAddresses(wire.direction, ports, tenancy, tenant) };
}

/** What each of the policies opens to addresses in a direction; those that are too large to be judged are left out. */
export function addressesOfPolicies(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  tenancy: Tenancy,
  tenant: string | undefined,
): readonly IpSet[] {
  return policies
    .filter((policy) => tooLarge(policy) === undefined)
    .map((policy) => {
      const blocks = [...blocksOf(policy, tenancy, tenant)].filter((block) => 'addresses' in block);
      return uniteBlocks(blocks.filter((block) => block.rule.direction === direction));
    });
}
