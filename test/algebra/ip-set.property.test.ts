import fc from 'fast-check';
import { test } from 'tap';
import { hasNumber } from '../../src/algebra/interval-set.ts';
import {
  addressIn,
  addressOutside,
  containsAddress,
  emptyIpSet,
  intersectIpSets,
  ipSetSize,
  ipSetsEqual,
  ipSetsOverlap,
  isEmptyIpSet,
  isIpSubset,
  largestBlock,
  parseCidr,
  parseIpBlock,
  subtractIpSets,
  toCidrs,
  uniteAllIpSets,
  uniteIpSets,
  type IpSet,
} from '../../src/algebra/ip-set.ts';

const runs = { numRuns: 10_000 };

interface Slice {
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
  readonly shortest: number;
  readonly count: number;
  readonly text: (offset: number) => string;
}

/** The last /28 of IPv4 and the first /125 of a private IPv6 range: the last address of a family is where sums overflow. */
const fourth: Slice = { family: 'ipv4', bits: 32, shortest: 28, count: 16, text: (i) => `255.255.255.${240 + i}` };
const sixth: Slice = {
  family: 'ipv6',
  bits: 128,
  shortest: 125,
  count: 8,
  text: (i) => `fd00:0:0:0::${i.toString(16)}`,
};
const slices = [fourth, sixth];
const universe = slices.flatMap((slice) => Array.from({ length: slice.count }, (_, i) => slice.text(i)));
const valueOf = (slice: Slice, offset: number): bigint =>
  (slice.family === 'ipv4' ? 2n ** 32n - 16n : 0xfdn << 120n) + BigInt(offset);
const values = slices.flatMap((slice) =>
  Array.from({ length: slice.count }, (_, i) => ({ family: slice.family, value: valueOf(slice, i) })),
);
const neighbours = ['255.255.255.239', 'fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00::8', '0.0.0.0', '::'];

interface Block {
  readonly slice: Slice;
  readonly first: number;
  readonly length: number;
  readonly text: string;
}

const blocks: readonly Block[] = slices.flatMap((slice) =>
  Array.from({ length: slice.bits - slice.shortest + 1 }, (_, i) => slice.count >> i).flatMap((length) =>
    Array.from({ length: slice.count / length }, (_, i) => {
      const first = i * length;
      return { slice, first, length, text: `${slice.text(first)}/${slice.bits - Math.log2(length)}` };
    }),
  ),
);

interface Model {
  readonly set: IpSet;
  /** One truth per address of the universe, computed without the algebra. */
  readonly members: readonly boolean[];
}

const membersByBlock = new Map(
  blocks.map((block) => {
    const start = universe.indexOf(block.slice.text(block.first));
    return [block, universe.map((_, i) => i >= start && i < start + block.length)];
  }),
);
const setsByText = new Map(blocks.map(({ text }) => [text, setOf(text)]));

function blockMembers(block: Block): readonly boolean[] {
  return membersByBlock.get(block) ?? [];
}

function setOf(text: string): IpSet {
  const read = parseCidr(text, 'cidr');
  return read.ok ? read.value : emptyIpSet;
}

const model: fc.Arbitrary<Model> = fc
  .array(fc.tuple(fc.constantFrom(...blocks), fc.boolean()), { maxLength: 6 })
  .map((steps) =>
    steps.reduce<Model>(
      ({ set, members }, [block, isAdded]) => {
        const inBlock = blockMembers(block);
        return isAdded
          ? {
              set: uniteIpSets(set, setsByText.get(block.text) ?? emptyIpSet),
              members: members.map((is, i) => is || inBlock[i] === true),
            }
          : {
              set: subtractIpSets(set, setsByText.get(block.text) ?? emptyIpSet),
              members: members.map((is, i) => is && inBlock[i] !== true),
            };
      },
      { set: emptyIpSet, members: universe.map(() => false) },
    ),
  );

const holds = (set: IpSet, expected: readonly boolean[]): boolean =>
  values.every(({ family, value }, i) => hasNumber(set[family], value) === expected[i]) &&
  slices.every(
    (slice) =>
      !hasNumber(set[slice.family], valueOf(slice, -1)) && !hasNumber(set[slice.family], valueOf(slice, slice.count)),
  );
const membersOf = (set: IpSet): readonly boolean[] => values.map(({ family, value }) => hasNumber(set[family], value));
const combine = (a: Model, b: Model, how: (x: boolean, y: boolean) => boolean): readonly boolean[] =>
  a.members.map((x, i) => how(x, b.members[i] === true));
const slicesOf = (members: readonly boolean[]): readonly (readonly boolean[])[] => [
  members.slice(0, fourth.count),
  members.slice(fourth.count),
];

function check<T extends [unknown, ...unknown[]]>(name: string, property: fc.IProperty<T>): void {
  void test(name, (t) => {
    fc.assert(property, runs);
    t.end();
  });
}

check(
  'a set made by uniting and subtracting blocks holds the addresses that remain',
  fc.property(
    model,
    ({ set, members }) =>
      holds(set, members) &&
      universe.every((address, i) => containsAddress(set, address) === members[i]) &&
      !neighbours.some((address) => containsAddress(set, address)),
  ),
);

check(
  'union, intersection and difference hold what they should',
  fc.property(
    model,
    model,
    (a, b) =>
      holds(
        uniteIpSets(a.set, b.set),
        combine(a, b, (x, y) => x || y),
      ) &&
      holds(
        intersectIpSets(a.set, b.set),
        combine(a, b, (x, y) => x && y),
      ) &&
      holds(
        subtractIpSets(a.set, b.set),
        combine(a, b, (x, y) => x && !y),
      ),
  ),
);

check(
  'the union of many sets holds what any of them holds',
  fc.property(fc.array(model, { maxLength: 4 }), (models) =>
    holds(
      uniteAllIpSets(models.map(({ set }) => set)),
      universe.map((_, i) => models.some(({ members }) => members[i])),
    ),
  ),
);

check(
  'subset, equality, overlap, emptiness and size agree with the members',
  fc.property(model, model, (a, b) => {
    const onlyA = combine(a, b, (x, y) => x && !y).includes(true);
    const onlyB = combine(a, b, (x, y) => !x && y).includes(true);
    const [ipv4, ipv6] = slicesOf(a.members).map((slice) => BigInt(slice.filter(Boolean).length));
    const size = ipSetSize(a.set);
    return (
      isIpSubset(a.set, b.set) === !onlyA &&
      ipSetsEqual(a.set, b.set) === (!onlyA && !onlyB) &&
      ipSetsOverlap(a.set, b.set) === combine(a, b, (x, y) => x && y).includes(true) &&
      isEmptyIpSet(a.set) === !a.members.includes(true) &&
      size.ipv4 === ipv4 &&
      size.ipv6 === ipv6
    );
  }),
);

check(
  'witnesses are the lowest members, inside the one and outside the other',
  fc.property(model, model, (a, b) => {
    const canonical = (i: number): string | undefined =>
      universe[i]?.replace('fd00:0:0:0::', 'fd00::').replace(/::0$/, '::');
    const left = combine(a, b, (x, y) => x && !y).indexOf(true);
    return addressIn(a.set) === canonical(a.members.indexOf(true)) && addressOutside(a.set, b.set) === canonical(left);
  }),
);

check(
  'the CIDR list is a partition of the set, and no shorter list exists',
  fc.property(model, ({ set, members }) => {
    const listed = toCidrs(set);
    const covering = listed.map((text) => membersOf(setOf(text)));
    const isPartition = members.every(
      (isMember, i) => covering.filter((covered) => covered[i]).length === Number(isMember),
    );
    // Blocks nest, so the shortest list is that of the blocks inside the set which lie in no larger block inside it.
    const inside = blocks.filter((block) => blockMembers(block).every((is, i) => !is || members[i]));
    const maximal = inside.filter(
      (block) =>
        !inside.some(
          (larger) =>
            larger.slice === block.slice &&
            larger.length > block.length &&
            larger.first <= block.first &&
            block.first < larger.first + larger.length,
        ),
    );
    return isPartition && listed.length === maximal.length;
  }),
);

check(
  'the largest block is the largest of all blocks inside the set',
  fc.property(model, ({ set, members }) => {
    const largest = largestBlock(set);
    return slices.every((slice) => {
      const lengths = blocks
        .filter((block) => block.slice === slice && blockMembers(block).every((is, i) => !is || members[i]))
        .map(({ length }) => slice.bits - Math.log2(length));
      return largest[slice.family] === (lengths.length === 0 ? undefined : Math.min(...lengths));
    });
  }),
);

check(
  'an address block holds its cidr without its exceptions, and only strict subsets may be exceptions',
  fc.property(
    fc.constantFrom(...blocks),
    fc.array(fc.constantFrom(...blocks), { maxLength: 4 }),
    (whole, exceptions) => {
      const read = parseIpBlock({ cidr: whole.text, except: exceptions.map(({ text }) => text) }, 'b');
      const isStrictlyWithin = (block: Block): boolean =>
        block.slice === whole.slice &&
        block.length < whole.length &&
        block.first >= whole.first &&
        block.first < whole.first + whole.length;
      const faulty = exceptions.flatMap((block, i) => (isStrictlyWithin(block) ? [] : [`b.except[${i}]`]));
      if (!read.ok) {
        return read.faults.map(({ field }) => field).join() === faulty.join() && faulty.length > 0;
      }
      const excluded = exceptions.map(blockMembers);
      return (
        faulty.length === 0 &&
        holds(
          read.value,
          blockMembers(whole).map((is, i) => is && !excluded.some((members) => members[i])),
        )
      );
    },
  ),
);

const hostileText = fc.oneof(
  fc.string(),
  fc.stringMatching(/^[0-9a-fx:.%/ ]{0,50}$/),
  fc
    .tuple(fc.constantFrom(...blocks), fc.nat(30), fc.constantFrom('0', '1', ':', '.', '/', '%', ' ', 'x', ''))
    .map(([{ text }, at, inserted]) => text.slice(0, at) + inserted + text.slice(at + 1)),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(130)).map(([address, prefix]) => `${address}/${prefix}`),
);

check(
  'whatever text is offered, it is read as one block that reads back the same, or refused with a fault',
  fc.property(hostileText, (text) => {
    const read = parseCidr(text, 'cidr');
    if (!read.ok) {
      return read.faults.length === 1;
    }
    const [written, ...others] = toCidrs(read.value);
    return others.length === 0 && written !== undefined && ipSetsEqual(setOf(written), read.value);
  }),
);
