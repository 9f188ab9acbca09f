import { labelAbsent, labelExists, valueIn, type LabelConstraint } from '../algebra/label-constraint.ts';
import {
  constrainedSpace,
  constrainLabel,
  constraintOn,
  everyLabelSpace,
  intersectLabelSpaces,
  isLabelSubset,
  labelAlgebra,
  matchesLabels,
  type Labels,
  type LabelSpace,
} from '../algebra/label-space.ts';
import { everyPortSet, portAlgebra, type PortSet, type Port } from '../algebra/port-set.ts';
import { productAlgebra, type Box } from '../algebra/product-set.ts';
import { ownerOf, type NamespaceFact, type Owner } from './owner.ts';
import { flowsFor, isTrustedLabel, namespaceNameLabel, type Direction, type Flow, type Tenancy } from './tenancy.ts';

/** Pods of namespaces × ports, as one peer of a NetworkPolicy rule names them. */
export interface Peer {
  readonly namespaces: LabelSpace;
  readonly pods: LabelSpace;
  readonly ports: PortSet;
}

/** Whose boundary a peer is held against. */
export interface Boundary {
  readonly tenancy: Tenancy;
  readonly direction: Direction;
  /** The namespace of the policy: always inside. */
  readonly namespace: string;
  /** The tenant of that namespace; undefined where it has none. */
  readonly tenant: string | undefined;
  /** Looks a namespace up; undefined when it cannot be known. */
  readonly lookup: (name: string) => NamespaceFact | 'missing' | undefined;
}

/** Somebody beyond the boundary whom a peer reaches, as a proof: each member of it is a counterexample. */
export type Escape =
  /** Any namespace with such labels, present or future. */
  | {
      readonly kind: 'open';
      readonly namespace: Labels;
      readonly pod: Labels;
      readonly port: Port;
      readonly flow: Flow | undefined;
    }
  /** A namespace that the peer names, and that is somebody else's. */
  | {
      readonly kind: 'foreign';
      readonly name: string;
      readonly owner: Owner;
      readonly pod: Labels;
      readonly port: Port;
      readonly flow: Flow | undefined;
    }
  /** A namespace that the peer names, and that is nobody's yet: who creates it gets in. */
  | { readonly kind: 'missing'; readonly name: string };

const peers = productAlgebra(labelAlgebra, labelAlgebra, portAlgebra);

type PeerBox = Box<LabelSpace, LabelSpace, PortSet>;

/**
 * Proves that a peer stays inside its tenant and the approved flows, or yields the escapes: one for a selector that is open,
 * one for each foreign or missing namespace that it names. None means proved (or, for names that the look-up could not
 * answer, not refuted). Each is looked for when it is asked for, so that a caller may stop at as many as it tells of.
 */
export function* findEscapes(peer: Peer, boundary: Boundary): Generator<Escape, void, undefined> {
  // Every namespace carries its name as a label, so a selector that wants it absent selects nothing (KEP-2161).
  const namespaces = constrainLabel(peer.namespaces, namespaceNameLabel, labelExists);
  const { values } = constraintOn(namespaces, namespaceNameLabel);
  const inside = insideOf(boundary);
  if (!values.isComplement) {
    const search = searchOf(peer, namespaces, boundary, inside);
    for (const name of [...values.listed].sort()) {
      const escape = namedEscape(name, search);
      if (escape !== undefined) yield escape;
    }
    return;
  }
  const outside = strangerIn(namespaces, peer, boundary, inside);
  if (outside === undefined) return;
  const [namespace, pod, port] = outside.witness;
  yield { kind: 'open', namespace, pod, port, flow: nearestFlow(namespaces, peer, boundary) };
}

/** What the names of a peer have in common: worked out once, for a selector may have hundreds of labels and thousands of names. */
interface NameSearch {
  readonly peer: Peer;
  /** The selector's constraints on labels that the inside asks for: no other decides whether it holds a namespace. */
  readonly asked: LabelSpace;
  /** Its constraints on labels that are certain, by which it may leave a namespace out though it names it. */
  readonly certain: LabelSpace;
  readonly boundary: Boundary;
  readonly inside: readonly PeerBox[];
}

function searchOf(peer: Peer, namespaces: LabelSpace, boundary: Boundary, inside: readonly PeerBox[]): NameSearch {
  const keys = new Set(inside.flatMap(([space]) => [...space.constraints.keys()]));
  const part = (isIn: (key: string) => boolean): LabelSpace =>
    constrainedSpace([...namespaces.constraints].filter(([key]) => isIn(key)));
  return {
    peer,
    asked: part((key) => keys.has(key)),
    certain: part((key) => key !== namespaceNameLabel && isTrustedLabel(boundary.tenancy, key)),
    boundary,
    inside,
  };
}

/** A part of the peer beyond the boundary: another tenant's namespace where there can be one, for the plainest proof. */
function strangerIn(namespaces: LabelSpace, peer: Peer, { tenancy }: Boundary, inside: readonly PeerBox[]) {
  const ofTenants = constrainLabel(namespaces, tenancy.tenantLabel, labelExists);
  return (
    peers.outside([ofTenants, peer.pods, peer.ports], inside) ??
    peers.outside([namespaces, peer.pods, peer.ports], inside)
  );
}

function namedEscape(name: string, { peer, asked, certain, boundary, inside }: NameSearch): Escape | undefined {
  const named = constrainLabel(asked, namespaceNameLabel, valueIn([name]));
  if (peers.outside([named, peer.pods, peer.ports], inside) === undefined) return undefined;
  const found = boundary.lookup(name);
  if (found === undefined) return undefined;
  if (found === 'missing') return { kind: 'missing', name };
  if (!matchesLabels(certain, found.labels)) return undefined;
  const { tenancy } = boundary;
  const actual = withTrustedLabels(named, found, tenancy);
  const outside = peers.outside([actual, peer.pods, peer.ports], inside);
  if (outside === undefined) return undefined;
  const [, pod, port] = outside.witness;
  return {
    kind: 'foreign',
    name,
    owner: ownerOf(tenancy, found),
    pod,
    port,
    flow: nearestFlow(actual, peer, boundary),
  };
}

/** Narrows a space to what is certain of one namespace: labels that its owner cannot change. */
function withTrustedLabels(space: LabelSpace, namespace: NamespaceFact, tenancy: Tenancy): LabelSpace {
  const trusted = new Set([tenancy.tenantLabel, ...Object.keys(namespace.labels), ...space.constraints.keys()]);
  const certain: [string, LabelConstraint][] = [];
  for (const key of trusted) {
    if (!isTrustedLabel(tenancy, key) || key === namespaceNameLabel) continue;
    const value = Object.hasOwn(namespace.labels, key) ? namespace.labels[key] : undefined;
    certain.push([key, value === undefined ? labelAbsent : valueIn([value])]);
  }
  return intersectLabelSpaces(space, constrainedSpace(certain));
}

/** All that a tenant may reach: its own namespace, its own tenant, and the approved flows. */
function insideOf(boundary: Boundary): readonly PeerBox[] {
  const { tenancy, direction, namespace, tenant } = boundary;
  const own = constrainLabel(everyLabelSpace, namespaceNameLabel, valueIn([namespace]));
  const boxes: PeerBox[] = [[own, everyLabelSpace, everyPortSet]];
  if (tenant !== undefined) {
    boxes.push([
      constrainLabel(everyLabelSpace, tenancy.tenantLabel, valueIn([tenant])),
      everyLabelSpace,
      everyPortSet,
    ]);
  }
  for (const flow of flowsFor(tenancy, direction, tenant)) {
    for (const space of flow.namespaces) boxes.push([space, flow.pods, flow.ports]);
  }
  return boxes;
}

/** An approved flow that goes to these namespaces, so that only its pods or ports can have been exceeded. */
function nearestFlow(namespaces: LabelSpace, { pods }: Peer, boundary: Boundary): Flow | undefined {
  const flows = flowsFor(boundary.tenancy, boundary.direction, boundary.tenant).filter((flow) =>
    flow.namespaces.some((space) => isLabelSubset(namespaces, space)),
  );
  return flows.find((flow) => isLabelSubset(pods, flow.pods)) ?? flows[0];
}

/**
 * Tenants that could make a difference to {@link findEscapes} for this peer: those its selector names, the owners of
 * namespaces it names, and those that a flow is for. Where the policy's own tenant is not known, a violation is certain
 * only if it holds for each of these.
 */
export function tenantsThatMatter(peer: Peer, boundary: Boundary): readonly string[] {
  const { tenancy, lookup } = boundary;
  const owners = listed(constraintOn(peer.namespaces, namespaceNameLabel)).flatMap((name) => {
    const found = lookup(name);
    const owner = found === undefined || found === 'missing' ? undefined : ownerOf(tenancy, found);
    return owner?.kind === 'tenant' ? [owner.tenant] : [];
  });
  const named = listed(constraintOn(peer.namespaces, tenancy.tenantLabel));
  const ofFlows = tenancy.flows.flatMap((flow) => [...(flow.tenants ?? [])]);
  return [...new Set([...named, ...owners, ...ofFlows])].sort();
}

/** The values that a constraint names one by one; none where it is open-ended. */
function listed({ values }: LabelConstraint): readonly string[] {
  return values.isComplement ? [] : [...values.listed];
}
