import {
  addressIn,
  emptyIpSet,
  intersectIpSets,
  ipSetSize,
  isEmptyIpSet,
  isIpSubset,
  largestBlock,
  parseIpBlock,
  subtractIpSets,
  uniteAllIpSets,
  uniteIpSets,
  type IpSet,
} from '../../../algebra/ip-set.ts';
import type { LabelSpace } from '../../../algebra/label-space.ts';
import { everyPortSet, isPortSubset, parsePorts, type PortSet } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import type { PrefixLengths } from '../../../tenancy/address-defaults.ts';
import { flowsFor, type Direction, type Tenancy } from '../../../tenancy/tenancy.ts';
import { display } from '../../display.ts';
import { basisOf, extentOfAddresses, subjectsOf, type Extent } from '../../extent.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import type { NetworkPolicy } from '../../objects/network-policy.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

type Context = RuleContext<object>;

/** The addresses of one ipBlock that no approved flow covers. */
interface Block {
  readonly field: string;
  readonly text: string;
  readonly rule: NetworkPolicyRule;
  readonly addresses: IpSet;
  /** Undefined where they cannot be read, which network/confined-peers reports. */
  readonly ports: PortSet | undefined;
}

/** Rules whose openings are told apart in one extent. */
const mostOpenings = 100;

export const boundedAddresses = defineCheckRule({
  id: 'network/bounded-addresses',
  title: 'Address blocks of NetworkPolicies are small and stay away from the cluster',
  severity: 'critical',
  rationale:
    'An address block that overlaps pods, services, nodes or a metadata service crosses tenants by address, and large blocks, or many that add up, are the internet. Blocks are judged as exact sets: minus `except`, together within a policy, and together with the other policies of the namespace.',
  remediation:
    'Name the smallest blocks that the workload needs, select pods and namespaces by label instead of by address, or ask the platform for an approved flow.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['networkPoliciesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/4858-ip-cidr-validation',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    const { owner, tenancy } = context;
    const oversize = tooLarge(subject.object);
    if (oversize !== undefined) {
      yield oversize;
      return;
    }
    const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
    const found = [...judgePolicy(subject, tenant, context)];
    // Whose the namespace is decides only where a flow of addresses is for some tenants and not for others.
    const isCertain =
      owner !== undefined ||
      tenantsOfFlows(tenancy).every((one) => judgePolicy(subject, one, context).next().done !== true);
    if (isCertain) yield* found;
    else if (found.length > 0) context.ownerNeeded();
  },
});

/** Tenants that have an approved flow of addresses of their own. */
function tenantsOfFlows({ flows }: Tenancy): readonly string[] {
  return flows.filter(({ addresses }) => addresses !== undefined).flatMap(({ tenants }) => [...(tenants ?? [])]);
}

function* judgePolicy(
  subject: Subject<'NetworkPolicy'>,
  tenant: string | undefined,
  context: Context,
): Generator<Violation> {
  const { tenancy } = context;
  const { object: policy } = subject;
  const subjects = subjectsOf(policy);
  const blocks: Block[] = [];
  for (const block of blocksOf(policy, tenancy, tenant)) {
    if ('addresses' in block) blocks.push(block);
    else yield block;
  }
  for (const block of blocks) {
    for (const violation of judgeBlock(block, tenancy)) {
      yield { ...violation, extent: extentOf([block], subjects), basis: basisOf(policy, block.rule) };
    }
  }
  for (const direction of ['ingress', 'egress'] as const) {
    const own = blocks.filter((block) => block.rule.direction === direction);
    if (own.some((block) => sizeProblem(block.addresses, tenancy) !== undefined)) continue;
    const place = { namespace: namespaceOf(subject), name: subject.name };
    for (const violation of judgeUnion(own, direction, place, tenant, context)) {
      yield { ...violation, extent: extentOf(own, subjects), basis: policy.spec };
    }
  }
}

/** Every address block of the policy that has an effect, or the violations of those that cannot be read. */
function* blocksOf(policy: NetworkPolicy, tenancy: Tenancy, tenant: string | undefined): Iterable<Block | Violation> {
  for (const rule of effectiveRules(policy)) {
    let granted: Grant | undefined;
    for (const [index, peer] of rule.peers.entries()) {
      if (peer.ipBlock === undefined || peer.ipBlock === null) continue;
      const field = `${rule.field}.${rule.peersField}[${index}].ipBlock`;
      const parsed = parseIpBlock(peer.ipBlock, field);
      if (parsed.ok) {
        // Once for all peers of the rule: there may be as many ports as peers.
        granted ??= grantFor(rule, tenancy, tenant);
        const addresses = subtractIpSets(parsed.value, granted.addresses);
        yield { field, text: display(peer.ipBlock), rule, addresses, ports: granted.ports };
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

/** The ports of a rule, and the addresses that approved flows grant on all of them. */
type Grant = Pick<Block, 'addresses' | 'ports'>;

function grantFor(rule: NetworkPolicyRule, tenancy: Tenancy, tenant: string | undefined): Grant {
  const parsed = parsePorts(rule.ports, rule.field);
  // Unreadable ports are reported by network/confined-peers; until then they mean every port.
  const ports = parsed.ok ? parsed.value : everyPortSet;
  const granted = flowsFor(tenancy, rule.direction, tenant)
    .filter((flow) => isPortSubset(ports, flow.ports))
    .map((flow) => flow.addresses ?? emptyIpSet);
  return { addresses: uniteAllIpSets(granted), ports: parsed.ok ? parsed.value : undefined };
}

function* judgeBlock({ field, text, addresses }: Block, tenancy: Tenancy): Iterable<Violation> {
  const forbidden = addressIn(intersectIpSets(addresses, tenancy.forbiddenAddresses));
  if (forbidden !== undefined) {
    yield {
      field,
      message: `${text} holds a forbidden address; counterexample: ${forbidden}`,
      fix: `Leave ${forbidden} and the other forbidden addresses out, with \`except\` or a smaller block.`,
    };
  }
  for (const range of tenancy.clusterRanges) {
    const inside = addressIn(intersectIpSets(addresses, range.addresses));
    if (inside === undefined) continue;
    yield {
      field,
      message: `${text} overlaps the cluster’s ${range.name} range, where other tenants live; counterexample: ${inside}`,
      fix: 'Select pods with podSelector and namespaceSelector instead of by address.',
    };
  }
  const problem = sizeProblem(addresses, tenancy);
  if (problem !== undefined)
    yield { field, message: `${text} ${problem}`, fix: 'Name the smallest blocks that are needed.' };
}

/** Why a set is too large, with the bound, or undefined when it is not. */
function sizeProblem(set: IpSet, tenancy: Tenancy): string | undefined {
  const blocks = largestBlock(set);
  const sizes = ipSetSize(set);
  for (const [family, bits, name] of [
    ['ipv4', 32, 'IPv4'],
    ['ipv6', 128, 'IPv6'],
  ] as const) {
    const shortest = blocks[family];
    const { largestBlock: limit, largestTotal: total } = tenancy;
    if (shortest !== undefined && shortest < limit[family]) {
      return `contains a /${shortest} of ${name}; the largest block allowed is /${limit[family]}`;
    }
    if (sizes[family] > sizeOf(total, family, bits)) {
      return `adds up to more ${name} addresses than a /${total[family]}, which is the most allowed`;
    }
  }
  return undefined;
}

function sizeOf(prefixes: PrefixLengths, family: 'ipv4' | 'ipv6', bits: number): bigint {
  return 1n << BigInt(bits - prefixes[family]);
}

/** Blocks that are fine alone may add up: within the policy, then with the other policies of the namespace. */
function* judgeUnion(
  own: readonly Block[],
  direction: Direction,
  policy: { readonly namespace: string; readonly name: string },
  tenant: string | undefined,
  { tenancy, facts }: Context,
): Iterable<Violation> {
  const union = unite(own);
  if (isEmptyIpSet(union)) return;
  const common = { field: `spec.${direction}`, fix: 'Name fewer or smaller blocks.' };
  const alone = sizeProblem(union, tenancy);
  if (alone !== undefined) {
    yield { ...common, message: `all address blocks of the policy together: the union ${alone}` };
    return;
  }
  const others = (facts.networkPoliciesOf(policy.namespace) ?? [])
    .filter((other) => other.metadata?.name !== policy.name && tooLarge(other) === undefined)
    .map((other) => addressesOf(other, direction, tenancy, tenant))
    // What is too large alone was refused, or exempted, alone: it must neither hide nor refuse what others add.
    .filter((addresses) => sizeProblem(addresses, tenancy) === undefined);
  const before = uniteAllIpSets(others);
  if (isIpSubset(union, before)) return;
  const together = sizeProblem(uniteIpSets(before, union), tenancy);
  if (together !== undefined) {
    yield { ...common, message: `together with the other policies of the namespace: the union ${together}` };
  }
}

function addressesOf(policy: NetworkPolicy, direction: Direction, tenancy: Tenancy, tenant: string | undefined): IpSet {
  const blocks = [...blocksOf(policy, tenancy, tenant)].filter((block) => 'addresses' in block);
  return unite(blocks.filter((block) => block.rule.direction === direction));
}

function unite(blocks: readonly Block[]): IpSet {
  return uniteAllIpSets(blocks.map((block) => block.addresses));
}

/** What blocks open together: an opening for each rule, since the ports differ. */
function extentOf(blocks: readonly Block[], subjects: LabelSpace | undefined): Extent | undefined {
  const rules = [...Map.groupBy(blocks, ({ rule }) => rule)];
  if (rules.length > mostOpenings) return undefined;
  const extents = rules.map(([rule, own]) => extentOfAddresses(rule, subjects, unite(own), own[0]?.ports));
  return extents.every((extent) => extent !== undefined) ? extents.flat() : undefined;
}
