import type { Parsed } from '../../algebra/fault.ts';
import { isJsonObject, ownMember } from '../../algebra/json-object.ts';
import { everyPortSet, parsePorts, type PortSet } from '../../algebra/port-set.ts';
import { itemsOf, type CiliumRule } from './policy-view.ts';

const digits = /^\d{1,5}$/;
const transports = ['TCP', 'UDP', 'SCTP'] as const;

/** Whether the rule says on what it allows: without peers it is for everybody then, else it is for nobody. */
export function namesTraffic({ rule }: CiliumRule): boolean {
  return [ownMember(rule, 'toPorts'), ownMember(rule, 'icmps')].some((list) => Array.isArray(list) && list.length > 0);
}

/**
 * The ports that a rule allows. Other protocols than those of NetworkPolicies count as every port, as does a list that says
 * nothing: both are more than is meant at most.
 */
export function portsOfRule({ rule, field }: CiliumRule): Parsed<PortSet> {
  const wire: unknown[] = [];
  for (const [at, item] of itemsOf(rule, 'toPorts', field)) {
    const ports = isJsonObject(item) ? itemsOf(item, 'ports', at) : [];
    for (const [, port] of ports) wire.push(...policyPorts(port));
    if (ports.length === 0) wire.push(undefined);
  }
  if (ownMember(rule, 'icmps') !== undefined || wire.length === 0 || wire.includes(undefined)) {
    return { ok: true, value: everyPortSet };
  }
  const parsed = parsePorts(wire, '');
  if (parsed.ok) return parsed;
  return { ok: false, faults: parsed.faults.map(({ message }) => ({ field: `${field}.toPorts`, message })) };
}

/** A port as NetworkPolicies write it, once for each protocol that it is for; undefined for every port. */
function policyPorts(port: unknown): readonly unknown[] {
  if (!isJsonObject(port)) return [port ?? undefined];
  const number = meant(ownMember(port, 'port'), '0');
  const endPort = meant(ownMember(port, 'endPort'), 0);
  const range = {
    ...(number === undefined ? {} : { port: portOf(number) }),
    ...(endPort === undefined ? {} : { endPort }),
  };
  return protocolsOf(meant(ownMember(port, 'protocol'), '') ?? 'ANY').map((protocol) =>
    protocol === undefined ? undefined : { protocol, ...range },
  );
}

/** A value, unless it is the one that stands for none. */
function meant(value: unknown, none: unknown): unknown {
  return value === none ? undefined : value;
}

/** Undefined for a protocol that NetworkPolicies do not know. */
function protocolsOf(given: unknown): readonly (string | undefined)[] {
  return given === 'ANY' ? transports : [transports.find((one) => one === given)];
}

function portOf(port: unknown): unknown {
  return typeof port === 'string' && digits.test(port) ? Number(port) : port;
}
