import ipaddr from 'ipaddr.js';
import { quote } from './fault.ts';

export type IpFamily = 'ipv4' | 'ipv6';

/** An address as a number below 2^32 or 2^128. */
export interface IpAddress {
  readonly family: IpFamily;
  readonly value: bigint;
}

/** An aligned block: the addresses that share the first `prefix` bits of `value`, whose other bits are zero. */
export interface IpBlock extends IpAddress {
  readonly prefix: number;
}

/** What a text means, or what is wrong with it and how to write it. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** The number of bits in an address of each family. */
export const addressBits: Readonly<Record<IpFamily, number>> = { ipv4: 32, ipv6: 128 };

/** A text as far as it can be understood: a problem may come with what was probably meant. */
type Guess<T> =
  { readonly meant: T; readonly problem: string | undefined } | { readonly meant: undefined; readonly problem: string };

interface GuessedAddress extends IpAddress {
  /** Whether the text was an IPv4-mapped IPv6 address; family and value are then the IPv4 ones. */
  readonly isMapped: boolean;
}

/** Longer than any address with prefix; what is longer is not looked into. */
const longestText = 64;
const exampleBlock = 'a CIDR block such as "10.0.0.0/8" or "fd00::/8"';
const exampleAddress = 'an IP address such as "10.0.0.1" or "fd00::1"';
const unreadable = 'is not an IP address of four decimal numbers (IPv4) or eight hexadecimal groups (IPv6)';
const leadingZeros = /(?<!\d)0+(?=\d)/g;
const dottedTail = /^(.*:)([\d.]+)$/;
const digits = /^\d{1,3}$/;

/**
 * Reads one address strictly: engines read sloppy spellings differently, and some take what they cannot read as every
 * address, so only the plain spelling is accepted (KEP-4858). RFC 5952 (lower case, compressed) is not demanded.
 */
export function readAddress(text: unknown): Reading<IpAddress> {
  return readText(text, guessAddress, formatAddress, exampleAddress);
}

/** Reads one block in CIDR notation (RFC 4632, RFC 4291 section 2.3) as strictly as `readAddress`. */
export function readBlock(text: unknown): Reading<IpBlock> {
  return readText(text, guessBlock, formatBlock, exampleBlock);
}

/** The address in canonical text (RFC 5952 for IPv6). */
export function formatAddress({ family, value }: IpAddress): string {
  const length = addressBits[family] / 8;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

/** The block in canonical CIDR notation. */
export function formatBlock(block: IpBlock): string {
  return `${formatAddress(block)}/${block.prefix}`;
}

/** How many addresses a block with this prefix holds. */
export function blockSize(family: IpFamily, prefix: number): bigint {
  return 1n << BigInt(addressBits[family] - prefix);
}

function readText<T>(
  text: unknown,
  guessText: (trimmed: string) => Guess<T>,
  format: (value: T) => string,
  example: string,
): Reading<T> {
  if (typeof text !== 'string') {
    return { ok: false, message: `must be ${example}, not ${quote(text)}` };
  }
  if (text.length > longestText) {
    return { ok: false, message: `${quote(text)} is too long for an IP address: write ${example}` };
  }
  const { meant, problem } = guessText(text.trim());
  if (meant === undefined) {
    return { ok: false, message: `${quote(text)} ${problem}: write ${example}` };
  }
  const fault = problem ?? (text === text.trim() ? undefined : 'has white space around it');
  return fault === undefined
    ? { ok: true, value: meant }
    : { ok: false, message: `${quote(text)} ${fault}: write ${quote(format(meant))}` };
}

function guessBlock(text: string): Guess<IpBlock> {
  const slash = text.indexOf('/');
  const address = guessAddress(slash < 0 ? text : text.slice(0, slash));
  if (address.meant === undefined) {
    return address;
  }
  const prefix = guessPrefix(slash < 0 ? undefined : text.slice(slash + 1), address.meant);
  if (prefix.meant === undefined) {
    return { meant: undefined, problem: address.problem ?? prefix.problem };
  }
  const { family, value } = address.meant;
  const network = value - (value % blockSize(family, prefix.meant));
  const hostBits = network === value ? undefined : 'has bits set beyond its prefix (host bits)';
  return {
    meant: { family, value: network, prefix: prefix.meant },
    problem: address.problem ?? prefix.problem ?? hostBits,
  };
}

function guessPrefix(text: string | undefined, { family, isMapped }: GuessedAddress): Guess<number> {
  if (text === undefined) {
    return { meant: addressBits[family], problem: 'has no prefix length' };
  }
  const bits = isMapped ? addressBits.ipv6 : addressBits[family];
  const shift = bits - addressBits[family];
  const length = digits.test(text) ? Number(text) : -1;
  if (length < shift || length > bits) {
    return { meant: undefined, problem: `has a prefix length that is not a whole number from ${shift} to ${bits}` };
  }
  return {
    meant: length - shift,
    problem: text === String(length) ? undefined : 'has a leading zero in its prefix length',
  };
}

function guessAddress(text: string): Guess<GuessedAddress> {
  const percent = text.indexOf('%');
  if (percent >= 0) {
    // Whatever follows a zone, up to the prefix, is the zone's: RFC 4007 section 11.
    return {
      ...guessAddress(text.slice(0, percent)),
      problem: 'has a zone id, which means nothing outside one machine',
    };
  }
  return text.includes(':') ? guessIpv6(text) : guessIpv4(text);
}

function guessIpv4(text: string): Guess<GuessedAddress> {
  const plain = text.replace(leadingZeros, '');
  // The library also reads octal, hexadecimal and short forms; this one of its tests does not.
  if (!ipaddr.IPv4.isValidFourPartDecimal(plain)) {
    return { meant: undefined, problem: unreadable };
  }
  return {
    meant: { family: 'ipv4', value: numberOf(ipaddr.IPv4.parse(plain)), isMapped: false },
    problem: plain === text ? undefined : 'has leading zeros, which some programs read as octal',
  };
}

function guessIpv6(text: string): Guess<GuessedAddress> {
  const { plain, problem } = withoutDottedTail(text);
  if (plain === undefined || !ipaddr.IPv6.isValid(plain)) {
    return { meant: undefined, problem: unreadable };
  }
  const value = numberOf(ipaddr.IPv6.parse(plain));
  // ::ffff:0:0/96, RFC 4291 section 2.5.5.2. Some engines match it against IPv4 traffic, others against none.
  return value >> 32n === 0xffffn
    ? {
        meant: { family: 'ipv4', value: value & 0xffffffffn, isMapped: true },
        problem: 'is an IPv4-mapped IPv6 address, which engines treat differently',
      }
    : { meant: { family: 'ipv6', value, isMapped: false }, problem };
}

/** The text with an embedded IPv4 address as two hexadecimal groups, since the library reads such a tail leniently. */
function withoutDottedTail(text: string): { readonly plain?: string; readonly problem?: string | undefined } {
  if (!text.includes('.')) {
    return { plain: text };
  }
  const [, head = '', tail = ''] = dottedTail.exec(text) ?? [];
  const { meant, problem } = guessIpv4(tail);
  return meant === undefined
    ? {}
    : { plain: `${head}${(meant.value >> 16n).toString(16)}:${(meant.value & 0xffffn).toString(16)}`, problem };
}

function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
