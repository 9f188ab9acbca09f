import { quote, type Fault, type Parsed } from './fault.ts';
import { type Interval, type IntervalSet } from './interval-set.ts';
import { isJsonObject, ownMember, unknownMembers } from './json-object.ts';

/** The protocols that a NetworkPolicy can name. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** The protocols in the order of the API's documentation, which is also that of all texts and witnesses. */
export const protocols = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

/** One item of a NetworkPolicy's `ports`: a name, or an interval of numbers. */
export interface PolicyPort {
  readonly protocol: Protocol;
  readonly ports: string | Interval<number>;
}

const highest = 65535;
const everyNumber: Interval<number> = { start: 1, end: highest + 1 };

/** All port numbers of one protocol. */
export const allNumbers: IntervalSet<number> = [everyNumber];

const nameCharacters = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const letter = /[a-z]/;
const onlyDigits = /^\d{1,5}$/;

/** The items of a NetworkPolicy's `ports`, none for an absent list, or every fault at once. */
export function readPolicyPorts(ports: unknown, field: string): Parsed<readonly PolicyPort[]> {
  if (ports === undefined || ports === null) {
    return { ok: true, value: [] };
  }
  if (!Array.isArray(ports)) {
    return { ok: false, faults: [{ field, message: `must be a list, not ${quote(ports)}` }] };
  }
  const faults: Fault[] = [];
  const value: PolicyPort[] = [];
  for (const [index, item] of ports.entries()) {
    const read = readPolicyPort(item, `${field}[${index}]`, faults);
    if (read !== undefined) {
      value.push(read);
    }
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}

function readPolicyPort(item: unknown, field: string, faults: Fault[]): PolicyPort | undefined {
  if (!isJsonObject(item)) {
    faults.push({ field, message: `must be an object with protocol, port and endPort, not ${quote(item)}` });
    return undefined;
  }
  faults.push(...unknownMembers(item, ['protocol', 'port', 'endPort'], field));
  const protocol = readProtocol(ownMember(item, 'protocol') ?? 'TCP', field, faults);
  const ports = readRange(ownMember(item, 'port'), ownMember(item, 'endPort'), field, faults);
  return protocol === undefined || ports === undefined ? undefined : { protocol, ports };
}

function readProtocol(value: unknown, field: string, faults: Fault[]): Protocol | undefined {
  const protocol = protocols.find((known) => known === value);
  if (protocol === undefined) {
    faults.push({ field: `${field}.protocol`, message: `must be TCP, UDP or SCTP, not ${quote(value)}` });
  }
  return protocol;
}

function readRange(port: unknown, endPort: unknown, field: string, faults: Fault[]): PolicyPort['ports'] | undefined {
  const portFault = port === undefined ? undefined : portProblem(port);
  if (portFault !== undefined) {
    faults.push({ field: `${field}.port`, message: portFault });
  }
  const endFault = endPort === undefined ? undefined : endPortProblem(port, endPort);
  if (endFault !== undefined) {
    faults.push({ field: `${field}.endPort`, message: endFault });
  }
  if (portFault !== undefined || endFault !== undefined) {
    return undefined;
  }
  return rangeOf(port, endPort);
}

function rangeOf(port: unknown, endPort: unknown): PolicyPort['ports'] {
  if (typeof port === 'string') {
    return port;
  }
  return typeof port === 'number'
    ? { start: port, end: (typeof endPort === 'number' ? endPort : port) + 1 }
    : everyNumber;
}

function portProblem(port: unknown): string | undefined {
  if (typeof port === 'number') {
    return isPortNumber(port) ? undefined : `must be a whole number from 1 to ${highest}, not ${quote(port)}`;
  }
  if (typeof port !== 'string') {
    return `must be a port number or the name of a container port, not ${quote(port)}`;
  }
  if (isPortName(port)) {
    return undefined;
  }
  return onlyDigits.test(port) && isPortNumber(Number(port))
    ? `${quote(port)} is a text, and a port name needs a letter: write ${Number(port)} without quotes`
    : `${quote(port)} is not a port name: write 1 to 15 of a-z, 0-9 and single "-" in between, with at least one letter`;
}

/** A range needs a number to start from: KEP-2079. */
function endPortProblem(port: unknown, endPort: unknown): string | undefined {
  if (!isPortNumber(endPort)) {
    return `must be a whole number from 1 to ${highest}, not ${quote(endPort)}`;
  }
  if (typeof port !== 'number') {
    return 'needs a numeric port beside it: add port, or remove endPort';
  }
  return endPort < port ? `must not be less than port, which is ${port}` : undefined;
}

function isPortNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= highest;
}

/** IANA_SVC_NAME: RFC 6335 section 5.1, in lower case as the API server has it. */
function isPortName(text: string): boolean {
  return text.length <= 15 && nameCharacters.test(text) && letter.test(text);
}
