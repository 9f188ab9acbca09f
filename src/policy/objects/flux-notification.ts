import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { localReference, reference } from './flux.ts';
import { identity, openObject, optional } from './shape.ts';

/** Events in and out: https://fluxcd.io/flux/components/notification/. Each schema holds for all served versions. */

/** Alert, notification.toolkit.fluxcd.io. */
export const alertSchema = openObject({
  ...identity,
  spec: optional(openObject({ eventSources: optional(Type.Array(reference)), suspend: optional(Type.Boolean()) })),
});

/** Provider, notification.toolkit.fluxcd.io. */
export const providerSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      type: optional(Type.String()),
      address: optional(Type.String()),
      proxy: optional(Type.String()),
      serviceAccountName: optional(Type.String()),
      secretRef: localReference,
      suspend: optional(Type.Boolean()),
    }),
  ),
});

/** Receiver, notification.toolkit.fluxcd.io. */
export const receiverSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      resources: optional(Type.Array(reference)),
      oidcProviders: optional(Type.Array(openObject({ issuerURL: optional(Type.String()) }))),
      suspend: optional(Type.Boolean()),
    }),
  ),
});

export type Alert = Static<typeof alertSchema>;
export type Provider = Static<typeof providerSchema>;
export type Receiver = Static<typeof receiverSchema>;
