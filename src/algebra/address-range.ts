import ipaddr from 'ipaddr.js';

import { formatAddress, type IpAddress } from './ip-address.ts';

/**
 * Whether anybody on the internet may have the address: it is in none of the blocks set aside for one machine, link, site
 * or purpose (IANA special-purpose address registries, RFC 6890).
 */
export function isPublicAddress(address: IpAddress): boolean {
  return ipaddr.parse(formatAddress(address)).range() === 'unicast';
}
