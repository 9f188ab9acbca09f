import { isJsonObject, ownMember } from '../../../algebra/json-object.ts';
import { matchesLabels, type LabelSpace } from '../../../algebra/label-space.ts';
import { parsePorts } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import { displayLabels } from '../../display.ts';
import { subjectsOf } from '../../extent.ts';
import type { PodTemplateFact } from '../../facts.ts';
import { findPod, mayBeKeptElsewhere, type PodPlace } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isAddressBlock, selectedPods } from '../../objects/network-policy-peer.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import { ownNamespaces } from '../../own-namespaces.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

/** Ports that are looked at, and the peers and namespaces that each is looked for in. */
const mostPorts = 100;
const mostTargets = 8;

/** Pods of one namespace, on which a port is named. */
interface Target {
  readonly place: PodPlace;
  readonly pods: LabelSpace;
}

interface NamedPort {
  readonly field: string;
  readonly name: string;
  readonly protocol: string;
}

export const namedPortUnknown = defineCheckRule({
  id: 'network/named-port-unknown',
  title: 'A named port of a NetworkPolicy is declared by its pods',
  severity: 'medium',
  rationale:
    'A name in `ports` stands for the number that a container of the pod gives it, for the same protocol: of the selected pod for ingress, of the peer for egress. Where no container declares it, the rule opens nothing. An address block has no containers, so a name means nothing there.',
  remediation: 'Name a port that the pod template declares in `ports`, with its protocol, or write the number.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace', 'podsOf', 'podTemplatesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec',
    'https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { facts, owner, tenancy }) {
    const { object } = subject;
    const subjects = subjectsOf(object);
    if (tooLarge(object) !== undefined || subjects === undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy, facts };
    const isPartial = mayBeKeptElsewhere(subject);
    for (const rule of effectiveRules(object)) yield* judgeRule(rule, { place, pods: subjects }, isPartial);
  },
});

function* judgeRule(rule: NetworkPolicyRule, own: Target, isPartial: boolean): Iterable<Violation> {
  const ports = namedPorts(rule);
  if (ports.length === 0) return;
  if (rule.direction === 'egress' && rule.peers.length > 0 && rule.peers.every(isAddressBlock)) {
    yield* ports.map(onAddresses);
  } else if (!isPartial) {
    const targets = rule.direction === 'ingress' ? [own] : targetsOf(rule, own.place);
    for (const port of ports) yield* judgePort(port, targets ?? []);
  }
}

function namedPorts(rule: NetworkPolicyRule): readonly NamedPort[] {
  // What cannot be read is reported by network/confined-peers.
  if (!parsePorts(rule.ports, '').ok || !Array.isArray(rule.ports)) return [];
  const named = (rule.ports as readonly unknown[]).flatMap((item, index): readonly NamedPort[] => {
    const name = isJsonObject(item) && ownMember(item, 'port');
    if (!isJsonObject(item) || typeof name !== 'string') return [];
    const protocol = ownMember(item, 'protocol');
    return [
      { field: `${rule.field}.ports[${index}].port`, name, protocol: typeof protocol === 'string' ? protocol : 'TCP' },
    ];
  });
  return named.slice(0, mostPorts);
}

function onAddresses({ field, name }: NamedPort): Violation {
  return {
    field,
    message: `${JSON.stringify(name)} is a name, and every peer of the rule is an address block, which has no containers to name a port: the rule opens nothing`,
    fix: 'Write the number on which the server listens, such as `port: 443`.',
  };
}

/** Where an egress rule leads; undefined where it leads to others as well, or where that is not known. */
function targetsOf(rule: NetworkPolicyRule, place: PodPlace): readonly Target[] | undefined {
  const targets: Target[] = [];
  for (const peer of rule.peers.filter((one) => !isAddressBlock(one))) {
    const selected = selectedPods(peer, place.namespace);
    const own = selected === undefined ? undefined : ownNamespaces(selected.namespaces, place);
    if (selected === undefined || own === undefined) return undefined;
    targets.push(...own.selected.map(({ name }) => ({ place: { ...place, namespace: name }, pods: selected.pods })));
  }
  return targets.length > mostTargets ? undefined : targets;
}

function* judgePort({ field, name, protocol }: NamedPort, targets: readonly Target[]): Iterable<Violation> {
  const isDeclared = ({ ports = [] }: PodTemplateFact, proto?: string): boolean =>
    ports.some((port) => port.name === name && (proto === undefined || (port.protocol ?? 'TCP') === proto));
  const find = (isMeant: (pod: PodTemplateFact) => boolean) =>
    targets.map(({ place, pods }) => findPod(place, (pod) => matchesLabels(pods, pod.labels) && isMeant(pod)));
  const answers = find((pod) => isDeclared(pod, protocol));
  if (answers.some((answer) => answer !== 'none' && answer !== 'empty')) return;
  const pod = find(() => true).find((answer) => typeof answer === 'object');
  // Nothing is selected: other rules say so.
  if (typeof pod !== 'object') return;
  const reason = isDeclared(pod) ? 'for another protocol only' : `among ${displayNames(pod)}`;
  yield {
    field,
    message: `no ${protocol} port of the pods is called ${JSON.stringify(name)}, so the rule opens nothing by it; looked for in a pod with ${displayLabels(pod.labels)}, ${reason}`,
    fix: fixFor(name, protocol, pod),
  };
}

function displayNames({ ports = [] }: PodTemplateFact): string {
  const names = ports.map(({ name }) => name).filter((name) => name !== undefined);
  return names.length === 0 ? 'no named ports' : `"${[...new Set(names)].sort().slice(0, 5).join('", "')}"`;
}

/** A port that the pod declares for the protocol, or else how to declare one. */
function fixFor(name: string, protocol: string, { ports = [] }: PodTemplateFact): string {
  const declared = ports.find((port) => (port.protocol ?? 'TCP') === protocol);
  return declared === undefined
    ? `Declare the port in a container of the pod template, with its number:\n  ports: [{name: ${name}, containerPort: NUMBER, protocol: ${protocol}}]`
    : `Write a port that the pods have, or declare this one in their template:\n  port: ${declared.name ?? declared.containerPort}`;
}
