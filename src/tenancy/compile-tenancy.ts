import type { Fault, Parsed } from '../algebra/fault.ts';
import { emptyIpSet, parseCidr, uniteAllIpSets, type IpSet } from '../algebra/ip-set.ts';
import { valueIn } from '../algebra/label-constraint.ts';
import { parseLabelSelector } from '../algebra/label-selector.ts';
import { labelKeyProblem } from '../algebra/label-syntax.ts';
import { constrainLabel, everyLabelSpace, type LabelSpace } from '../algebra/label-space.ts';
import { parsePorts, everyPortSet } from '../algebra/port-set.ts';
import {
  defaultClusterBlocks,
  defaultForbiddenBlocks,
  defaultLargestBlock,
  defaultLargestTotal,
} from './address-defaults.ts';
import type { FlowDocument, TenancyDocument } from './tenancy-document.ts';
import { isTrustedLabel, namespaceNameLabel, type ClusterRange, type Flow, type Tenancy } from './tenancy.ts';

/** Keeps faults while parsing goes on, so that all of them are told at once. */
class FaultList {
  readonly faults: Fault[] = [];

  take<T>(parsed: Parsed<T>, fallback: T): T {
    if (parsed.ok) return parsed.value;
    this.faults.push(...parsed.faults);
    return fallback;
  }

  add(field: string, message: string): void {
    this.faults.push({ field, message });
  }
}

/**
 * Compiles a Tenancy document that its schema has already accepted. What the schema cannot see is checked here: label
 * keys, selectors, address blocks, ports, and that flows stand on trusted labels. All faults at once, with their fields.
 */
export function compileTenancy(document: TenancyDocument): Parsed<Tenancy> {
  const list = new FaultList();
  const { spec } = document;
  const tenancy: Tenancy = {
    tenantLabel: tenantLabel(spec.tenantLabel, list),
    reservedKeys: new Set(spec.reservedLabels?.keys),
    reservedPrefixes: spec.reservedLabels?.prefixes ?? [],
    ...platformOf(spec.platform ?? {}),
    reservedNamespaces: reservedNamespaces(spec),
    unmanagedNamespaces: spec.unmanagedNamespaces ?? 'isolate',
    clusterRanges: clusterRanges(spec.cluster ?? defaultClusterBlocks, list),
    ...addressBounds(spec.addresses ?? {}, list),
    flows: [],
  };
  const flows = (spec.flows ?? []).map((flow, index) => compileFlow(tenancy, flow, `spec.flows[${index}]`, list));
  if (list.faults.length > 0) return { ok: false, faults: list.faults };
  return { ok: true, value: { ...tenancy, flows } };
}

type Spec = TenancyDocument['spec'];

function tenantLabel(given: string | undefined, list: FaultList): string {
  const key = given ?? 'tenantgate.dev/tenant';
  const problem = labelKeyProblem(key);
  if (problem !== undefined) list.add('spec.tenantLabel', problem);
  return key;
}

/** The platform's names. Service accounts of its namespaces are the platform's, through their group. */
function platformOf({ namespaces = [], users = [], groups = [], serviceAccounts = [] }: NonNullable<Spec['platform']>) {
  return {
    platformNamespaces: new Set(namespaces),
    platformUsers: new Set([...users, ...serviceAccounts.map(userNameOf)]),
    platformGroups: new Set([...groups, ...namespaces.map(serviceAccountGroup)]),
  };
}

function addressBounds({ forbidden, largestBlock, largestTotal }: NonNullable<Spec['addresses']>, list: FaultList) {
  return {
    forbiddenAddresses: parseCidrs(forbidden ?? defaultForbiddenBlocks, 'spec.addresses.forbidden', list),
    largestBlock: { ...defaultLargestBlock, ...largestBlock },
    largestTotal: { ...defaultLargestTotal, ...largestTotal },
  };
}

/** Names that no tenant may take: whoever had one would be the platform, or the other end of a flow. */
function reservedNamespaces({ platform, flows }: Spec): ReadonlySet<string> {
  const ofFlows = (flows ?? []).flatMap((flow) => flow.namespaces?.names ?? []);
  return new Set([...(platform?.namespaces ?? []), ...ofFlows]);
}

/** User name of a service account, as the API server authenticates it. */
function userNameOf(account: { readonly namespace: string; readonly name: string }): string {
  return `system:serviceaccount:${account.namespace}:${account.name}`;
}

/** The group that holds all service accounts of a namespace: a platform namespace's accounts are the platform's. */
function serviceAccountGroup(namespace: string): string {
  return `system:serviceaccounts:${namespace}`;
}

function parseCidrs(cidrs: readonly string[] | undefined, field: string, list: FaultList): IpSet {
  return uniteAllIpSets(
    (cidrs ?? []).map((cidr, index) => list.take(parseCidr(cidr, `${field}[${index}]`), emptyIpSet)),
  );
}

function clusterRanges(
  cluster: NonNullable<Spec['cluster']> | typeof defaultClusterBlocks,
  list: FaultList,
): ClusterRange[] {
  return [
    { name: 'pod', addresses: parseCidrs(cluster.pods, 'spec.cluster.pods', list) },
    { name: 'service', addresses: parseCidrs(cluster.services, 'spec.cluster.services', list) },
    { name: 'node', addresses: parseCidrs(cluster.nodes, 'spec.cluster.nodes', list) },
  ];
}

function compileFlow(tenancy: Tenancy, flow: FlowDocument, field: string, list: FaultList): Flow {
  if ((flow.namespaces === undefined) === (flow.addresses === undefined)) {
    list.add(field, 'a flow has either `namespaces` or `addresses`: who is the peer?');
  }
  if (flow.addresses !== undefined && flow.pods !== undefined) {
    list.add(`${field}.pods`, 'addresses have no pods; remove `pods`');
  }
  const { namespaces, pods, addresses, tenants } = flow;
  return {
    name: flow.name,
    direction: flow.direction,
    tenants: tenants === undefined ? undefined : new Set(tenants),
    namespaces: namespaces === undefined ? [] : flowNamespaces(tenancy, namespaces, `${field}.namespaces`, list),
    pods: list.take(parseLabelSelector(pods ?? {}, `${field}.pods`), everyLabelSpace),
    addresses: addresses === undefined ? undefined : parseCidrs(addresses, `${field}.addresses`, list),
    ports: list.take(parsePorts(flow.ports, `${field}.ports`), everyPortSet),
    document: flow,
  };
}

function flowNamespaces(
  tenancy: Tenancy,
  namespaces: NonNullable<FlowDocument['namespaces']>,
  field: string,
  list: FaultList,
): readonly LabelSpace[] {
  const { names, selector } = namespaces;
  if ((names === undefined) === (selector === undefined)) {
    list.add(field, 'give either `names` or `selector`');
    return [];
  }
  if (names !== undefined) return [constrainLabel(everyLabelSpace, namespaceNameLabel, valueIn(names))];
  const space = list.take(parseLabelSelector(selector, `${field}.selector`), everyLabelSpace);
  for (const key of space.constraints.keys()) {
    if (!isTrustedLabel(tenancy, key)) {
      list.add(
        `${field}.selector`,
        `label ${JSON.stringify(key)} proves nothing, since tenants may set it on their namespaces; use names, the tenant label or a reserved label`,
      );
    }
  }
  return [space];
}
