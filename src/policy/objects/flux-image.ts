import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { accessFrom, localReference, reference } from './flux.ts';
import { identity, openObject, optional } from './shape.ts';

/** Image automation: https://fluxcd.io/flux/components/image/. Each schema holds for all served versions. */

/** ImageRepository, image.toolkit.fluxcd.io. */
export const imageRepositorySchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      image: optional(Type.String()),
      insecure: optional(Type.Boolean()),
      provider: optional(Type.String()),
      serviceAccountName: optional(Type.String()),
      secretRef: localReference,
      suspend: optional(Type.Boolean()),
      accessFrom,
    }),
  ),
});

/** ImagePolicy, image.toolkit.fluxcd.io. */
export const imagePolicySchema = openObject({
  ...identity,
  spec: optional(openObject({ imageRepositoryRef: optional(reference), suspend: optional(Type.Boolean()) })),
});

/** ImageUpdateAutomation, image.toolkit.fluxcd.io. */
export const imageUpdateAutomationSchema = openObject({
  ...identity,
  spec: optional(openObject({ sourceRef: optional(reference), suspend: optional(Type.Boolean()) })),
});

export type ImageRepository = Static<typeof imageRepositorySchema>;
export type ImagePolicy = Static<typeof imagePolicySchema>;
export type ImageUpdateAutomation = Static<typeof imageUpdateAutomationSchema>;
