import { valueIn } from '../algebra/label-constraint.ts';
import { constrainLabel, everyLabelSpace, labelsIn, type LabelSpace } from '../algebra/label-space.ts';
import { everyPortSet, isPortSubset, type Port, type PortSet } from '../algebra/port-set.ts';
import type { Owner } from '../tenancy/owner.ts';
import type { Escape, Peer } from '../tenancy/peer-confinement.ts';
import { isTrustedLabel, namespaceNameLabel, type Flow, type Tenancy } from '../tenancy/tenancy.ts';
import { display, displayLabels, displayPorts, quotedList } from './display.ts';
import { everyAddress, extentOfPeer } from './extent.ts';
import type { NetworkPolicyRule } from './objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from './objects/network-policy.ts';
import type { Violation } from './rule.ts';

/** What a message about a peer can draw on. */
export interface PeerContext {
  readonly peer: Peer;
  readonly wire: NetworkPolicyPeer;
  readonly rule: NetworkPolicyRule;
  /** Path of the peer, such as `spec.ingress[0].from[1]`. */
  readonly field: string;
  readonly tenancy: Tenancy;
  readonly tenant: string | undefined;
  /** The policy's own pods, where they can be told. */
  readonly subjects: LabelSpace | undefined;
}

/** Absent or empty peers: everybody, inside the cluster and outside. */
export function describeEverybody(
  rule: NetworkPolicyRule,
  portSet: PortSet,
  { tenancy, subjects }: Pick<PeerContext, 'tenancy' | 'subjects'>,
): Violation {
  const { field, peersField, direction } = rule;
  const ports = displayPorts(portSet);
  const everybody: Peer = { namespaces: everyLabelSpace, pods: everyLabelSpace, ports: portSet };
  const who =
    direction === 'ingress'
      ? `lets everybody in on ${ports}: every pod of every tenant, every node and every address`
      : `lets pods out to everybody on ${ports}: every pod of every tenant, every node and every address`;
  return {
    field: `${field}.${peersField}`,
    message: `is absent or empty, which ${who}; counterexample: any pod in a namespace labelled ${tenancy.tenantLabel}=other`,
    fix: yaml('Name the peers, for instance the pods of the same namespace:', [
      `${peersField}:`,
      '  - podSelector: {}',
    ]),
    extent: extentOfPeer(rule, subjects, everybody, everyAddress),
  };
}

/** A violation of a proof obligation: the value, why it is refused, the counterexample, and YAML to paste. */
export function describeEscape(escape: Escape, context: PeerContext): Violation {
  const { peer, rule, subjects } = context;
  if (escape.kind === 'open') {
    return { ...describeOpen(escape, context), extent: extentOfPeer(rule, subjects, peer) };
  }
  const namespaces = constrainLabel(peer.namespaces, namespaceNameLabel, valueIn([escape.name]));
  const described =
    escape.kind === 'foreign' ? describeForeign(escape, context) : describeMissing(escape.name, context);
  return { ...described, extent: extentOfPeer(rule, subjects, { ...peer, namespaces }) };
}

function describeOpen(escape: Escape & { readonly kind: 'open' }, context: PeerContext): Violation {
  const { wire, rule, field, tenancy } = context;
  const proof = `counterexample: ${counterexample(escape.namespace, escape.pod, escape.port, context)}`;
  if (escape.flow !== undefined) return describeExceededFlow(escape.flow, proof, context);
  const verb = rule.direction === 'ingress' ? 'lets in' : 'lets pods out to';
  return {
    field: `${field}.namespaceSelector`,
    message: `${display(wire.namespaceSelector)} ${verb} ${reachOf(context)} on ${displayPorts(context.peer.ports)}${untrusted(context)}; ${proof}`,
    fix: pinnedPeer(context, tenancy),
  };
}

/** Who is reached beyond the boundary, in words. */
function reachOf({ tenant }: PeerContext): string {
  return tenant === undefined
    ? 'namespaces beyond the policy’s own'
    : `namespaces beyond those of tenant ${JSON.stringify(tenant)}`;
}

/** Says which labels prove nothing, where the selector leans on such. */
function untrusted({ peer, tenancy }: PeerContext): string {
  const keys = [...peer.namespaces.constraints.keys()].filter((key) => !isTrustedLabel(tenancy, key));
  return keys.length === 0
    ? ''
    : `, since any tenant may set or leave out label ${quotedList(keys)} on a namespace of its own`;
}

function counterexample(
  namespace: Readonly<Record<string, string>>,
  pod: Readonly<Record<string, string>>,
  port: Port,
  { peer, rule }: PeerContext,
): string {
  const { [namespaceNameLabel]: name, ...labels } = namespace;
  // The name in a proof is made up, unless the selector speaks of names; then it is the point.
  const named =
    name === undefined || !peer.namespaces.constraints.has(namespaceNameLabel)
      ? 'a namespace'
      : `a namespace ${JSON.stringify(name)}`;
  const what =
    Object.keys(labels).length === 0 ? `${named} without a tenant` : `${named} labelled ${displayLabels(labels)}`;
  const who = Object.keys(pod).length === 0 ? 'any pod' : `a pod labelled ${displayLabels(pod)}`;
  const verb = rule.direction === 'ingress' ? 'calling' : 'called';
  return `${who} in ${what}${isEvery(peer.ports) ? '' : `, ${verb} on ${displayPort(port)}`}`;
}

/** A port as messages name it: `TCP 80`, or `TCP "http"` for a named one. */
function displayPort({ protocol, port }: Port): string {
  return `${protocol} ${typeof port === 'number' ? String(port) : JSON.stringify(port)}`;
}

function isEvery(ports: PortSet): boolean {
  return isPortSubset(everyPortSet, ports);
}

function describeForeign(escape: Escape & { readonly kind: 'foreign' }, context: PeerContext): Violation {
  const { field, rule, tenancy, wire } = context;
  const pods =
    Object.keys(escape.pod).length === 0 ? 'any pod there' : `a pod there labelled ${displayLabels(escape.pod)}`;
  const proof = `counterexample: ${pods}${isEvery(context.peer.ports) && escape.flow === undefined ? '' : ` on ${displayPort(escape.port)}`}`;
  if (escape.flow !== undefined) return describeExceededFlow(escape.flow, proof, context);
  const verb = rule.direction === 'ingress' ? 'lets in' : 'lets pods out to';
  return {
    field: `${field}.namespaceSelector`,
    message: `${display(wire.namespaceSelector)} ${verb} namespace ${JSON.stringify(escape.name)}, which ${belongsTo(escape.owner)}, on ${displayPorts(context.peer.ports)}; ${proof}`,
    fix: pinnedPeer(context, tenancy),
  };
}

function belongsTo(owner: Owner): string {
  switch (owner.kind) {
    case 'tenant':
      return `belongs to tenant ${JSON.stringify(owner.tenant)}`;
    case 'platform':
      return 'belongs to the platform and is part of no approved flow';
    case 'unmanaged':
      return 'belongs to no tenant';
  }
}

function describeMissing(name: string, context: PeerContext): Violation {
  const { field, rule, wire, tenancy } = context;
  const gets = rule.direction === 'ingress' ? 'gets in' : 'is reached';
  return {
    field: `${field}.namespaceSelector`,
    message: `${display(wire.namespaceSelector)} names namespace ${JSON.stringify(name)}, which does not exist: whoever creates it ${gets}; counterexample: any pod in a new namespace ${JSON.stringify(name)} of another tenant`,
    fix: pinnedPeer(context, tenancy),
  };
}

/** The namespaces are those of an approved flow, but pods or ports go beyond it. */
function describeExceededFlow(flow: Flow, proof: string, { peer, rule, field }: PeerContext): Violation {
  const direction = rule.direction === 'ingress' ? 'from' : 'to';
  const { ports } = flow.document;
  if (ports !== undefined && !isPortSubset(peer.ports, flow.ports)) {
    return {
      field: `${rule.field}.ports`,
      message: `${displayPorts(peer.ports)} ${direction} ${field} goes beyond approved flow ${JSON.stringify(flow.name)}, which has ${displayPorts(flow.ports)}; ${proof}`,
      fix: yaml(`Keep to the ports of flow ${JSON.stringify(flow.name)}:`, portLines(ports)),
    };
  }
  const labels = labelsIn(flow.pods) ?? {};
  return {
    field: `${field}.podSelector`,
    message: `reaches other pods than approved flow ${JSON.stringify(flow.name)}, which has pods labelled ${displayLabels(labels)}; ${proof}`,
    fix: yaml(`Keep to the pods of flow ${JSON.stringify(flow.name)}:`, [
      'podSelector:',
      '  matchLabels:',
      ...Object.entries(labels).map(([key, value]) => `    ${key}: ${scalar(value)}`),
    ]),
  };
}

function portLines(ports: NonNullable<Flow['document']['ports']>): readonly string[] {
  const lines = ports.flatMap(({ protocol, port, endPort }) => [
    `  - protocol: ${protocol ?? 'TCP'}`,
    ...(port === undefined ? [] : [`    port: ${port}`]),
    ...(endPort === undefined ? [] : [`    endPort: ${endPort}`]),
  ]);
  return ['ports:', ...lines];
}

/** The same peer, pinned to what proves that it stays inside. */
function pinnedPeer({ wire, tenant, rule }: PeerContext, tenancy: Tenancy): string {
  const pods =
    wire.podSelector === undefined || wire.podSelector === null
      ? []
      : [`    podSelector: ${display(wire.podSelector)}`];
  if (tenant === undefined) {
    return yaml('Select pods of the policy’s own namespace:', [
      `${rule.peersField}:`,
      `  - podSelector: ${display(wire.podSelector ?? {})}`,
    ]);
  }
  return yaml('Pin the peer to the tenant:', [
    `${rule.peersField}:`,
    '  - namespaceSelector:',
    '      matchLabels:',
    `        ${tenancy.tenantLabel}: ${scalar(tenant)}`,
    ...pods,
  ]);
}

/** Label values that YAML would read as something else go into quotes. */
function scalar(value: string): string {
  return /^[A-Za-z][\w.-]*$/.test(value) && display(value) === value ? value : JSON.stringify(value);
}

function yaml(lead: string, lines: readonly string[]): string {
  return [lead, ...lines.map((line) => `  ${line}`)].join('\n');
}
