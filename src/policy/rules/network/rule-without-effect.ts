import { isIpSubset, parseIpBlock, uniteAllIpSets, type IpSet } from '../../../algebra/ip-set.ts';
import { valueIn } from '../../../algebra/label-constraint.ts';
import { constrainLabel, isLabelSubset } from '../../../algebra/label-space.ts';
import { isPortSubset, parsePorts, type PortSet } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import type { Owner } from '../../../tenancy/owner.ts';
import type { Tenancy } from '../../../tenancy/tenancy.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isAddressBlock, isPresent, selectedPods, type SelectedPods } from '../../objects/network-policy-peer.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from '../../objects/network-policy.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

/** Comparisons of one label, block or port that a proof may take: beyond them nothing is said. */
const mostWork = 200_000;

export const ruleWithoutEffect = defineCheckRule({
  id: 'network/rule-without-effect',
  title: 'No rule of a NetworkPolicy lies wholly within another',
  severity: 'low',
  rationale:
    'Rules only add up. One that another rule of the same policy covers changes nothing, whatever it seems to say: most often the other one is wider than its author thinks, for it lacks its peers or its ports. Peers × ports of both are compared as exact sets.',
  remediation: 'Remove the rule, or narrow the one that covers it: join their peers and ports in one rule.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { owner, tenancy }) {
    if (tooLarge(subject.object) !== undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy };
    for (const direction of ['ingress', 'egress'] as const) {
      const rules = effectiveRules(subject.object).filter((rule) => rule.direction === direction);
      if (rules.length < 2) continue;
      const grants = rules.map((rule) => grantOf(rule, place)).filter((grant) => grant !== undefined);
      if (workOf(grants) > mostWork) continue;
      for (const [index, grant] of grants.entries()) {
        const wider = grants.find(
          (other, at) => at !== index && covers(other, grant) && (at < index || !covers(grant, other)),
        );
        if (wider === undefined) continue;
        yield {
          field: grant.rule.field,
          message: `allows nothing that ${wider.rule.field} does not allow${widthOf(wider)}: without it the policy does the same`,
          fix: `Remove ${grant.rule.field}, or narrow ${wider.rule.field}: give it the ${grant.rule.peersField} and the ports that are meant.`,
        };
      }
    }
  },
});

/** What one rule allows: everybody, or pods and addresses, on some ports. */
interface Grant {
  readonly rule: NetworkPolicyRule;
  readonly ports: PortSet;
  readonly pods: readonly SelectedPods[];
  readonly addresses: IpSet;
}

interface Place {
  readonly namespace: string;
  readonly owner: Owner | undefined;
  readonly tenancy: Tenancy;
}

/** Undefined where something in it cannot be read, which other rules report. */
function grantOf(rule: NetworkPolicyRule, place: Place): Grant | undefined {
  const ports = parsePorts(rule.ports, '');
  const blocks: IpSet[] = [];
  for (const { ipBlock } of rule.peers.filter(isAddressBlock)) {
    const block = parseIpBlock(ipBlock, '');
    if (!block.ok) return undefined;
    blocks.push(block.value);
  }
  const pods = rule.peers.filter((peer) => !isAddressBlock(peer)).map((peer) => podsOf(peer, place));
  const known = pods.filter((one) => one !== undefined);
  if (!ports.ok || known.length < pods.length) return undefined;
  return { rule, ports: ports.value, pods: known, addresses: uniteAllIpSets(blocks) };
}

/** Pods of the policy's own namespace are pods of its tenant as well. */
function podsOf(peer: NetworkPolicyPeer, { namespace, owner, tenancy }: Place): SelectedPods | undefined {
  const selected = selectedPods(peer, namespace);
  if (selected === undefined || isPresent(peer.namespaceSelector) || owner?.kind !== 'tenant') return selected;
  return { ...selected, namespaces: constrainLabel(selected.namespaces, tenancy.tenantLabel, valueIn([owner.tenant])) };
}

function covers(wide: Grant, narrow: Grant): boolean {
  if (!isPortSubset(narrow.ports, wide.ports)) return false;
  if (isForEverybody(wide)) return true;
  if (isForEverybody(narrow) || !isIpSubset(narrow.addresses, wide.addresses)) return false;
  return narrow.pods.every((peer) =>
    wide.pods.some(
      ({ namespaces, pods }) => isLabelSubset(peer.namespaces, namespaces) && isLabelSubset(peer.pods, pods),
    ),
  );
}

function isForEverybody({ rule }: Grant): boolean {
  return rule.peers.length === 0;
}

/** Names what makes the rule so wide, where it is a thing that is not there. */
function widthOf(wide: Grant): string {
  return isForEverybody(wide) ? `, which has no ${wide.rule.peersField} and so is for everybody` : '';
}

/** Every peer may be held against every other, label by label, and so may all ports and blocks of their rules. */
function workOf(grants: readonly Grant[]): number {
  let items = 0;
  let size = 0;
  for (const { pods, addresses, ports } of grants) {
    items += 1 + pods.length;
    size += 1 + addresses.ipv4.length + addresses.ipv6.length;
    for (const { numbers, names } of Object.values(ports)) size += numbers.length + names.listed.size;
    for (const peer of pods) size += 1 + peer.namespaces.constraints.size + peer.pods.constraints.size;
  }
  return items * size;
}
