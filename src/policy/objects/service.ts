import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, openObject, optional } from './shape.ts';

const strings = optional(Type.Array(Type.String()));

const loadBalancerIngress = openObject({ ip: optional(Type.String()), hostname: optional(Type.String()) });

/** Service, core/v1. Address blocks are parsed strictly where they are judged. */
export const serviceSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      type: optional(Type.String()),
      externalIPs: strings,
      externalName: optional(Type.String()),
      loadBalancerSourceRanges: strings,
    }),
  ),
  status: optional(
    openObject({ loadBalancer: optional(openObject({ ingress: optional(Type.Array(loadBalancerIngress)) })) }),
  ),
});

const targetRef = openObject({ namespace: optional(Type.String()) });

/** As in a NetworkPolicy, and parsed as there: an absent port is every port. */
const port = openObject({ port: Type.Optional(Type.Unknown()), protocol: Type.Optional(Type.Unknown()) });

const endpointAddress = openObject({ ip: optional(Type.String()), targetRef: optional(targetRef) });

const endpointSubset = openObject({
  addresses: optional(Type.Array(endpointAddress)),
  notReadyAddresses: optional(Type.Array(endpointAddress)),
  ports: optional(Type.Array(port)),
});

/** Endpoints, core/v1. */
export const endpointsSchema = openObject({ ...identity, subsets: optional(Type.Array(endpointSubset)) });

/** EndpointSlice, discovery.k8s.io, all served versions. */
export const endpointSliceSchema = openObject({
  ...identity,
  addressType: optional(Type.String()),
  endpoints: optional(Type.Array(openObject({ addresses: strings, targetRef: optional(targetRef) }))),
  ports: optional(Type.Array(port)),
});

export type Service = Static<typeof serviceSchema>;
export type LoadBalancerIngress = Static<typeof loadBalancerIngress>;
export type EndpointPort = Static<typeof port>;
export type Endpoints = Static<typeof endpointsSchema>;
export type EndpointSlice = Static<typeof endpointSliceSchema>;
