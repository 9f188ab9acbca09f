/** A host, or with `*.` in front every host below it, and the tenants that own it. `{tenant}` stands for a tenant's name. */
export interface OwnedHost {
  readonly host: string;
  /** Absent: with `{tenant}` each tenant owns its own, and else all do. */
  readonly tenants?: readonly string[];
}

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Hosts are compared without case and without a final dot (RFC 1034 section 3.1). */
function plain(host: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Whether the tenant owns every host that `host` stands for; a `*.` in front of it stands for all below, at any depth. */
export function ownsHost(host: string, tenant: string | undefined, owned: readonly OwnedHost[]): boolean {
  return owned.some((one) => {
    const pattern = patternFor(one, tenant);
    return pattern !== undefined && covers(pattern, plain(host));
  });
}

function patternFor({ host, tenants }: OwnedHost, tenant: string | undefined): string | undefined {
  if (tenants !== undefined && (tenant === undefined || !tenants.includes(tenant))) return undefined;
  if (!host.includes('{tenant}')) return plain(host);
  // Any other name could hold a dot, and with it the hosts of another tenant.
  return tenant !== undefined && dnsLabel.test(tenant) ? plain(host.replaceAll('{tenant}', tenant)) : undefined;
}

function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  const below = pattern.slice(1);
  return host.endsWith(below) && host.length > below.length;
}
