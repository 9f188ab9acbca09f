import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { accessFrom, localReference, reference } from './flux.ts';
import { identity, openObject, optional } from './shape.ts';

/** What Flux fetches, and as whom: https://fluxcd.io/flux/components/source/. Each schema holds for all served versions. */

/** Fields of sources that may authenticate to a cloud. */
const authenticated = {
  provider: optional(Type.String()),
  serviceAccountName: optional(Type.String()),
  secretRef: localReference,
  suspend: optional(Type.Boolean()),
};

/** GitRepository, source.toolkit.fluxcd.io. */
export const gitRepositorySchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      ...authenticated,
      url: optional(Type.String()),
      include: optional(Type.Array(openObject({ repository: optional(reference) }))),
      accessFrom,
    }),
  ),
});

/** OCIRepository, source.toolkit.fluxcd.io. */
export const ociRepositorySchema = openObject({
  ...identity,
  spec: optional(openObject({ ...authenticated, url: optional(Type.String()), insecure: optional(Type.Boolean()) })),
});

/** Bucket, source.toolkit.fluxcd.io. */
export const bucketSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      ...authenticated,
      endpoint: optional(Type.String()),
      insecure: optional(Type.Boolean()),
      sts: optional(openObject({ endpoint: optional(Type.String()) })),
      accessFrom,
    }),
  ),
});

/** HelmRepository, source.toolkit.fluxcd.io. It has no service account of its own. */
export const helmRepositorySchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      provider: optional(Type.String()),
      secretRef: localReference,
      suspend: optional(Type.Boolean()),
      url: optional(Type.String()),
      insecure: optional(Type.Boolean()),
      accessFrom,
    }),
  ),
});

/** HelmChart, source.toolkit.fluxcd.io. */
export const helmChartSchema = openObject({
  ...identity,
  spec: optional(openObject({ sourceRef: optional(reference), suspend: optional(Type.Boolean()), accessFrom })),
});

/** ExternalArtifact, source.toolkit.fluxcd.io. */
export const externalArtifactSchema = openObject({
  ...identity,
  spec: optional(openObject({ sourceRef: optional(reference), suspend: optional(Type.Boolean()) })),
});

/** ArtifactGenerator, source.extensions.fluxcd.io. */
export const artifactGeneratorSchema = openObject({
  ...identity,
  spec: optional(openObject({ sources: optional(Type.Array(reference)), suspend: optional(Type.Boolean()) })),
});

export type GitRepository = Static<typeof gitRepositorySchema>;
export type OciRepository = Static<typeof ociRepositorySchema>;
export type Bucket = Static<typeof bucketSchema>;
export type HelmRepository = Static<typeof helmRepositorySchema>;
export type HelmChart = Static<typeof helmChartSchema>;
export type ExternalArtifact = Static<typeof externalArtifactSchema>;
export type ArtifactGenerator = Static<typeof artifactGeneratorSchema>;
