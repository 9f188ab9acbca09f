import type { Static } from 'typebox';

import { ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { Type } from '../../algebra/schema.ts';
import { isSameBut } from '../same-content.ts';
import { identity, openObject, optional, stringMap } from './shape.ts';

/** A reference to another Flux object; an absent namespace means the referring object's own. */
export const reference = openObject({
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
});

/** A reference to a Secret or ConfigMap of the object's own namespace; rules ask only whether it is there. */
export const localReference = optional(openObject({ name: optional(Type.String()) }));

/** Which other namespaces may use the object, by their labels: https://fluxcd.io/flux/components/image/imagerepositories/#access-from. */
export const accessFrom = optional(
  openObject({ namespaceSelectors: optional(Type.Array(openObject({ matchLabels: optional(stringMap) }))) }),
);

const kubeConfig = openObject({ secretRef: localReference, configMapRef: localReference });

/** Fields that both kinds share: https://fluxcd.io/flux/components/kustomize/kustomizations/ and .../helm/helmreleases/. */
const reconciled = {
  serviceAccountName: optional(Type.String()),
  kubeConfig: optional(kubeConfig),
  suspend: optional(Type.Boolean()),
  dependsOn: optional(Type.Array(reference)),
  targetNamespace: optional(Type.String()),
};

/** Kustomization, kustomize.toolkit.fluxcd.io, all served versions. */
export const kustomizationSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      ...reconciled,
      sourceRef: optional(reference),
      healthChecks: optional(Type.Array(reference)),
      components: optional(Type.Array(Type.String())),
      decryption: optional(openObject({ secretRef: localReference, serviceAccountName: optional(Type.String()) })),
    }),
  ),
});

/** HelmRelease, helm.toolkit.fluxcd.io, all served versions. */
export const helmReleaseSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      ...reconciled,
      chart: optional(
        openObject({
          metadata: optional(openObject({ labels: optional(stringMap), annotations: optional(stringMap) })),
          spec: optional(openObject({ sourceRef: optional(reference) })),
        }),
      ),
      chartRef: optional(reference),
      storageNamespace: optional(Type.String()),
      install: optional(openObject({ createNamespace: optional(Type.Boolean()) })),
    }),
  ),
});

/** Fields of a spec that say when Flux works, and not what it applies, from where, or as whom. */
const schedule = ['interval', 'retryInterval', 'timeout', 'suspend'];

/** A Flux object, as far as all kinds are alike. */
interface Reconciled {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null } | null;
  readonly spec?: object | null;
}

/** Whether Flux does the same for both, or less: what was suspended did nothing. */
export function doesNoMore(now: Reconciled, before: Reconciled): boolean {
  const isResumed = isSuspended(before) && !isSuspended(now);
  return !isResumed && isSameBut(now.spec ?? {}, before.spec ?? {}, schedule);
}

/** Flux suspends by a field, its operator by an annotation. */
function isSuspended({ metadata, spec }: Reconciled): boolean {
  const annotations = metadata?.annotations ?? {};
  return (
    ownMember((spec ?? {}) as JsonObject, 'suspend') === true ||
    ownMember(annotations, 'fluxcd.controlplane.io/reconcile') === 'disabled'
  );
}

export type Kustomization = Static<typeof kustomizationSchema>;
export type HelmRelease = Static<typeof helmReleaseSchema>;
