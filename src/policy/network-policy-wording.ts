import { labelsIn } from '../algebra/label-space.ts';
import type { Flow, Tenancy } from '../tenancy/tenancy.ts';
import { display } from './display.ts';
import type { PeerWording } from './escape-message.ts';
import type { NetworkPolicyRule } from './objects/network-policy-view.ts';
import type { NetworkPolicyPeer } from './objects/network-policy.ts';
import { yamlScalar, yamlSnippet } from './yaml-snippet.ts';

/** How a NetworkPolicy writes one peer of a rule. */
export function networkPolicyWording(
  rule: NetworkPolicyRule,
  wire: NetworkPolicyPeer,
  field: string,
  tenancy: Tenancy,
): PeerWording {
  return {
    field,
    namespaces: { field: `${field}.namespaceSelector`, text: display(wire.namespaceSelector) },
    podsField: `${field}.podSelector`,
    portsField: `${rule.field}.ports`,
    pinned: (tenant) => pinnedPeer(rule, wire, tenant, tenancy),
    withPorts: ({ name, document }) =>
      yamlSnippet(`Keep to the ports of flow ${JSON.stringify(name)}:`, portLines(document)),
    withPods: ({ name, pods }) =>
      yamlSnippet(`Keep to the pods of flow ${JSON.stringify(name)}:`, [
        'podSelector:',
        '  matchLabels:',
        ...Object.entries(labelsIn(pods) ?? {}).map(([key, value]) => `    ${key}: ${yamlScalar(value)}`),
      ]),
  };
}

function portLines({ ports = [] }: Flow['document']): readonly string[] {
  const lines = ports.flatMap(({ protocol, port, endPort }) => [
    `  - protocol: ${protocol ?? 'TCP'}`,
    ...(port === undefined ? [] : [`    port: ${port}`]),
    ...(endPort === undefined ? [] : [`    endPort: ${endPort}`]),
  ]);
  return ['ports:', ...lines];
}

function pinnedPeer(
  { peersField }: NetworkPolicyRule,
  { podSelector }: NetworkPolicyPeer,
  tenant: string | undefined,
  tenancy: Tenancy,
): string {
  if (tenant === undefined) {
    return yamlSnippet('Select pods of the policy’s own namespace:', [
      `${peersField}:`,
      `  - podSelector: ${display(podSelector ?? {})}`,
    ]);
  }
  return yamlSnippet('Pin the peer to the tenant:', [
    `${peersField}:`,
    '  - namespaceSelector:',
    '      matchLabels:',
    `        ${tenancy.tenantLabel}: ${yamlScalar(tenant)}`,
    ...(podSelector === undefined || podSelector === null ? [] : [`    podSelector: ${display(podSelector)}`]),
  ]);
}
