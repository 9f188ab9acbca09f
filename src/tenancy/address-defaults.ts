/** What holds where a Tenancy document says nothing of addresses: the safe meaning, until the operator knows better. */

/** Prefix lengths per address family. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}

/**
 * Metadata and credential services of the clouds, the link-local blocks that most of them live in, and loopback; and the
 * IPv6 blocks that stand for IPv4 addresses (RFC 4291 section 2.5.5, RFC 6052, RFC 8215, RFC 3056).
 */
export const defaultForbiddenBlocks: readonly string[] = [
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::254/128',
  'fd00:ec2::23/128',
  '0.0.0.0/8',
  '127.0.0.0/8',
  '::/80',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fe80::/10',
];

/** Private blocks (RFC 1918, RFC 6598, RFC 4193): while nobody says where the cluster lives, it may live in any of them. */
export const defaultClusterBlocks = {
  pods: ['10.0.0.0/8', '100.64.0.0/10', 'fc00::/7'],
  services: [],
  nodes: ['172.16.0.0/12', '192.168.0.0/16'],
} as const;

export const defaultLargestBlock: PrefixLengths = { ipv4: 16, ipv6: 48 };
export const defaultLargestTotal: PrefixLengths = { ipv4: 12, ipv6: 44 };
