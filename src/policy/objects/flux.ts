import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { isSameBut } from '../same-content.ts';
import { identity, openObject, optional } from './shape.ts';

/** A reference to another Flux object; an absent namespace means the referring object's own. */
const reference = openObject({
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
});

const kubeConfig = openObject({
  secretRef: optional(openObject({ name: optional(Type.String()) })),
  configMapRef: optional(openObject({ name: optional(Type.String()) })),
});

/** Fields that both kinds share: https://fluxcd.io/flux/components/kustomize/kustomizations/ and .../helm/helmreleases/. */
const reconciled = {
  serviceAccountName: optional(Type.String()),
  kubeConfig: optional(kubeConfig),
  suspend: optional(Type.Boolean()),
  dependsOn: optional(Type.Array(reference)),
};

/** Kustomization, kustomize.toolkit.fluxcd.io, all served versions. */
export const kustomizationSchema = openObject({
  ...identity,
  spec: optional(
    openObject({ ...reconciled, sourceRef: optional(reference), healthChecks: optional(Type.Array(reference)) }),
  ),
});

/** HelmRelease, helm.toolkit.fluxcd.io, all served versions. */
export const helmReleaseSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      ...reconciled,
      chart: optional(openObject({ spec: optional(openObject({ sourceRef: optional(reference) })) })),
      chartRef: optional(reference),
    }),
  ),
});

/** Fields of a spec that say when Flux works, and not what it applies, from where, or as whom. */
const schedule = ['interval', 'retryInterval', 'timeout', 'suspend'];

/** Whether Flux does the same for both, or less: what was suspended did nothing. */
export function doesNoMore(now: Kustomization | HelmRelease, before: Kustomization | HelmRelease): boolean {
  const [spec, old] = [now.spec ?? {}, before.spec ?? {}];
  const isResumed = old.suspend === true && spec.suspend !== true;
  return !isResumed && isSameBut(spec, old, schedule);
}

export type FluxReference = Static<typeof reference>;
export type Kustomization = Static<typeof kustomizationSchema>;
export type HelmRelease = Static<typeof helmReleaseSchema>;
