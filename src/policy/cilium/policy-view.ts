import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import type { Direction } from '../../tenancy/tenancy.ts';

/** One ingress or egress rule that allows something. */
export interface CiliumRule {
  readonly direction: Direction;
  /** Path such as `spec.egress[0]`. */
  readonly field: string;
  /** `from` or `to`: how the fields of its peers begin. */
  readonly side: 'from' | 'to';
  readonly rule: JsonObject;
}

/** `spec`, or an item of `specs`. */
export interface CiliumSpec {
  readonly field: string;
  readonly spec: JsonObject;
  readonly rules: readonly CiliumRule[];
}

/** A field whose meaning is not known, or which has no place there. */
export interface UnknownField {
  readonly field: string;
}

const ofPolicy: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'specs', 'status'];
/** Deny rules only take away, whatever stands in them. */
const ofSpec: readonly string[] = [
  'endpointSelector',
  'ingress',
  'ingressDeny',
  'egress',
  'egressDeny',
  'labels',
  'enableDefaultDeny',
  'description',
  'log',
];
const ofBoth: readonly string[] = ['Endpoints', 'CIDR', 'CIDRSet', 'Entities'];
const ofRule: Readonly<Record<'from' | 'to', readonly string[]>> = {
  from: ['toPorts', 'icmps', 'authentication', ...ofBoth.map((name) => `from${name}`)],
  to: ['toPorts', 'icmps', 'authentication', ...[...ofBoth, 'Services', 'FQDNs'].map((name) => `to${name}`)],
};

/** The specs of a CiliumNetworkPolicy with the rules that allow something. */
export function specsOf(policy: object): readonly CiliumSpec[] {
  const object = policy as JsonObject;
  const spec = ownMember(object, 'spec');
  const found = [...(spec === undefined ? [] : [['spec', spec] as const]), ...itemsOf(object, 'specs', '')];
  return found.map(([field, value]) => {
    const one = isJsonObject(value) ? value : {};
    return { field, spec: one, rules: [...rulesOf(one, field, 'ingress'), ...rulesOf(one, field, 'egress')] };
  });
}

function rulesOf(spec: JsonObject, field: string, direction: Direction): readonly CiliumRule[] {
  const side = direction === 'ingress' ? 'from' : 'to';
  return itemsOf(spec, direction, field).map(([at, rule]) => ({
    direction,
    field: at,
    side,
    rule: isJsonObject(rule) ? rule : {},
  }));
}

/** The items of a list, each with its path; what is no list has none, and is an unknown field. */
export function itemsOf(object: JsonObject, name: string, field: string): readonly (readonly [string, unknown])[] {
  const list = ownMember(object, name);
  const at = field === '' ? name : `${field}.${name}`;
  return Array.isArray(list) ? (list as readonly unknown[]).map((item, index) => [`${at}[${index}]`, item]) : [];
}

/** Every field whose meaning is not known. What it allows cannot be told, so that it must not stand there. */
export function* unknownFields(policy: object): Generator<UnknownField, void, undefined> {
  yield* strangers(policy as JsonObject, '', ofPolicy, ['specs']);
  for (const { field, spec, rules } of specsOf(policy)) {
    yield* strangers(spec, field, ofSpec, ['ingress', 'egress']);
    for (const [at, item] of [...itemsOf(spec, 'ingress', field), ...itemsOf(spec, 'egress', field)]) {
      if (!isJsonObject(item)) yield { field: at };
    }
    for (const { field: at, rule, side } of rules) {
      const lists = ofRule[side].filter((name) => name !== 'authentication');
      yield* strangers(rule, at, ofRule[side], lists);
      for (const [port, item] of itemsOf(rule, 'toPorts', at)) yield* unknownOfPorts(item, port);
    }
  }
}

/** Rules of the application layer only narrow what the ports allow; but for those that name secrets. */
function* unknownOfPorts(item: unknown, field: string): Generator<UnknownField, void, undefined> {
  if (!isJsonObject(item)) {
    yield { field };
    return;
  }
  yield* strangers(item, field, ['ports', 'rules', 'serverNames'], ['ports', 'serverNames']);
  const rules = ownMember(item, 'rules');
  if (!isJsonObject(rules)) return;
  yield* strangers(rules, `${field}.rules`, ['http', 'dns', 'kafka', 'l7proto', 'l7'], ['http']);
  for (const [at, http] of itemsOf(rules, 'http', `${field}.rules`)) {
    if (isJsonObject(http)) yield* strangers(http, at, ['path', 'method', 'host', 'headers'], []);
  }
}

/** Members that are not among the known, and those that should be lists and are none. */
function* strangers(
  object: JsonObject,
  field: string,
  known: readonly string[],
  lists: readonly string[],
): Generator<UnknownField, void, undefined> {
  for (const name of Object.keys(object)) {
    const value = ownMember(object, name);
    if (value === undefined) continue;
    const isKnown = known.includes(name) && (!lists.includes(name) || Array.isArray(value));
    if (!isKnown) yield { field: field === '' ? name : `${field}.${name}` };
  }
}
