import type { IpSet } from '../algebra/ip-set.ts';
import type { LabelSpace } from '../algebra/label-space.ts';
import type { PortSet } from '../algebra/port-set.ts';
import type { PrefixLengths } from './address-defaults.ts';
import type { FlowDocument } from './tenancy-document.ts';

/** The label that the API server puts on every namespace from its name; it cannot be forged (KEP-2161). */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

export type Direction = 'ingress' | 'egress';

/** An approved flow, compiled. Peers are pods of namespaces, or addresses outside the cluster. */
export interface Flow {
  readonly name: string;
  readonly direction: Direction;
  /** Tenants it is for; undefined means all. */
  readonly tenants: ReadonlySet<string> | undefined;
  /** Label spaces of the namespaces; empty for a flow of addresses. */
  readonly namespaces: readonly LabelSpace[];
  readonly pods: LabelSpace;
  readonly addresses: IpSet | undefined;
  readonly ports: PortSet;
  /** As written, for messages. */
  readonly document: FlowDocument;
}

/** A cluster range under the name that messages use. */
export interface ClusterRange {
  readonly name: 'pod' | 'service' | 'node';
  readonly addresses: IpSet;
}

/** The Tenancy document, checked and compiled: what every rule means by tenant, platform and approved. */
export interface Tenancy {
  readonly tenantLabel: string;
  readonly reservedKeys: ReadonlySet<string>;
  readonly reservedPrefixes: readonly string[];
  readonly platformNamespaces: ReadonlySet<string>;
  /** Names that mean something before their namespace is there: the platform's, and those that flows go to. */
  readonly reservedNamespaces: ReadonlySet<string>;
  readonly platformUsers: ReadonlySet<string>;
  readonly platformGroups: ReadonlySet<string>;
  /** `isolate`: a namespace of nobody is judged as a tenant of its own; `ignore`: it is not judged. */
  readonly unmanagedNamespaces: 'isolate' | 'ignore';
  readonly clusterRanges: readonly ClusterRange[];
  readonly forbiddenAddresses: IpSet;
  readonly largestBlock: PrefixLengths;
  readonly largestTotal: PrefixLengths;
  readonly flows: readonly Flow[];
}

/** Whether only the platform may set this namespace label. The tenant label is; so are the reserved ones. */
export function isReservedLabel(tenancy: Tenancy, key: string): boolean {
  return tenancy.reservedKeys.has(key) || tenancy.reservedPrefixes.some((prefix) => key.startsWith(prefix));
}

/** Whether a namespace label proves something: nobody but the platform or the API server can set it. */
export function isTrustedLabel(tenancy: Tenancy, key: string): boolean {
  return key === tenancy.tenantLabel || key === namespaceNameLabel || isReservedLabel(tenancy, key);
}

/** The approved flows of one direction that a tenant may use; a namespace of nobody uses those that are for all. */
export function flowsFor(tenancy: Tenancy, direction: Direction, tenant: string | undefined): readonly Flow[] {
  return tenancy.flows.filter(
    (flow) =>
      flow.direction === direction &&
      (flow.tenants === undefined || (tenant !== undefined && flow.tenants.has(tenant))),
  );
}
