import { valueIn } from '../algebra/label-constraint.ts';
import { constrainLabel, everyLabelSpace, labelsIn, type LabelSpace } from '../algebra/label-space.ts';
import { everyPortSet, isPortSubset, type Port, type PortSet } from '../algebra/port-set.ts';
import type { Owner } from '../tenancy/owner.ts';
import type { Escape, Peer } from '../tenancy/peer-confinement.ts';
import { isTrustedLabel, namespaceNameLabel, type Direction, type Flow, type Tenancy } from '../tenancy/tenancy.ts';
import { displayLabels, displayPorts, quotedList } from './display.ts';
import { everyAddress, extentOfPeer } from './extent.ts';
import type { Violation } from './rule.ts';

/** A value with the field where it stands, in words. */
interface FieldText {
  readonly field: string;
  readonly text: string;
}

/** How the kind of policy writes a peer: each kind has fields and corrections of its own. */
export interface PeerWording {
  /** Path of the peer, such as `spec.ingress[0].from[1]`. */
  readonly field: string;
  /** What names the peer’s namespaces. */
  readonly namespaces: FieldText;
  /** Path of what names the peer’s pods. */
  readonly podsField: string;
  /** Path of the ports that go with the peer. */
  readonly portsField: string;
  /** The same peer, pinned to what proves that it stays inside: the tenant, or the policy’s own namespace. */
  readonly pinned: (tenant: string | undefined) => string;
  /** The ports of an approved flow, as this kind writes them. */
  readonly withPorts: (flow: Flow) => string;
  /** The pods of an approved flow, as this kind writes them. */
  readonly withPods: (flow: Flow) => string;
}

/** What a message about a peer can draw on. */
export interface PeerContext {
  readonly peer: Peer;
  readonly wording: PeerWording;
  readonly direction: Direction;
  readonly tenancy: Tenancy;
  readonly tenant: string | undefined;
  /** The policy's own pods, where they can be told. */
  readonly subjects: LabelSpace | undefined;
}

/** Peers that are not named, and what to write instead. */
export interface Everybody {
  readonly field: string;
  readonly direction: Direction;
  readonly ports: PortSet;
  readonly fix: string;
}

/** Absent or empty peers: everybody, inside the cluster and outside. */
export function describeEverybody(
  { field, direction, ports: portSet, fix }: Everybody,
  { tenancy, subjects }: Pick<PeerContext, 'tenancy' | 'subjects'>,
): Violation {
  const ports = displayPorts(portSet);
  const everybody: Peer = { namespaces: everyLabelSpace, pods: everyLabelSpace, ports: portSet };
  const who =
    direction === 'ingress'
      ? `lets everybody in on ${ports}: every pod of every tenant, every node and every address`
      : `lets pods out to everybody on ${ports}: every pod of every tenant, every node and every address`;
  return {
    field,
    message: `is absent or empty, which ${who}; counterexample: any pod in a namespace labelled ${tenancy.tenantLabel}=other`,
    fix,
    extent: extentOfPeer({ direction }, subjects, everybody, everyAddress),
  };
}

/** A violation of a proof obligation: the value, why it is refused, the counterexample, and YAML to paste. */
export function describeEscape(escape: Escape, context: PeerContext): Violation {
  const { peer, subjects } = context;
  if (escape.kind === 'open') {
    return { ...describeOpen(escape, context), extent: extentOfPeer(context, subjects, peer) };
  }
  const namespaces = constrainLabel(peer.namespaces, namespaceNameLabel, valueIn([escape.name]));
  const described =
    escape.kind === 'foreign' ? describeForeign(escape, context) : describeMissing(escape.name, context);
  return { ...described, extent: extentOfPeer(context, subjects, { ...peer, namespaces }) };
}

function describeOpen(escape: Escape & { readonly kind: 'open' }, context: PeerContext): Violation {
  const { wording, direction, tenant } = context;
  const proof = `counterexample: ${counterexample(escape.namespace, escape.pod, escape.port, context)}`;
  if (escape.flow !== undefined) return describeExceededFlow(escape.flow, proof, context);
  const verb = direction === 'ingress' ? 'lets in' : 'lets pods out to';
  return {
    field: wording.namespaces.field,
    message: `${wording.namespaces.text} ${verb} ${reachOf(context)} on ${displayPorts(context.peer.ports)}${untrusted(context)}; ${proof}`,
    fix: wording.pinned(tenant),
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
  { peer, direction }: PeerContext,
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
  const verb = direction === 'ingress' ? 'calling' : 'called';
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
  const { wording, direction, tenant } = context;
  const pods =
    Object.keys(escape.pod).length === 0 ? 'any pod there' : `a pod there labelled ${displayLabels(escape.pod)}`;
  const proof = `counterexample: ${pods}${isEvery(context.peer.ports) && escape.flow === undefined ? '' : ` on ${displayPort(escape.port)}`}`;
  if (escape.flow !== undefined) return describeExceededFlow(escape.flow, proof, context);
  const verb = direction === 'ingress' ? 'lets in' : 'lets pods out to';
  return {
    field: wording.namespaces.field,
    message: `${wording.namespaces.text} ${verb} namespace ${JSON.stringify(escape.name)}, which ${belongsTo(escape.owner)}, on ${displayPorts(context.peer.ports)}; ${proof}`,
    fix: wording.pinned(tenant),
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
  const { wording, direction, tenant } = context;
  const gets = direction === 'ingress' ? 'gets in' : 'is reached';
  return {
    field: wording.namespaces.field,
    message: `${wording.namespaces.text} names namespace ${JSON.stringify(name)}, which does not exist: whoever creates it ${gets}; counterexample: any pod in a new namespace ${JSON.stringify(name)} of another tenant`,
    fix: wording.pinned(tenant),
  };
}

/** The namespaces are those of an approved flow, but pods or ports go beyond it. */
function describeExceededFlow(flow: Flow, proof: string, { peer, direction, wording }: PeerContext): Violation {
  const preposition = direction === 'ingress' ? 'from' : 'to';
  if (flow.document.ports !== undefined && !isPortSubset(peer.ports, flow.ports)) {
    return {
      field: wording.portsField,
      message: `${displayPorts(peer.ports)} ${preposition} ${wording.field} goes beyond approved flow ${JSON.stringify(flow.name)}, which has ${displayPorts(flow.ports)}; ${proof}`,
      fix: wording.withPorts(flow),
    };
  }
  const labels = labelsIn(flow.pods) ?? {};
  return {
    field: wording.podsField,
    message: `reaches other pods than approved flow ${JSON.stringify(flow.name)}, which has pods labelled ${displayLabels(labels)}; ${proof}`,
    fix: wording.withPods(flow),
  };
}
