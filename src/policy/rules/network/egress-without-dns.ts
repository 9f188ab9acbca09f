import { intersectLabelSpaces, labelsOutside, matchesLabels, type LabelSpace } from '../../../algebra/label-space.ts';
import { containsPort, parsePorts, type PortSet } from '../../../algebra/port-set.ts';
import { isEmptyStringSet } from '../../../algebra/string-set.ts';
import { Type } from '../../../algebra/schema.ts';
import { flowsFor, namespaceNameLabel, type Flow, type Tenancy } from '../../../tenancy/tenancy.ts';
import type { Owner } from '../../../tenancy/owner.ts';
import { display, displayLabels } from '../../display.ts';
import { subjectsOf } from '../../extent.ts';
import { findPod, mayBeKeptElsewhere, type PodPlace } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isPresent, selectedPods } from '../../objects/network-policy-peer.ts';
import { effectiveRules, isolatedDirections, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../../objects/network-policy.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

/** Pieces that a proof may cut the pods into, and policies it may be made for. */
const mostWork = 512;
const mostPolicies = 100;

const protocols = ['UDP', 'TCP'] as const;
type DnsProtocol = (typeof protocols)[number];

/** Where DNS is, and who asks. */
interface Dns {
  readonly place: PodPlace;
  readonly protocol: DnsProtocol;
  readonly ports: readonly number[];
  /** Approved flows that lead to it; none where the Tenancy names none. */
  readonly flows: readonly Flow[];
}

export const egressWithoutDns = defineCheckRule({
  id: 'network/egress-without-dns',
  title: 'Pods that may call others by egress rules may reach DNS as well',
  severity: 'medium',
  rationale:
    'A policy that isolates egress refuses DNS too, and what is called by name is not found any more, although a rule allows it. All policies of the namespace are judged together: a pod is reported only where some rule lets it out and none lets it reach DNS. Answers that are too long for UDP are asked for again over TCP, so both are needed. A pod that may call nobody needs no names: a default-deny alone is not reported.',
  remediation: 'Add one policy for every pod of the namespace that allows DNS, on port 53 of both UDP and TCP.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace', 'networkPoliciesOf', 'podsOf', 'podTemplatesOf'],
  params: Type.Object(
    {
      ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
        default: [53],
        description: 'Ports on which the pods of the cluster’s DNS answer; 5353 on OpenShift.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic',
    'https://www.rfc-editor.org/rfc/rfc7766#section-5',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { params, facts, owner, tenancy }) {
    const { object } = subject;
    if (mayBeKeptElsewhere(subject) || tooLarge(object) !== undefined) return;
    const place = { namespace: namespaceOf(subject), owner, tenancy, facts };
    for (const protocol of protocols) {
      const dns = { place, protocol, ports: params.ports, flows: dnsFlows(tenancy, owner, params.ports, protocol) };
      // Where DNS is approved over UDP alone, tenants cannot do more.
      if (protocol === 'TCP' && dns.flows.length === 0 && dnsFlows(tenancy, owner, params.ports, 'UDP').length > 0)
        return;
      const violation = judgeProtocol(object, subject.name, dns);
      if (violation === undefined) continue;
      yield violation;
      return;
    }
  },
});

function dnsFlows(
  tenancy: Tenancy,
  owner: Owner | undefined,
  ports: readonly number[],
  protocol: DnsProtocol,
): readonly Flow[] {
  const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
  return flowsFor(tenancy, 'egress', tenant).filter((flow) => hasDnsPort(flow.ports, { protocol, ports }));
}

function hasDnsPort(set: PortSet, { protocol, ports }: Pick<Dns, 'protocol' | 'ports'>): boolean {
  return ports.some((port) => containsPort(set, protocol, port));
}

function judgeProtocol(policy: NetworkPolicy, name: string, dns: Dns): Violation | undefined {
  const { namespace, facts } = dns.place;
  const subjects = subjectsOf(policy);
  const isSilent = subjects === undefined || !isolatedDirections(policy).has('egress') || allowsDns(policy, dns);
  const policies = isSilent ? undefined : facts.networkPoliciesOf(namespace);
  if (subjects === undefined || policies === undefined || policies.length > mostPolicies) return undefined;
  const others = policies.filter((other) => other.metadata?.name !== name && isLasting(other));
  const covers = others.filter((other) => allowsDns(other, dns)).map(subjectsOf);
  const speaking = [policy, ...others].filter(allowsSomething).map(subjectsOf);
  const lost = speaking.filter((space) => space !== undefined).map((space) => intersectLabelSpaces(subjects, space));
  return violationFor(
    lost,
    covers.filter((space) => space !== undefined),
    dns,
  );
}

/** Pods of the first spaces that the others leave out; where other policies allow DNS, only pods that are there count. */
function violationFor(lost: readonly LabelSpace[], covers: readonly LabelSpace[], dns: Dns): Violation | undefined {
  if (covers.reduce((work, { constraints }) => work * Math.max(1, constraints.size), 1) > mostWork) return undefined;
  const open = lost.map((space) => labelsOutside(space, covers)).find((labels) => labels !== undefined);
  if (open === undefined) return undefined;
  if (covers.length === 0) return described(displayLabels(open), dns);
  const pod = findPod(
    dns.place,
    ({ labels, hostNetwork }) =>
      !hostNetwork &&
      lost.some((space) => matchesLabels(space, labels)) &&
      !covers.some((space) => matchesLabels(space, labels)),
  );
  return typeof pod === 'object' ? described(displayLabels(pod.labels), dns) : undefined;
}

function isLasting(policy: NetworkPolicy): boolean {
  return (policy.metadata?.deletionTimestamp ?? '') === '' && tooLarge(policy) === undefined;
}

function allowsSomething(policy: NetworkPolicy): boolean {
  return effectiveRules(policy).some(({ direction }) => direction === 'egress');
}

/** Whether the policy lets its pods reach DNS, or may do so for all that is known. */
function allowsDns(policy: NetworkPolicy, dns: Dns): boolean {
  return effectiveRules(policy).some((rule) => rule.direction === 'egress' && leadsToDns(rule, dns));
}

function leadsToDns(rule: NetworkPolicyRule, dns: Dns): boolean {
  const ports = parsePorts(rule.ports, '');
  // A name is given its number by the pods of DNS, which nobody looks into here.
  if (ports.ok && !hasDnsPort(ports.value, dns) && isEmptyStringSet(ports.value[dns.protocol].names)) return false;
  // Who opens the lowest port as well names no port of DNS, but opens them all.
  const isNamed = ports.ok && !containsPort(ports.value, dns.protocol, 1);
  return rule.peers.length === 0 || rule.peers.some((peer) => mayBeDns(peer, isNamed, dns));
}

/** `isNamed`: the rule names the ports of DNS, and does not just hold them among all others. */
function mayBeDns(peer: NetworkPolicyPeer, isNamed: boolean, { flows, place }: Dns): boolean {
  const selected = selectedPods(peer, place.namespace);
  if (selected === undefined) return true;
  if (flows.length === 0) return isNamed || isPresent(peer.namespaceSelector);
  const home = isPresent(peer.namespaceSelector) ? undefined : place.facts.namespace(place.namespace);
  return flows.some(
    (flow) =>
      !intersectLabelSpaces(flow.pods, selected.pods).isEmpty &&
      flow.namespaces.some((space) =>
        home === undefined || home === 'missing'
          ? !intersectLabelSpaces(space, selected.namespaces).isEmpty
          : matchesLabels(space, home.labels),
      ),
  );
}

function described(labels: string, dns: Dns): Violation {
  const { protocol, place, ports } = dns;
  const loss = protocol === 'UDP' ? 'names are not found' : 'answers too long for UDP are lost';
  return {
    field: 'spec.egress',
    message: `a pod with ${labels} may call others, but no policy of namespace ${JSON.stringify(place.namespace)} lets it reach DNS on ${protocol} ${ports.join(', ')}, so ${loss}`,
    fix: dnsRule(dns),
  };
}

/** A rule that allows DNS, in the terms of the approved flow. */
function dnsRule({ flows, ports }: Dns): string {
  const { namespaces, pods } = flows[0]?.document ?? {};
  const podSelector = flows.length === 0 ? { matchLabels: { 'k8s-app': 'kube-dns' } } : (pods ?? {});
  const peer = `{namespaceSelector: ${display(namespaceSelector(namespaces))}, podSelector: ${display(podSelector)}}`;
  const dnsPorts = ports.flatMap((port) => protocols.map((protocol) => `{protocol: ${protocol}, port: ${port}}`));
  return `Allow DNS:\n  egress: [{to: [${peer}], ports: [${dnsPorts.join(', ')}]}]`;
}

function namespaceSelector(namespaces: Flow['document']['namespaces']): unknown {
  const values = namespaces?.names ?? ['kube-system'];
  if (namespaces?.selector !== undefined) return namespaces.selector;
  return values.length === 1
    ? { matchLabels: { [namespaceNameLabel]: values[0] } }
    : { matchExpressions: [{ key: namespaceNameLabel, operator: 'In', values }] };
}
