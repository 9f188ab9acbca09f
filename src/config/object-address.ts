import { isIP } from 'node:net';

/** Where a namespaced object is. */
export interface ObjectAddress {
  readonly namespace: string;
  readonly name: string;
}

const longestLabel = 63;
const longestName = 253;
const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Reads NAMESPACE/NAME, or undefined for what no object can be called. */
export function objectAddressOf(text: string): ObjectAddress | undefined {
  const [namespace = '', name = '', ...more] = text.split('/');
  return more.length === 0 && isLabel(namespace) && isObjectName(name) ? { namespace, name } : undefined;
}

/** Whether an object can be called so: a DNS subdomain name (RFC 1123). */
export function isObjectName(text: string): boolean {
  return text.length <= longestName && text.split('.').every((part) => part.length > 0 && label.test(part));
}

/** Whether a serving certificate can be for this: a DNS name or an IP address. */
export function isServerName(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= longestName && text.toLowerCase().split('.').every(isLabel));
}

function isLabel(text: string): boolean {
  return text.length <= longestLabel && label.test(text);
}
