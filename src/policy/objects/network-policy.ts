import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, openObject, optional } from './shape.ts';

/**
 * NetworkPolicy, networking.k8s.io/v1. Selectors, address blocks and ports stay unknown here: the algebra parses them
 * strictly and names what is wrong with them.
 */
const peer = openObject({
  podSelector: Type.Optional(Type.Unknown()),
  namespaceSelector: Type.Optional(Type.Unknown()),
  ipBlock: optional(openObject({ cidr: Type.Optional(Type.Unknown()), except: Type.Optional(Type.Unknown()) })),
});

const ingressRule = openObject({ from: optional(Type.Array(peer)), ports: Type.Optional(Type.Unknown()) });
const egressRule = openObject({ to: optional(Type.Array(peer)), ports: Type.Optional(Type.Unknown()) });

export const networkPolicySchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      podSelector: Type.Optional(Type.Unknown()),
      // An unknown type isolates nothing; read as a text it would switch every rule of the policy off.
      policyTypes: optional(Type.Array(Type.Enum(['Ingress', 'Egress']))),
      ingress: optional(Type.Array(ingressRule)),
      egress: optional(Type.Array(egressRule)),
    }),
  ),
});

export type NetworkPolicyPeer = Static<typeof peer>;
export type NetworkPolicy = Static<typeof networkPolicySchema>;
