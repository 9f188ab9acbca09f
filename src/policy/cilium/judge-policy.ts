import type { Parsed } from '../../algebra/fault.ts';
import { isDnsPatternSubset, parseDnsPattern, type DnsPattern } from '../../algebra/dns-pattern.ts';
import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { valueIn } from '../../algebra/label-constraint.ts';
import { constrainedSpace, everyLabelSpace, type LabelSpace } from '../../algebra/label-space.ts';
import type { PortSet } from '../../algebra/port-set.ts';
import { namespaceNameLabel, type Direction } from '../../tenancy/tenancy.ts';
import { display } from '../display.ts';
import { describeEverybody } from '../escape-message.ts';
import { judgePeer } from '../judge-peer.ts';
import type { RuleContext, Violation } from '../rule.ts';
import { yamlSnippet } from '../yaml-snippet.ts';
import { parseEndpointSelector, subjectsOfSelector, type SelectedEndpoints } from './endpoint-selector.ts';
import { itemsOf, specsOf, unknownFields, type CiliumRule, type CiliumSpec } from './policy-view.ts';
import { namesTraffic, portsOfRule } from './ports.ts';
import { ciliumWording } from './wording.ts';

/** What tenants may name beyond pods and addresses. */
export interface CiliumParams {
  readonly entities: Readonly<Record<Direction, readonly string[]>>;
  readonly names: readonly string[];
}

interface Judging {
  readonly params: CiliumParams;
  readonly context: RuleContext<object> & { readonly subjects: LabelSpace | undefined };
  readonly home: string;
  readonly ports: PortSet;
}

/** Selectors of one policy that are judged; a policy that people or charts write never comes near. */
const mostPeers = 2000;

/** How a policy reaches beyond its tenant by anything but addresses, which are judged as sets of their own. */
export function* judgeCiliumPolicy(
  policy: object,
  home: string,
  params: CiliumParams,
  context: RuleContext<object>,
): Generator<Violation, void, undefined> {
  for (const { field } of unknownFields(policy)) yield unknown(field, policy);
  const specs = specsOf(policy);
  if (countPeers(specs) > mostPeers) {
    yield {
      ...unknown('spec', policy),
      message: `names more than ${mostPeers} peers, which is too large to be judged`,
    };
    return;
  }
  for (const { field, spec, rules } of specs) {
    yield* judgeSubjects(spec, field);
    const subjects = subjectsOfSelector(ownMember(spec, 'endpointSelector'));
    for (const rule of rules) {
      const basis = [ownMember(spec, 'endpointSelector'), rule.rule];
      for (const violation of judgeRule(rule, home, params, { ...context, subjects })) yield { ...violation, basis };
    }
  }
}

function countPeers(specs: readonly CiliumSpec[]): number {
  const lists = ['Endpoints', 'Entities', 'Services', 'FQDNs', 'CIDR', 'CIDRSet'];
  return specs
    .flatMap(({ rules }) => rules)
    .reduce((sum, rule) => sum + lists.reduce((some, name) => some + peersOf(rule, name).length, 0), 0);
}

function peersOf({ rule, side, field }: CiliumRule, name: string): readonly (readonly [string, unknown])[] {
  return itemsOf(rule, `${side}${name}`, field);
}

function unknown(field: string, basis: unknown): Violation {
  return {
    field,
    message: 'has no meaning that can be judged here, and may allow more than the rest says',
    fix: 'Leave the field out, or have the platform write the policy.',
    basis,
  };
}

/** A selector outside all namespaces would make the peers’ selectors mean others than those of the policy’s namespace. */
function* judgeSubjects(spec: CiliumSpec['spec'], field: string): Generator<Violation, void, undefined> {
  const selector = ownMember(spec, 'endpointSelector');
  const parsed = parseEndpointSelector(selector, `${field}.endpointSelector`, '');
  if (!parsed.ok) yield* invalid(parsed, selector);
  const enabled = ownMember(spec, 'enableDefaultDeny');
  for (const direction of ['ingress', 'egress'] as const) {
    const value = isJsonObject(enabled) ? ownMember(enabled, direction) : undefined;
    if (value === undefined || value === true) continue;
    yield {
      field: `${field}.enableDefaultDeny.${direction}`,
      message: `${display(value)} allows without isolating: pods that no other policy selects stay open to everybody`,
      fix: 'Leave the field out.',
      basis: [selector, enabled],
    };
  }
}

function* judgeRule(
  rule: CiliumRule,
  home: string,
  params: CiliumParams,
  context: Judging['context'],
): Generator<Violation, void, undefined> {
  const ports = portsOfRule(rule);
  if (!ports.ok) {
    yield* invalid(ports, rule.rule);
    return;
  }
  const judging: Judging = { params, context, home, ports: ports.value };
  yield* judgeEverybody(rule, judging);
  yield* judgeAuthentication(rule);
  for (const [field, selector] of peersOf(rule, 'Endpoints')) {
    const parsed = parseEndpointSelector(selector, field, home);
    if (parsed.ok) yield* judgeEndpoints(parsed.value, selector, field, rule, judging);
    else yield* invalid(parsed, selector);
  }
  for (const [field, entity] of peersOf(rule, 'Entities')) yield* judgeEntity(entity, field, rule, judging);
  if (rule.side === 'from') return;
  for (const [field, service] of peersOf(rule, 'Services')) yield* judgeService(service, field, rule, judging);
  for (const [field, name] of peersOf(rule, 'FQDNs')) yield* judgeName(name, field, params.names);
}

/**
 * A rule without peers allows nobody, but everybody on the ports that it names. Of an empty list of peers releases of Cilium
 * have thought one and the other.
 */
function* judgeEverybody(rule: CiliumRule, { context, ports }: Judging): Generator<Violation, void, undefined> {
  const names = ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Services', 'FQDNs'];
  if (!namesTraffic(rule) || names.some((name) => peersOf(rule, name).length > 0)) return;
  const { field, direction, side } = rule;
  const fix = yamlSnippet('Name the peers, for instance the pods of the same namespace:', [
    `${side}Endpoints:`,
    '  - {}',
  ]);
  yield describeEverybody({ field: `${field}.${side}Endpoints`, direction, ports, fix }, context);
}

/** More than one rule may speak of the same peers; one that switches authentication off may win. */
function* judgeAuthentication({ rule, field }: CiliumRule): Generator<Violation, void, undefined> {
  const given = ownMember(rule, 'authentication');
  if (given === undefined) return;
  const mode = isJsonObject(given) ? ownMember(given, 'mode') : given;
  if (mode === 'required' || mode === 'test-always-fail') return;
  yield {
    field: `${field}.authentication.mode`,
    message: `${display(mode)} may switch off authentication that others ask for`,
    fix: 'Leave the field out.',
  };
}

function judgeEndpoints(
  selected: SelectedEndpoints,
  wire: unknown,
  field: string,
  rule: CiliumRule,
  { context, home, ports }: Judging,
): Generator<Violation, void, undefined> {
  const wording = ciliumWording(rule, wire, field, context.tenancy);
  return judgePeer({ ...selected, ports }, { wording, direction: rule.direction, namespace: home }, context);
}

function* judgeEntity(
  entity: unknown,
  field: string,
  { direction }: CiliumRule,
  { params }: Judging,
): Generator<Violation, void, undefined> {
  if (entity === 'none' || (typeof entity === 'string' && params.entities[direction].includes(entity))) return;
  const verb = direction === 'ingress' ? 'lets in' : 'lets pods out to';
  yield {
    field,
    message: `${display(entity)} ${verb} ${meaningOf(entity)}`,
    fix: 'Select pods and namespaces by label instead, name small address blocks, or ask the platform to allow the entity.',
  };
}

/** https://docs.cilium.io/en/stable/security/policy/language/#entities-based */
function meaningOf(entity: unknown): string {
  switch (entity) {
    case 'all':
      return 'everybody, inside the cluster and outside';
    case 'world':
    case 'world-ipv4':
    case 'world-ipv6':
      return 'every address outside the cluster';
    case 'cluster':
      return 'every pod of every tenant and every node';
    case 'host':
    case 'remote-node':
      return 'nodes, and every pod on their network';
    case 'kube-apiserver':
      return 'the API server';
    default:
      return 'endpoints that belong to no tenant';
  }
}

/** The endpoints behind Services: without a namespace, of Services of that name or with such labels in every namespace. */
function* judgeService(
  service: unknown,
  field: string,
  rule: CiliumRule,
  judging: Judging,
): Generator<Violation, void, undefined> {
  if (!isJsonObject(service)) yield unknown(field, service);
  const object = isJsonObject(service) ? service : {};
  for (const name of Object.keys(object)) {
    const at = `${field}.${name}`;
    const value = ownMember(object, name);
    if (value === undefined) continue;
    if ((name !== 'k8sService' && name !== 'k8sServiceSelector') || !isJsonObject(value)) {
      yield unknown(at, value);
      continue;
    }
    yield* judgeEndpoints({ namespaces: namespacesOf(value), pods: everyLabelSpace }, value, at, rule, judging);
  }
}

function namespacesOf(reference: JsonObject): LabelSpace {
  const namespace = ownMember(reference, 'namespace') ?? '';
  if (namespace === '') return everyLabelSpace;
  return constrainedSpace([[namespaceNameLabel, valueIn([typeof namespace === 'string' ? namespace : ''])]]);
}

function* judgeName(given: unknown, field: string, approved: readonly string[]): Generator<Violation, void, undefined> {
  if (!isJsonObject(given)) yield unknown(field, given);
  const object = isJsonObject(given) ? given : {};
  const names = ['matchName', 'matchPattern'];
  for (const name of Object.keys(object)) {
    const value = ownMember(object, name);
    if (value === undefined || value === '') continue;
    const pattern = names.includes(name) && typeof value === 'string' ? readName(name, value) : undefined;
    if (pattern !== undefined && isApproved(pattern, approved)) continue;
    yield {
      field: `${field}.${name}`,
      message: `${display(value)} is not within the approved names; whoever answers for the name says which addresses are reached`,
      fix: 'Keep to approved names, name small address blocks, or ask the platform to approve the name.',
    };
  }
}

/** In a name a star is no pattern. */
function readName(field: string, value: string): DnsPattern | undefined {
  return field === 'matchName' && value.includes('*') ? undefined : parseDnsPattern(value);
}

function isApproved(pattern: DnsPattern, approved: readonly string[]): boolean {
  return approved.some((text) => {
    const wider = parseDnsPattern(text);
    return wider !== undefined && isDnsPatternSubset(pattern, wider);
  });
}

function invalid(parsed: Parsed<unknown> & { readonly ok: false }, basis: unknown): readonly Violation[] {
  const fix = 'Write the field as Cilium documents it, with labels of pods and namespaces only.';
  return parsed.faults.map(({ field, message }) => ({ field, message, fix, basis }));
}
