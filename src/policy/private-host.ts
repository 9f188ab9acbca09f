import { isPublicAddress } from '../algebra/address-range.ts';
import { containsAddress } from '../algebra/ip-set.ts';
import { formatAddress } from '../algebra/ip-address.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Facts } from './facts.ts';
import type { SourceUrl } from './objects/source-url.ts';

/** Names that never leave a machine, a link or a site: RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`. */
const localDomains = ['localhost', 'local', 'home.arpa', 'internal'] as const;

/**
 * Why a host is not one of the internet, undefined where it may be. Flux connects from the platform's namespace, past every
 * NetworkPolicy of the tenant. A name can still resolve to anything; only a list of allowed hosts bounds that.
 */
export function whyPrivate({ host, address }: SourceUrl, tenancy: Tenancy, facts: Facts): string | undefined {
  if (address === undefined) return whyPrivateName(host, facts);
  const text = formatAddress(address);
  if (containsAddress(tenancy.forbiddenAddresses, text)) return 'is an address that tenants may never name';
  const range = tenancy.clusterRanges.find(({ addresses }) => containsAddress(addresses, text));
  if (range !== undefined) return `is in the cluster’s ${range.name} range`;
  return isPublicAddress(address) ? undefined : 'is an address that is not of the internet';
}

function whyPrivateName(host: string, facts: Facts): string | undefined {
  const labels = host.split('.');
  if (labels.length === 1) return 'is a name without a domain, which the cluster’s DNS completes';
  const domain = localDomains.find((one) => host === one || host.endsWith(`.${one}`));
  if (domain !== undefined) return `is a name of the local domain ${JSON.stringify(domain)}`;
  if (isClusterName(labels)) return 'is the name of a service or pod in the cluster';
  const namespace = host.slice(host.lastIndexOf('.') + 1);
  // The cluster's DNS tries a short name among its services first: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/.
  if (labels.length > 3 || typeof facts.namespace(namespace) !== 'object') return undefined;
  return `is the name of a service in namespace ${JSON.stringify(namespace)} to the cluster’s DNS`;
}

/** `<service>.<namespace>.svc`, `<host>.<service>.<namespace>.svc` and `<address>.<namespace>.pod`, in any cluster domain. */
function isClusterName(labels: readonly string[]): boolean {
  return labels[2] === 'svc' || labels[3] === 'svc' || labels[2] === 'pod' || labels.at(-1) === 'svc';
}
