import type { Fault, Parsed } from '../../../algebra/fault.ts';
import { valueIn } from '../../../algebra/label-constraint.ts';
import { parseLabelSelector } from '../../../algebra/label-selector.ts';
import { constrainLabel, constraintOn, everyLabelSpace, type LabelSpace } from '../../../algebra/label-space.ts';
import { parsePorts, type PortSet } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import { findEscapes, tenantsThatMatter, type Boundary, type Peer } from '../../../tenancy/peer-confinement.ts';
import { namespaceNameLabel } from '../../../tenancy/tenancy.ts';
import { describeEscape, describeEverybody, describeTooManyNames } from '../../escape-message.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from '../../objects/network-policy.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

/** Names of namespaces that one policy may list: each is proved for itself, and a hostile policy lists hundreds of thousands. */
const mostNames = 1000;

/** Tenants for each of which a peer is judged where its own is unknown; beyond them it stays undecided. */
const mostTenants = 100;

/** What a policy may still cost. */
class NameBudget {
  #left = mostNames;

  /** Whether the names of the peer are within what is left. One for each peer is free: its own text pays for it. */
  allows({ namespaces }: Pick<Peer, 'namespaces'>): boolean {
    const { values } = constraintOn(namespaces, namespaceNameLabel);
    if (!values.isComplement) this.#left -= Math.max(0, values.listed.size - 1);
    return this.#left >= 0;
  }
}

type Context = RuleContext<object> & { readonly budget: NameBudget };

export const confinedPeers = defineCheckRule({
  id: 'network/confined-peers',
  title: 'Every peer of a NetworkPolicy is inside its tenant or an approved flow',
  severity: 'critical',
  rationale:
    'A policy whose peers reach beyond the tenant opens its pods to others, or lets them out, whatever shape its selectors have. Each peer × ports is proved to lie inside the tenant or an approved flow; only labels that nobody but the platform can set prove anything.',
  remediation:
    'Pin the peer to the tenant with its tenant label, or to single namespaces with kubernetes.io/metadata.name, or stay inside an approved flow: its namespaces, pods and ports.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/',
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/#network-isolation',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, given) {
    const context = { ...given, budget: new NameBudget() };
    for (const rule of effectiveRules(subject.object)) {
      const ports = parsePorts(rule.ports, `${rule.field}.ports`);
      if (!ports.ok) yield* ports.faults.map(invalid);
      else yield* judgeRule(rule, ports.value, namespaceOf(subject), context);
    }
  },
});

function* judgeRule(rule: NetworkPolicyRule, ports: PortSet, namespace: string, context: Context): Iterable<Violation> {
  if (rule.peers.length === 0) yield describeEverybody(rule, ports, context.tenancy);
  for (const [index, peer] of rule.peers.entries()) {
    const field = `${rule.field}.${rule.peersField}[${index}]`;
    // Address blocks are bounded by network/bounded-addresses.
    if (isPresent(peer.ipBlock) && !isPresent(peer.namespaceSelector) && !isPresent(peer.podSelector)) continue;
    const parsed = parsePeer(peer, field, namespace);
    if (parsed.ok) yield* judgePeer({ ...parsed.value, ports }, peer, rule, field, namespace, context);
    else yield* parsed.faults.map(invalid);
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The pods that a peer selects. Without a namespaceSelector they are those of the policy's own namespace. */
function parsePeer(peer: NetworkPolicyPeer, field: string, namespace: string): Parsed<Omit<Peer, 'ports'>> {
  const { namespaceSelector, podSelector, ipBlock } = peer;
  if (isPresent(ipBlock)) return faulty(field, 'has an ipBlock beside selectors; make them two peers');
  if (!isPresent(namespaceSelector) && !isPresent(podSelector)) {
    return faulty(field, 'the peer is empty; give a podSelector, a namespaceSelector or an ipBlock');
  }
  const namespaces: Parsed<LabelSpace> = isPresent(namespaceSelector)
    ? parseLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
    : { ok: true, value: constrainLabel(everyLabelSpace, namespaceNameLabel, valueIn([namespace])) };
  const pods: Parsed<LabelSpace> = isPresent(podSelector)
    ? parseLabelSelector(podSelector, `${field}.podSelector`)
    : { ok: true, value: everyLabelSpace };
  if (namespaces.ok && pods.ok) return { ok: true, value: { namespaces: namespaces.value, pods: pods.value } };
  return { ok: false, faults: [...(namespaces.ok ? [] : namespaces.faults), ...(pods.ok ? [] : pods.faults)] };
}

function faulty(field: string, message: string): Parsed<never> {
  return { ok: false, faults: [{ field, message }] };
}

function* judgePeer(
  peer: Peer,
  wire: NetworkPolicyPeer,
  rule: NetworkPolicyRule,
  field: string,
  namespace: string,
  context: Context,
): Iterable<Violation> {
  const { tenancy, facts, owner } = context;
  const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
  const boundary: Boundary = {
    tenancy,
    direction: rule.direction,
    namespace,
    tenant,
    lookup: (name) => facts.namespace(name),
  };
  if (!context.budget.allows(peer)) {
    yield describeTooManyNames(mostNames, { peer, wire, rule, field, tenancy, tenant });
    return;
  }
  const escapes = findEscapes(peer, boundary);
  if (escapes.length > 0 && owner === undefined && !escapesForEveryTenant(peer, boundary)) context.ownerNeeded();
  else for (const escape of escapes) yield describeEscape(escape, { peer, wire, rule, field, tenancy, tenant });
}

/** Whether the peer escapes whoever the policy's tenant is. */
function escapesForEveryTenant(peer: Peer, boundary: Boundary): boolean {
  const tenants = tenantsThatMatter(peer, boundary);
  return (
    tenants.length <= mostTenants && tenants.every((tenant) => findEscapes(peer, { ...boundary, tenant }).length > 0)
  );
}

function invalid({ field, message }: Fault): Violation {
  return { field, message, fix: 'The API server refuses it as well; correct the field.' };
}
