import type { Parsed } from '../../algebra/fault.ts';
import { parseAddress, parseIpBlock, subtractIpSets, type IpSet } from '../../algebra/ip-set.ts';
import { isJsonObject, ownMember } from '../../algebra/json-object.ts';
import type { Tenancy } from '../../tenancy/tenancy.ts';
import { grantedAddresses, judgeBlocks, type AddressBlock, type BlockPolicy } from '../address-bounds.ts';
import { display } from '../display.ts';
import type { Violation } from '../rule.ts';
import { subjectsOfSelector } from './endpoint-selector.ts';
import { itemsOf, specsOf, type CiliumRule, type CiliumSpec } from './policy-view.ts';
import { portsOfRule } from './ports.ts';

/** Judges the blocks of all rules by the bounds that hold for those of NetworkPolicies. */
export function* judgeCiliumBlocks(
  policy: object,
  others: BlockPolicy['others'],
  tenancy: Tenancy,
  tenant: string | undefined,
): Generator<Violation, void, undefined> {
  const specs = specsOf(policy);
  const blocks: AddressBlock[] = [];
  for (const block of specs.flatMap((spec) => blocksOf(spec, tenancy, tenant))) {
    if ('addresses' in block) blocks.push(block);
    else yield block;
  }
  const [only, ...more] = specs;
  // Several specs have several subjects, of which no extent can tell.
  const subjects =
    only === undefined || more.length > 0 ? undefined : subjectsOfSelector(ownMember(only.spec, 'endpointSelector'));
  yield* judgeBlocks(blocks, { subjects, basis: specs.map(({ spec }) => spec), others }, tenancy);
}

function blocksOf(
  { spec, rules }: CiliumSpec,
  tenancy: Tenancy,
  tenant: string | undefined,
): readonly (AddressBlock | Violation)[] {
  return rules.flatMap((rule) => {
    const parsed = portsOfRule(rule);
    const ports = parsed.ok ? parsed.value : undefined;
    const { direction } = rule;
    const basis = [ownMember(spec, 'endpointSelector'), rule.rule];
    const granted = grantedAddresses(direction, ports, tenancy, tenant);
    const of = { direction, basis, ports };
    return wireBlocksOf(rule).flatMap(([field, wire]): readonly (AddressBlock | Violation)[] => {
      const block = parseBlock(wire, field);
      if (block.ok) return [{ field, text: display(wire), rule: of, addresses: subtractIpSets(block.value, granted) }];
      const fix = 'Write the block in its canonical form, and name no group of blocks.';
      return block.faults.map((fault) => ({ ...fault, basis, fix }));
    });
  });
}

function wireBlocksOf({ rule, side, field }: CiliumRule): readonly (readonly [string, unknown])[] {
  return [...itemsOf(rule, `${side}CIDR`, field), ...itemsOf(rule, `${side}CIDRSet`, field)];
}

/** A text is a block or an address; an object is a block, perhaps with others left out. */
function parseBlock(wire: unknown, field: string): Parsed<IpSet> {
  if (typeof wire === 'string' && !wire.includes('/')) return parseAddress(wire, field);
  if (!isJsonObject(wire)) return parseIpBlock({ cidr: wire }, field);
  const cidr = ownMember(wire, 'cidr');
  const except = ownMember(wire, 'except');
  const stranger = Object.keys(wire).find(
    (name) => !['cidr', 'except'].includes(name) && ownMember(wire, name) !== undefined,
  );
  if (stranger !== undefined) {
    const message = `names ${display(ownMember(wire, stranger))}, and which blocks that is cannot be told`;
    return { ok: false, faults: [{ field: `${field}.${stranger}`, message }] };
  }
  return parseIpBlock({ cidr, ...(except === undefined ? {} : { except }) }, field);
}
