import {
  addressIn,
  intersectIpSets,
  emptyIpSet,
  ipSetSize,
  isEmptyIpSet,
  isIpSubset,
  largestBlock,
  uniteAllIpSets,
  uniteIpSets,
  type IpSet,
} from '../algebra/ip-set.ts';
import type { LabelSpace } from '../algebra/label-space.ts';
import { everyPortSet, isPortSubset, type PortSet } from '../algebra/port-set.ts';
import type { PrefixLengths } from '../tenancy/address-defaults.ts';
import { flowsFor, type Direction, type Tenancy } from '../tenancy/tenancy.ts';
import { extentOfAddresses, type Extent } from './extent.ts';
import type { RuleContext, Violation } from './rule.ts';

/** Rules whose openings are told apart in one extent. */
const mostOpenings = 100;

/** One rule of a policy, of whatever kind: the ports go with all its blocks. */
export interface BlockRule {
  readonly direction: Direction;
  /** All that says what the rule opens, as it is written. */
  readonly basis: unknown;
  /** Undefined where they cannot be read, which is reported elsewhere. */
  readonly ports: PortSet | undefined;
}

/** The addresses of one block that no approved flow covers. */
export interface AddressBlock {
  readonly field: string;
  readonly text: string;
  readonly rule: BlockRule;
  readonly addresses: IpSet;
}

/** The policy that holds the blocks. */
export interface BlockPolicy {
  readonly subjects: LabelSpace | undefined;
  /** What it opens, as it is written. */
  readonly basis: unknown;
  /** What the other policies of the namespace open. */
  readonly others: (direction: Direction) => readonly IpSet[];
}

/** What approved flows grant on all these ports. Ports that cannot be read mean every port until somebody reports them. */
export function grantedAddresses(
  direction: Direction,
  ports: PortSet | undefined,
  tenancy: Tenancy,
  tenant: string | undefined,
): IpSet {
  const granted = flowsFor(tenancy, direction, tenant)
    .filter((flow) => isPortSubset(ports ?? everyPortSet, flow.ports))
    .map((flow) => flow.addresses ?? emptyIpSet);
  return uniteAllIpSets(granted);
}

/**
 * What is found whosever the namespace is. That decides only where a flow of addresses is for some tenants and not for
 * others.
 */
export function* certainOfAddresses(
  { owner, tenancy, ownerNeeded }: RuleContext<object>,
  judge: (tenant: string | undefined) => Generator<Violation, void, undefined>,
): Generator<Violation, void, undefined> {
  const found = [...judge(owner?.kind === 'tenant' ? owner.tenant : undefined)];
  const isCertain = owner !== undefined || tenantsOfFlows(tenancy).every((one) => judge(one).next().done !== true);
  if (isCertain) yield* found;
  else if (found.length > 0) ownerNeeded();
}

/** Tenants that have an approved flow of addresses of their own. */
function tenantsOfFlows({ flows }: Tenancy): readonly string[] {
  return flows.filter(({ addresses }) => addresses !== undefined).flatMap(({ tenants }) => [...(tenants ?? [])]);
}

/** Judges blocks one by one, all of a policy together, and with those of the other policies of the namespace. */
export function* judgeBlocks(
  blocks: readonly AddressBlock[],
  policy: BlockPolicy,
  tenancy: Tenancy,
): Generator<Violation, void, undefined> {
  for (const block of blocks) {
    for (const violation of judgeBlock(block, tenancy)) {
      yield { ...violation, extent: extentOf([block], policy.subjects), basis: block.rule.basis };
    }
  }
  for (const direction of ['ingress', 'egress'] as const) {
    const own = blocks.filter((block) => block.rule.direction === direction);
    if (own.some((block) => sizeProblem(block.addresses, tenancy) !== undefined)) continue;
    for (const violation of judgeUnion(own, direction, policy, tenancy)) {
      yield { ...violation, extent: extentOf(own, policy.subjects), basis: policy.basis };
    }
  }
}

function* judgeBlock({ field, text, addresses }: AddressBlock, tenancy: Tenancy): Iterable<Violation> {
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
  own: readonly AddressBlock[],
  direction: Direction,
  policy: BlockPolicy,
  tenancy: Tenancy,
): Iterable<Violation> {
  const union = uniteBlocks(own);
  if (isEmptyIpSet(union)) return;
  const common = { field: `spec.${direction}`, fix: 'Name fewer or smaller blocks.' };
  const alone = sizeProblem(union, tenancy);
  if (alone !== undefined) {
    yield { ...common, message: `all address blocks of the policy together: the union ${alone}` };
    return;
  }
  // What is too large alone was refused, or exempted, alone: it must neither hide nor refuse what others add.
  const others = policy.others(direction).filter((addresses) => sizeProblem(addresses, tenancy) === undefined);
  const before = uniteAllIpSets(others);
  if (isIpSubset(union, before)) return;
  const together = sizeProblem(uniteIpSets(before, union), tenancy);
  if (together !== undefined) {
    yield { ...common, message: `together with the other policies of the namespace: the union ${together}` };
  }
}

/** All addresses of the blocks. */
export function uniteBlocks(blocks: readonly AddressBlock[]): IpSet {
  return uniteAllIpSets(blocks.map((block) => block.addresses));
}

/** What blocks open together: an opening for each rule, since the ports differ. */
function extentOf(blocks: readonly AddressBlock[], subjects: LabelSpace | undefined): Extent | undefined {
  const rules = [...Map.groupBy(blocks, ({ rule }) => rule)];
  if (rules.length > mostOpenings) return undefined;
  const extents = rules.map(([rule, own]) => extentOfAddresses(rule, subjects, uniteBlocks(own), rule.ports));
  return extents.every((extent) => extent !== undefined) ? extents.flat() : undefined;
}
