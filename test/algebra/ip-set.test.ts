import { test } from 'tap';
import {
  addressIn,
  addressOutside,
  containsAddress,
  emptyIpSet,
  intersectIpSets,
  ipAlgebra,
  ipSetSize,
  ipSetsEqual,
  ipSetsOverlap,
  isEmptyIpSet,
  isIpSubset,
  largestBlock,
  parseAddress,
  parseCidr,
  parseIpBlock,
  subtractIpSets,
  toCidrs,
  uniteIpSets,
  type IpSet,
} from '../../src/algebra/ip-set.ts';

function cidrs(...texts: readonly string[]): IpSet {
  return texts.reduce((set, text) => {
    const read = parseCidr(text, 'cidr');
    return uniteIpSets(set, read.ok ? read.value : emptyIpSet);
  }, emptyIpSet);
}

function messageOf(read: ReturnType<typeof parseCidr>): string | undefined {
  return read.ok ? undefined : read.faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
}

const everything = cidrs('0.0.0.0/0', '::/0');
const unreadable = 'is not an IP address of four decimal numbers (IPv4) or eight hexadecimal groups (IPv6)';
const blockHint = 'write a CIDR block such as "10.0.0.0/8" or "fd00::/8"';

test('a sound CIDR block is read, and written back in canonical text', (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['::/0', '::/0'],
    ['FD00:0:0:0:0:0:0:0/8', 'fd00::/8'],
    ['2001:0DB8::0001/128', '2001:db8::1/128'],
    ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:200/120'],
    ['::192.0.2.1/128', '::c000:201/128'],
    ['::fffe:0:0/95', '::fffe:0:0/95'],
  ];
  for (const [text, canonical] of table) {
    const read = parseCidr(text, 'cidr');
    t.strictSame(read.ok && toCidrs(read.value), [canonical], text);
  }
  t.end();
});

test('a sloppy CIDR block is a fault that says what is wrong and how to write it', (t) => {
  const mapped = 'is an IPv4-mapped IPv6 address, which engines treat differently';
  const octal = 'has leading zeros, which some programs read as octal';
  const table: readonly (readonly [unknown, string])[] = [
    ['10.0.0.1/8', '"10.0.0.1/8" has bits set beyond its prefix (host bits): write "10.0.0.0/8"'],
    ['fd00::1/64', '"fd00::1/64" has bits set beyond its prefix (host bits): write "fd00::/64"'],
    ['010.0.0.0/8', `"010.0.0.0/8" ${octal}: write "10.0.0.0/8"`],
    ['10.0.0.00/8', `"10.0.0.00/8" ${octal}: write "10.0.0.0/8"`],
    ['64:ff9b::192.000.2.0/120', `"64:ff9b::192.000.2.0/120" ${octal}: write "64:ff9b::c000:200/120"`],
    ['10.0.0.0/08', '"10.0.0.0/08" has a leading zero in its prefix length: write "10.0.0.0/8"'],
    ['::ffff:10.0.0.0/104', `"::ffff:10.0.0.0/104" ${mapped}: write "10.0.0.0/8"`],
    ['::FFFF:a00:1/128', `"::FFFF:a00:1/128" ${mapped}: write "10.0.0.1/32"`],
    ['::ffff:0:0/96', `"::ffff:0:0/96" ${mapped}: write "0.0.0.0/0"`],
    ['::ffff:0:0/95', `"::ffff:0:0/95" ${mapped}: ${blockHint}`],
    ['10.0.0.1', '"10.0.0.1" has no prefix length: write "10.0.0.1/32"'],
    ['::1', '"::1" has no prefix length: write "::1/128"'],
    [
      'fe80::1%eth0/128',
      '"fe80::1%eth0/128" has a zone id, which means nothing outside one machine: write "fe80::1/128"',
    ],
    ['x%1/8', `"x%1/8" has a zone id, which means nothing outside one machine: ${blockHint}`],
    [' 10.0.0.0/8', '" 10.0.0.0/8" has white space around it: write "10.0.0.0/8"'],
    ['10.0.0.0/8\n', '"10.0.0.0/8\\n" has white space around it: write "10.0.0.0/8"'],
    ['10.0.0.0/33', `"10.0.0.0/33" has a prefix length that is not a whole number from 0 to 32: ${blockHint}`],
    ['::/129', `"::/129" has a prefix length that is not a whole number from 0 to 128: ${blockHint}`],
    ['10.0.0.0/8/8', `"10.0.0.0/8/8" has a prefix length that is not a whole number from 0 to 32: ${blockHint}`],
    ['1'.repeat(65), `"${'1'.repeat(65)}" is too long for an IP address: ${blockHint}`],
    [undefined, 'must be a CIDR block such as "10.0.0.0/8" or "fd00::/8", not nothing'],
    [10, 'must be a CIDR block such as "10.0.0.0/8" or "fd00::/8", not 10'],
  ];
  for (const [text, message] of table) {
    t.equal(messageOf(parseCidr(text, 'cidr')), `cidr: ${message}`);
  }
  t.end();
});

test('forms that only lenient parsers read are no addresses', (t) => {
  const table = [
    ...['', '/8', '10.1/16', '10/8', '167772160/8', '0x0a.0.0.0/8', '0xa000000/8', '10.0.0.0x1/32', '1.2.3.256/32'],
    ...['1.2.3.4.5/32', '1.2.3./24', '10.0. 0.0/8', '+10.0.0.0/8', '::ffff:0x7f.0.0.1/128', '1::2::3/64', '1:2:3/64'],
    ...[
      ':::/0',
      '12345::/16',
      'g::/16',
      '1:2:3:4:5:6:7:8:9/64',
      '1:2:3:4:5:6:7:1.2.3.4/128',
      '::1.2.3/128',
      '1.2.3.4::/64',
    ],
    ...['[::1]/128', '٣.0.0.0/8'],
  ];
  for (const text of table) {
    t.equal(messageOf(parseCidr(text, 'f')), `f: ${JSON.stringify(text)} ${unreadable}: ${blockHint}`);
  }
  t.end();
});

test('an address is read as strictly, and is a set of one', (t) => {
  const read = parseAddress('10.0.0.1', 'ip');
  t.strictSame(read.ok && toCidrs(read.value), ['10.0.0.1/32']);
  const sixth = parseAddress('FD00::0001', 'ip');
  t.strictSame(sixth.ok && toCidrs(sixth.value), ['fd00::1/128']);
  t.equal(
    messageOf(parseAddress('::ffff:1.2.3.4', 'ip')),
    'ip: "::ffff:1.2.3.4" is an IPv4-mapped IPv6 address, which engines treat differently: write "1.2.3.4"',
  );
  const hint = 'write an IP address such as "10.0.0.1" or "fd00::1"';
  t.equal(messageOf(parseAddress('10.0.0.1/32', 'ip')), `ip: "10.0.0.1/32" ${unreadable}: ${hint}`);
  t.match(messageOf(parseAddress(null, 'ip')), 'must be an IP address such as "10.0.0.1" or "fd00::1", not nothing');
  t.end();
});

test('an address block is its cidr without its exceptions', (t) => {
  const read = parseIpBlock({ cidr: '10.0.0.0/8', except: ['10.128.0.0/9', '10.0.0.0/9'] }, 'ipBlock');
  t.strictSame(read, { ok: true, value: emptyIpSet });
  const some = parseIpBlock({ cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] }, 'ipBlock');
  t.ok(some.ok && !containsAddress(some.value, '169.254.169.254') && containsAddress(some.value, '169.254.169.253'));
  t.equal(some.ok && ipSetSize(some.value).ipv4, 2n ** 32n - 1n);
  for (const except of [undefined, null, []]) {
    const sixth = parseIpBlock({ cidr: 'fd00::/8', except }, 'ipBlock');
    t.strictSame(sixth.ok && toCidrs(sixth.value), ['fd00::/8']);
  }
  t.end();
});

test('a faulty address block yields every fault with its field', (t) => {
  const outside = (text: string, whole: string): string =>
    `"${text}" is not a strict subset of the cidr "${whole}": remove it, or write a smaller block inside`;
  const table: readonly (readonly [unknown, string])[] = [
    ['10.0.0.0/8', 'b: must be an object with cidr and perhaps except, not "10.0.0.0/8"'],
    [{ cidr: '10.0.0.0/8', exempt: [] }, 'b: unknown field "exempt": remove it, or use one of cidr, except'],
    [{ cidr: '10.0.0.0/8', except: '10.0.0.0/9' }, 'b.except: must be a list, not "10.0.0.0/9"'],
    [{}, 'b.cidr: must be a CIDR block such as "10.0.0.0/8" or "fd00::/8", not nothing'],
    [
      { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', 'fd00::/64', '10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0'] },
      [
        `b.except[0]: ${outside('11.0.0.0/16', '10.0.0.0/8')}`,
        `b.except[1]: ${outside('fd00::/64', '10.0.0.0/8')}`,
        `b.except[2]: ${outside('10.0.0.0/8', '10.0.0.0/8')}`,
        `b.except[4]: ${outside('0.0.0.0/0', '10.0.0.0/8')}`,
      ].join('; '),
    ],
    [
      { cidr: '10.0.0.1/8', except: ['10.1.0.0/16', '10.1.0.1/16'] },
      [
        'b.cidr: "10.0.0.1/8" has bits set beyond its prefix (host bits): write "10.0.0.0/8"',
        'b.except[1]: "10.1.0.1/16" has bits set beyond its prefix (host bits): write "10.1.0.0/16"',
      ].join('; '),
    ],
  ];
  for (const [block, message] of table) {
    t.equal(messageOf(parseIpBlock(block, 'b')), message);
  }
  t.end();
});

test('two halves of the internet are the internet', (t) => {
  const halves = cidrs('128.0.0.0/1', '0.0.0.0/1', '8000::/1', '::/1');
  t.ok(ipSetsEqual(halves, everything));
  t.strictSame(toCidrs(halves), ['0.0.0.0/0', '::/0']);
  t.strictSame(largestBlock(halves), { ipv4: 0, ipv6: 0 });
  t.strictSame(ipSetSize(halves), { ipv4: 2n ** 32n, ipv6: 2n ** 128n });
  t.end();
});

test('the largest block is that of the set, not of the blocks it was made of', (t) => {
  t.strictSame(largestBlock(emptyIpSet), {});
  t.strictSame(largestBlock(cidrs('10.0.1.0/24', '10.0.2.0/24')), { ipv4: 24 });
  t.strictSame(largestBlock(cidrs('10.0.2.0/24', '10.0.3.0/24', 'fd00::1/128')), { ipv4: 23, ipv6: 128 });
  t.strictSame(largestBlock(subtractIpSets(everything, cidrs('10.0.0.0/8', '::/128'))), { ipv4: 1, ipv6: 1 });
  t.end();
});

test('blocks are written as the shortest list, IPv4 first', (t) => {
  t.strictSame(toCidrs(emptyIpSet), []);
  t.strictSame(toCidrs(cidrs('fd00::/127', '10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/32')), [
    '10.0.0.1/32',
    '10.0.0.2/31',
    '10.0.0.4/32',
    'fd00::/127',
  ]);
  t.equal(toCidrs(subtractIpSets(everything, cidrs('255.255.255.255/32', 'ffff::/16'))).length, 32 + 16);
  t.end();
});

test('the witness is the lowest address, IPv4 before IPv6', (t) => {
  t.equal(addressIn(emptyIpSet), undefined);
  t.equal(addressIn(cidrs('fd00::/8')), 'fd00::');
  t.equal(addressIn(cidrs('fd00::/8', '10.0.0.4/30', '9.0.0.0/8')), '9.0.0.0');
  t.equal(addressOutside(cidrs('10.0.0.0/8'), cidrs('10.0.0.0/9', '::/0')), '10.128.0.0');
  t.equal(addressOutside(cidrs('10.0.0.0/9'), cidrs('10.0.0.0/8')), undefined);
  t.end();
});

test('the families are separate: all of IPv4 leaves IPv6 alone', (t) => {
  t.notOk(isIpSubset(cidrs('::1/128'), cidrs('0.0.0.0/0')));
  t.notOk(ipSetsOverlap(cidrs('::/0'), cidrs('0.0.0.0/0')));
  t.ok(isEmptyIpSet(intersectIpSets(cidrs('::/0'), cidrs('0.0.0.0/0'))));
  t.notOk(ipSetsEqual(cidrs('0.0.0.0/0'), everything));
  t.notOk(containsAddress(everything, 'localhost'));
  t.ok(containsAddress(everything, '255.255.255.255'));
  t.ok(containsAddress(everything, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'));
  t.end();
});

test('address sets serve as a side of a product', (t) => {
  t.strictSame(ipAlgebra.subtract(cidrs('10.0.0.0/8'), everything), []);
  t.strictSame(ipAlgebra.subtract(everything, cidrs('::/0')), [cidrs('0.0.0.0/0')]);
  t.end();
});
