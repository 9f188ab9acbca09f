import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { localReference } from './flux.ts';
import { identity, openObject, optional, stringMap } from './shape.ts';

/** Kinds of the Flux Operator: https://fluxoperator.dev/docs/crd/. */

/** Any object, and unlike in Flux an absent namespace does not mean the referring object's own. */
const dependency = openObject({
  apiVersion: optional(Type.String()),
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
});

/** Objects to apply: templates, so nothing about them is certain, not even their shape. */
const resources = optional(Type.Array(Type.Unknown()));

/** ResourceSet, fluxcd.controlplane.io. */
export const resourceSetSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      serviceAccountName: optional(Type.String()),
      dependsOn: optional(Type.Array(dependency)),
      commonMetadata: optional(openObject({ annotations: optional(stringMap) })),
      resources,
      steps: optional(Type.Array(openObject({ resources }))),
    }),
  ),
});

/** ResourceSetInputProvider, fluxcd.controlplane.io. */
export const resourceSetInputProviderSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      type: optional(Type.String()),
      url: optional(Type.String()),
      insecure: optional(Type.Boolean()),
      serviceAccountName: optional(Type.String()),
      secretRef: localReference,
      selectors: optional(Type.Array(openObject({ namespace: optional(Type.String()) }))),
    }),
  ),
});

/** FluxInstance, fluxcd.controlplane.io: rules ask only whether it is there. */
export const fluxInstanceSchema = openObject({ ...identity });

export type ResourceSet = Static<typeof resourceSetSchema>;
export type ResourceSetInputProvider = Static<typeof resourceSetInputProviderSchema>;
export type FluxInstance = Static<typeof fluxInstanceSchema>;
