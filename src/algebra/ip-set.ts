import { quote, type Fault, type Parsed } from './fault.ts';
import {
  hasNumber,
  intersectIntervals,
  intervalSetOf,
  intervalSetsEqual,
  isIntervalSubset,
  subtractIntervals,
  type Interval,
  type IntervalSet,
} from './interval-set.ts';
import {
  addressBits,
  blockSize,
  formatAddress,
  formatBlock,
  readAddress,
  readBlock,
  type IpBlock,
  type IpFamily,
  type Reading,
} from './ip-address.ts';
import { isJsonObject, ownList, ownMember, unknownMembers } from './json-object.ts';
import { type SetAlgebra } from './product-set.ts';

/** IPv4 and IPv6 addresses, each family as intervals of numbers below 2^32 or 2^128. */
export interface IpSet {
  readonly ipv4: IntervalSet<bigint>;
  readonly ipv6: IntervalSet<bigint>;
}

/** No address. */
export const emptyIpSet: IpSet = { ipv4: [], ipv6: [] };

const families = ['ipv4', 'ipv6'] as const;

/** The addresses of a CIDR block, read strictly; the fault says what is wrong and, where there is one, the right form. */
export function parseCidr(text: unknown, field: string): Parsed<IpSet> {
  return parsed(readBlock(text), field, setOfBlock);
}

/** The set of one address, read strictly. */
export function parseAddress(text: unknown, field: string): Parsed<IpSet> {
  return parsed(readAddress(text), field, (address) => setOfBlock({ ...address, prefix: addressBits[address.family] }));
}

/**
 * The addresses of a NetworkPolicy IPBlock: `cidr` without the blocks in `except`, each of which must lie strictly within
 * `cidr`. https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export function parseIpBlock(ipBlock: unknown, field: string): Parsed<IpSet> {
  if (!isJsonObject(ipBlock)) {
    const message = `must be an object with cidr and perhaps except, not ${quote(ipBlock)}`;
    return { ok: false, faults: [{ field, message }] };
  }
  const faults = unknownMembers(ipBlock, ['cidr', 'except'], field);
  const whole = accepted(readBlock(ownMember(ipBlock, 'cidr')), `${field}.cidr`, faults);
  const exceptions: Interval<bigint>[] = [];
  for (const [index, text] of (ownList(ipBlock, 'except', field, faults) ?? []).entries()) {
    const exception = readException(text, whole, `${field}.except[${index}]`, faults);
    if (exception !== undefined) {
      exceptions.push(exception);
    }
  }
  if (whole === undefined || faults.length > 0) {
    return { ok: false, faults };
  }
  const rest = subtractIntervals([intervalOf(whole)], intervalSetOf(exceptions));
  return { ok: true, value: { ...emptyIpSet, [whole.family]: rest } };
}

/** The addresses in `a`, in `b` or in both. */
export function uniteIpSets(a: IpSet, b: IpSet): IpSet {
  return uniteAllIpSets([a, b]);
}

/** The addresses in any of the sets. For long lists: uniting them one by one takes quadratic time. */
export function uniteAllIpSets(sets: readonly IpSet[]): IpSet {
  return {
    ipv4: intervalSetOf(sets.flatMap(({ ipv4 }) => ipv4)),
    ipv6: intervalSetOf(sets.flatMap(({ ipv6 }) => ipv6)),
  };
}

/** The addresses in both. */
export function intersectIpSets(a: IpSet, b: IpSet): IpSet {
  return { ipv4: intersectIntervals(a.ipv4, b.ipv4), ipv6: intersectIntervals(a.ipv6, b.ipv6) };
}

/** The addresses in `a` and not in `b`. */
export function subtractIpSets(a: IpSet, b: IpSet): IpSet {
  return { ipv4: subtractIntervals(a.ipv4, b.ipv4), ipv6: subtractIntervals(a.ipv6, b.ipv6) };
}

/** Whether no address is in the set. */
export function isEmptyIpSet(set: IpSet): boolean {
  return set.ipv4.length === 0 && set.ipv6.length === 0;
}

/** Whether both hold the same addresses. */
export function ipSetsEqual(a: IpSet, b: IpSet): boolean {
  return intervalSetsEqual(a.ipv4, b.ipv4) && intervalSetsEqual(a.ipv6, b.ipv6);
}

/** Whether every address of `a` is in `b`. */
export function isIpSubset(a: IpSet, b: IpSet): boolean {
  return isIntervalSubset(a.ipv4, b.ipv4) && isIntervalSubset(a.ipv6, b.ipv6);
}

/** Whether some address is in both. */
export function ipSetsOverlap(a: IpSet, b: IpSet): boolean {
  return !isEmptyIpSet(intersectIpSets(a, b));
}

/** The number of addresses of each family. */
export function ipSetSize(set: IpSet): { readonly ipv4: bigint; readonly ipv6: bigint } {
  return { ipv4: sizeOf(set.ipv4), ipv6: sizeOf(set.ipv6) };
}

/** The lowest address in canonical text, IPv4 before IPv6; undefined for the empty set. */
export function addressIn(set: IpSet): string | undefined {
  for (const family of families) {
    const lowest = set[family][0];
    if (lowest !== undefined) {
      return formatAddress({ family, value: lowest.start });
    }
  }
  return undefined;
}

/** The lowest address that is in `a` and not in `b`, or undefined when `b` holds all of `a`. */
export function addressOutside(a: IpSet, b: IpSet): string | undefined {
  return addressIn(subtractIpSets(a, b));
}

/** The shortest list of CIDR blocks that holds the same addresses, in ascending order, IPv4 first, canonical text. */
export function toCidrs(set: IpSet): readonly string[] {
  return families.flatMap((family) => set[family].flatMap((interval) => cidrsOf(family, interval)));
}

/**
 * The shortest prefix length among the aligned CIDR blocks that lie wholly within the set, whatever blocks it was made
 * of: two halves of the internet give 0. A family without addresses is absent.
 */
export function largestBlock(set: IpSet): { readonly ipv4?: number; readonly ipv6?: number } {
  const shortest: { ipv4?: number; ipv6?: number } = {};
  for (const family of families) {
    if (set[family].length > 0) {
      shortest[family] = shortestPrefix(family, set[family]);
    }
  }
  return shortest;
}

/** Whether the address is in the set; a text that is no strictly written address is in no set. */
export function containsAddress(set: IpSet, text: string): boolean {
  const address = readAddress(text);
  return address.ok && hasNumber(set[address.value.family], address.value.value);
}

/** Address sets as one side of a product of sets. */
export const ipAlgebra: SetAlgebra<IpSet, string> = {
  isEmpty: isEmptyIpSet,
  intersect: intersectIpSets,
  subtract: (a, b) => [subtractIpSets(a, b)].filter((rest) => !isEmptyIpSet(rest)),
  isSubset: isIpSubset,
  witness: addressIn,
};

function parsed<T>(reading: Reading<T>, field: string, toSet: (value: T) => IpSet): Parsed<IpSet> {
  return reading.ok
    ? { ok: true, value: toSet(reading.value) }
    : { ok: false, faults: [{ field, message: reading.message }] };
}

function accepted<T>(reading: Reading<T>, field: string, faults: Fault[]): T | undefined {
  if (reading.ok) {
    return reading.value;
  }
  faults.push({ field, message: reading.message });
  return undefined;
}

function readException(
  text: unknown,
  whole: IpBlock | undefined,
  field: string,
  faults: Fault[],
): Interval<bigint> | undefined {
  const block = accepted(readBlock(text), field, faults);
  if (block === undefined || whole === undefined) {
    return undefined;
  }
  const isStrictlyWithin =
    block.family === whole.family &&
    block.prefix > whole.prefix &&
    isIntervalSubset([intervalOf(block)], [intervalOf(whole)]);
  if (!isStrictlyWithin) {
    const message = `${quote(text)} is not a strict subset of the cidr ${quote(formatBlock(whole))}: remove it, or write a smaller block inside`;
    faults.push({ field, message });
  }
  return intervalOf(block);
}

function intervalOf({ family, value, prefix }: IpBlock): Interval<bigint> {
  return { start: value, end: value + blockSize(family, prefix) };
}

function setOfBlock(block: IpBlock): IpSet {
  return { ...emptyIpSet, [block.family]: [intervalOf(block)] };
}

function sizeOf(intervals: IntervalSet<bigint>): bigint {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0n);
}

/** The largest aligned block at the start of what is left, again and again: no shorter list exists. */
function cidrsOf(family: IpFamily, { start, end }: Interval<bigint>): readonly string[] {
  const cidrs: string[] = [];
  let value = start;
  while (value < end) {
    let prefix = addressBits[family];
    while (prefix > 0 && fitsAt(value, blockSize(family, prefix - 1), end)) {
      prefix -= 1;
    }
    cidrs.push(formatBlock({ family, value, prefix }));
    value += blockSize(family, prefix);
  }
  return cidrs;
}

function fitsAt(start: bigint, size: bigint, end: bigint): boolean {
  return start % size === 0n && start + size <= end;
}

/** One question for each interval, whether it holds a larger block than those before it, and one for each answer that is yes. */
function shortestPrefix(family: IpFamily, intervals: IntervalSet<bigint>): number {
  let prefix = addressBits[family];
  for (const interval of intervals) {
    while (prefix > 0 && holdsBlock(interval, blockSize(family, prefix - 1))) {
      prefix -= 1;
    }
  }
  return prefix;
}

function holdsBlock({ start, end }: Interval<bigint>, size: bigint): boolean {
  const firstAligned = ((start + size - 1n) / size) * size;
  return firstAligned + size <= end;
}
