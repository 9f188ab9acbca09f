import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, openObject, optional } from './shape.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

const hosts = optional(Type.Array(Type.String()));

/** Ingress, networking.k8s.io, all served versions. */
export const ingressSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      defaultBackend: Type.Optional(Type.Unknown()),
      tls: optional(Type.Array(openObject({ hosts }))),
      rules: optional(Type.Array(openObject({ host: optional(Type.String()) }))),
    }),
  ),
});

/** A reference to a Gateway or a Service; an absent namespace means the route's own. */
const reference = openObject({
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
});

const filter = openObject({
  requestMirror: optional(openObject({ backendRef: optional(reference) })),
  externalAuth: optional(openObject({ backendRef: optional(reference) })),
});

const filters = optional(Type.Array(filter));

const backend = openObject({
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
  filters,
});

/** HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute, gateway.networking.k8s.io, all served versions. */
export const routeSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      parentRefs: optional(Type.Array(reference)),
      hostnames: hosts,
      rules: optional(Type.Array(openObject({ filters, backendRefs: optional(Type.Array(backend)) }))),
    }),
  ),
});

/** ReferenceGrant, gateway.networking.k8s.io, all served versions. */
export const referenceGrantSchema = openObject({
  ...identity,
  spec: optional(openObject({ from: optional(Type.Array(reference)) })),
});

export type Ingress = Static<typeof ingressSchema>;
export type RouteReference = Static<typeof reference>;
export type Route = Static<typeof routeSchema>;
export type ReferenceGrant = Static<typeof referenceGrantSchema>;
