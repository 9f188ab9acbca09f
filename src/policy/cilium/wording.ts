import { labelsIn } from '../../algebra/label-space.ts';
import type { Flow, Tenancy } from '../../tenancy/tenancy.ts';
import { display } from '../display.ts';
import type { PeerWording } from '../escape-message.ts';
import { yamlScalar, yamlSnippet } from '../yaml-snippet.ts';
import { namespaceLabelPrefix } from './endpoint-selector.ts';
import type { CiliumRule } from './policy-view.ts';

/** How a CiliumNetworkPolicy writes one peer of a rule. */
export function ciliumWording(
  { field: rule, side }: CiliumRule,
  wire: unknown,
  field: string,
  tenancy: Tenancy,
): PeerWording {
  const peers = `${side}Endpoints:`;
  return {
    field,
    namespaces: { field, text: display(wire) },
    podsField: field,
    portsField: `${rule}.toPorts`,
    pinned: (tenant) =>
      tenant === undefined
        ? yamlSnippet('Select pods of the policy’s own namespace:', [peers, '  - {}'])
        : yamlSnippet('Pin the peer to the tenant:', [
            peers,
            '  - matchLabels:',
            `      k8s:${namespaceLabelPrefix}${tenancy.tenantLabel}: ${yamlScalar(tenant)}`,
          ]),
    withPorts: ({ name, document }) =>
      yamlSnippet(`Keep to the ports of flow ${JSON.stringify(name)}:`, portLines(document)),
    withPods: ({ name, pods }) =>
      yamlSnippet(`Keep to the pods of flow ${JSON.stringify(name)}:`, [
        'matchLabels:',
        ...Object.entries({ ...labelsIn(pods) }).map(([key, value]) => `  k8s:${key}: ${yamlScalar(value)}`),
      ]),
  };
}

function portLines({ ports = [] }: Flow['document']): readonly string[] {
  const lines = ports.flatMap(({ protocol, port, endPort }) => [
    `      - protocol: ${protocol ?? 'TCP'}`,
    `        port: ${JSON.stringify(String(port ?? 0))}`,
    ...(endPort === undefined ? [] : [`        endPort: ${endPort}`]),
  ]);
  return ['toPorts:', '  - ports:', ...lines];
}
