import { type Parsed } from './fault.ts';
import {
  hasNumber,
  intersectIntervals,
  intervalSetOf,
  intervalSetsEqual,
  isIntervalSubset,
  subtractIntervals,
  uniteIntervals,
  type Interval,
  type IntervalSet,
} from './interval-set.ts';
import { allNumbers, protocols, readPolicyPorts, type PolicyPort, type Protocol } from './policy-port.ts';
import { type SetAlgebra } from './product-set.ts';
import {
  everyString,
  hasString,
  intersectStringSets,
  isEmptyStringSet,
  isEveryString,
  isStringSubset,
  noString,
  sortedList,
  stringIn,
  stringSetOf,
  stringSetsEqual,
  subtractStringSets,
  uniteStringSets,
  type StringSet,
} from './string-set.ts';

export { type Protocol } from './policy-port.ts';

/** The ports of one protocol: numbers from 1 to 65535, and names, which stay names until a pod is known. */
export interface ProtocolPorts {
  readonly numbers: IntervalSet<number>;
  readonly names: StringSet;
}

/**
 * A set of ports, whose members are pairs of a protocol with a number or a name. Numbers and names are members of their
 * own: whether `http` is port 80 shows only once `resolvePorts` knows the pod. One bond holds: a set that is read or
 * united and has all numbers of a protocol has all its names too, for every name stands for some number.
 */
export type PortSet = Readonly<Record<Protocol, ProtocolPorts>>;

/** One port of a set; a named one has its name in place of the number. */
export interface Port {
  readonly protocol: Protocol;
  readonly port: number | string;
}

/** What a pod's container says about one of its ports, as the API carries it; an absent protocol is TCP. */
export interface ContainerPort {
  readonly name?: string | undefined;
  readonly containerPort: number;
  readonly protocol?: string | undefined;
}

const everyProtocolPorts: ProtocolPorts = { numbers: allNumbers, names: everyString };
const noProtocolPorts: ProtocolPorts = { numbers: [], names: noString };

/** Every port of every protocol. */
export const everyPortSet: PortSet = mapProtocols(() => everyProtocolPorts);

/** No port. */
export const emptyPortSet: PortSet = mapProtocols(() => noProtocolPorts);

/**
 * The ports that a NetworkPolicy rule names in `ports`, or every fault at once; without a list, or with an empty one,
 * every port of every protocol. An absent protocol is TCP, an absent port is all ports of the protocol.
 * https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export function parsePorts(ports: unknown, field: string): Parsed<PortSet> {
  const read = readPolicyPorts(ports, field);
  if (!read.ok) {
    return read;
  }
  const value = read.value.length === 0 ? everyPortSet : mapProtocols((protocol) => portsOf(read.value, protocol));
  return { ok: true, value };
}

/** The ports in `a`, in `b` or in both, and all names of each protocol whose numbers are thereby all in. */
export function unitePortSets(a: PortSet, b: PortSet): PortSet {
  return mapProtocols((protocol) =>
    withImpliedNames({
      numbers: uniteIntervals(a[protocol].numbers, b[protocol].numbers),
      names: uniteStringSets(a[protocol].names, b[protocol].names),
    }),
  );
}

/** The ports in both. A number and a name never meet: resolve the names before asking whether two sets overlap. */
export function intersectPortSets(a: PortSet, b: PortSet): PortSet {
  return mapProtocols((protocol) => ({
    numbers: intersectIntervals(a[protocol].numbers, b[protocol].numbers),
    names: intersectStringSets(a[protocol].names, b[protocol].names),
  }));
}

/** The ports in `a` and not in `b`. */
export function subtractPortSets(a: PortSet, b: PortSet): PortSet {
  return mapProtocols((protocol) => ({
    numbers: subtractIntervals(a[protocol].numbers, b[protocol].numbers),
    names: subtractStringSets(a[protocol].names, b[protocol].names),
  }));
}

/** Whether no port is in the set. */
export function isEmptyPortSet(set: PortSet): boolean {
  return protocols.every((protocol) => set[protocol].numbers.length === 0 && isEmptyStringSet(set[protocol].names));
}

/** Whether both hold the same ports. */
export function portSetsEqual(a: PortSet, b: PortSet): boolean {
  return protocols.every(
    (protocol) =>
      intervalSetsEqual(a[protocol].numbers, b[protocol].numbers) &&
      stringSetsEqual(a[protocol].names, b[protocol].names),
  );
}

/** Whether every port of `a` is in `b`, whatever numbers the names stand for. */
export function isPortSubset(a: PortSet, b: PortSet): boolean {
  return protocols.every(
    (protocol) =>
      isIntervalSubset(a[protocol].numbers, b[protocol].numbers) &&
      isStringSubset(a[protocol].names, b[protocol].names),
  );
}

/** Whether the port, by number or by name, is in the set. */
export function containsPort(set: PortSet, protocol: Protocol, port: number | string): boolean {
  return typeof port === 'number' ? hasNumber(set[protocol].numbers, port) : hasString(set[protocol].names, port);
}

/**
 * A deterministic member: the lowest number of the first protocol (TCP, UDP, SCTP) that has one; a name only where
 * there are no numbers; undefined for the empty set.
 */
export function portIn(set: PortSet): Port | undefined {
  for (const protocol of protocols) {
    const lowest = set[protocol].numbers[0];
    if (lowest !== undefined) {
      return { protocol, port: lowest.start };
    }
  }
  for (const protocol of protocols) {
    const name = stringIn(set[protocol].names);
    if (name !== undefined) {
      return { protocol, port: name };
    }
  }
  return undefined;
}

/** A port that is in `a` and not in `b`, chosen as by `portIn`, or undefined when `b` holds all of `a`. */
export function portOutside(a: PortSet, b: PortSet): Port | undefined {
  return portIn(subtractPortSets(a, b));
}

/**
 * The set as it is for one pod: each name becomes the numbers that the pod's containers give it for that protocol, and
 * names that the pod does not have vanish. Where containers share a name, every one of its numbers counts.
 */
export function resolvePorts(set: PortSet, containerPorts: readonly ContainerPort[]): PortSet {
  return mapProtocols((protocol) => {
    const { numbers, names } = set[protocol];
    const resolved = containerPorts
      .filter(({ name, protocol: own = 'TCP' }) => own === protocol && name !== undefined && hasString(names, name))
      .map(({ containerPort }) => ({ start: containerPort, end: containerPort + 1 }));
    const known = intersectIntervals(intervalSetOf(resolved), allNumbers);
    return withImpliedNames({ numbers: uniteIntervals(numbers, known), names: noString });
  });
}

/**
 * The set in words, for people: `every port`, `no port`, or its protocols in the order TCP, UDP, SCTP, each with its
 * numbers and then its sorted names: `TCP 1-79,81-65535, UDP 53,"dns", every SCTP port`. With `mostItems`, the numbers and
 * names of each protocol beyond so many are left out, before any work is done on them.
 */
export function formatPorts(set: PortSet, mostItems = Infinity): string {
  if (isPortSubset(everyPortSet, set)) {
    return 'every port';
  }
  const parts = protocols
    .map((protocol) => formatProtocol(protocol, set[protocol], mostItems))
    .filter((part) => part !== '');
  return parts.length === 0 ? 'no port' : parts.join(', ');
}

/** Port sets as one side of a product of sets. */
export const portAlgebra: SetAlgebra<PortSet, Port> = {
  isEmpty: isEmptyPortSet,
  intersect: intersectPortSets,
  subtract: (a, b) => [subtractPortSets(a, b)].filter((rest) => !isEmptyPortSet(rest)),
  isSubset: isPortSubset,
  witness: portIn,
};

function mapProtocols(portsFor: (protocol: Protocol) => ProtocolPorts): PortSet {
  return { TCP: portsFor('TCP'), UDP: portsFor('UDP'), SCTP: portsFor('SCTP') };
}

function portsOf(ports: readonly PolicyPort[], protocol: Protocol): ProtocolPorts {
  const numbers: Interval<number>[] = [];
  const names: string[] = [];
  for (const port of ports) {
    if (port.protocol !== protocol) {
      continue;
    }
    if (typeof port.ports === 'string') {
      names.push(port.ports);
    } else {
      numbers.push(port.ports);
    }
  }
  return withImpliedNames({ numbers: intervalSetOf(numbers), names: stringSetOf(names) });
}

function withImpliedNames(ports: ProtocolPorts): ProtocolPorts {
  return isIntervalSubset(allNumbers, ports.numbers) ? everyProtocolPorts : ports;
}

function formatProtocol(protocol: Protocol, { numbers, names }: ProtocolPorts, mostItems: number): string {
  if (isIntervalSubset(allNumbers, numbers) && isEveryString(names)) {
    return `every ${protocol} port`;
  }
  const shown = numbers.slice(0, mostItems);
  const items = [...shown.map(formatInterval), ...formatNames(names, mostItems - shown.length)];
  return items.length === 0 ? '' : `${protocol} ${items.join(',')}`;
}

function formatInterval({ start, end }: Interval<number>): string {
  return end - start === 1 ? String(start) : `${start}-${end - 1}`;
}

function formatNames(names: StringSet, mostItems: number): readonly string[] {
  const first = names.listed.size > mostItems ? { ...names, listed: firstOf(names.listed, mostItems) } : names;
  const listed = sortedList(first).map((name) => `"${name}"`);
  if (!names.isComplement) {
    return listed;
  }
  return [listed.length === 0 ? 'every name' : `every name but ${listed.join(' and ')}`];
}

function firstOf(listed: ReadonlySet<string>, most: number): ReadonlySet<string> {
  const first = new Set<string>();
  for (const text of listed) {
    if (first.size >= most) {
      break;
    }
    first.add(text);
  }
  return first;
}
