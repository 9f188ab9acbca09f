import type { Fault } from '../../../algebra/fault.ts';
import type { LabelSpace } from '../../../algebra/label-space.ts';
import { parsePorts, type PortSet } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import { describeEverybody } from '../../escape-message.ts';
import { basisOf, subjectsOf } from '../../extent.ts';
import { judgePeer } from '../../judge-peer.ts';
import { networkPolicyWording } from '../../network-policy-wording.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { isAddressBlock, parsePeer } from '../../objects/network-policy-peer.ts';
import { effectiveRules, type NetworkPolicyRule } from '../../objects/network-policy-view.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import { yamlSnippet } from '../../yaml-snippet.ts';

type Context = RuleContext<object> & { readonly subjects: LabelSpace | undefined };

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
    const oversize = tooLarge(subject.object);
    if (oversize !== undefined) {
      yield oversize;
      return;
    }
    const context = { ...given, subjects: subjectsOf(subject.object) };
    for (const rule of effectiveRules(subject.object)) {
      const basis = basisOf(subject.object, rule);
      for (const violation of judgeRule(rule, namespaceOf(subject), context)) yield { ...violation, basis };
    }
  },
});

function* judgeRule(rule: NetworkPolicyRule, namespace: string, context: Context): Iterable<Violation> {
  const parsed = parsePorts(rule.ports, `${rule.field}.ports`);
  if (parsed.ok) yield* judgePeers(rule, parsed.value, namespace, context);
  else yield* parsed.faults.map(invalid);
}

function* judgePeers(
  rule: NetworkPolicyRule,
  ports: PortSet,
  namespace: string,
  context: Context,
): Iterable<Violation> {
  if (rule.peers.length === 0) {
    const { direction, peersField } = rule;
    const fix = yamlSnippet('Name the peers, for instance the pods of the same namespace:', [
      `${peersField}:`,
      '  - podSelector: {}',
    ]);
    yield describeEverybody({ field: `${rule.field}.${peersField}`, direction, ports, fix }, context);
  }
  for (const [index, peer] of rule.peers.entries()) {
    const field = `${rule.field}.${rule.peersField}[${index}]`;
    // Address blocks are bounded by network/bounded-addresses.
    if (isAddressBlock(peer)) continue;
    const parsed = parsePeer(peer, field, namespace);
    if (parsed.ok) {
      const wording = networkPolicyWording(rule, peer, field, context.tenancy);
      yield* judgePeer({ ...parsed.value, ports }, { wording, direction: rule.direction, namespace }, context);
    } else yield* parsed.faults.map(invalid);
  }
}

function invalid({ field, message }: Fault): Violation {
  return { field, message, fix: 'The API server refuses it as well; correct the field.' };
}
