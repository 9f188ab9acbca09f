import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, metadata, openObject, optional } from './shape.ts';

/** The part of a container that rules read; init, regular and ephemeral containers share it. */
const container = openObject({
  name: Type.String(),
});

const podSpecSchema = openObject({
  hostNetwork: optional(Type.Boolean()),
  serviceAccountName: optional(Type.String()),
  initContainers: optional(Type.Array(container)),
  containers: optional(Type.Array(container)),
  ephemeralContainers: optional(Type.Array(container)),
});

const podTemplateSpec = openObject({
  metadata: optional(metadata),
  spec: optional(podSpecSchema),
});

/** Pod, core/v1. */
export const podSchema = openObject({ ...identity, spec: optional(podSpecSchema) });

/** ReplicationController, Deployment, ReplicaSet, StatefulSet, DaemonSet and Job keep their template at `spec.template`. */
export const workloadSchema = openObject({
  ...identity,
  spec: optional(openObject({ template: optional(podTemplateSpec) })),
});

/** PodTemplate, core/v1, keeps it at `template`. */
export const podTemplateSchema = openObject({ ...identity, template: optional(podTemplateSpec) });

/** CronJob, batch/v1, keeps it at `spec.jobTemplate.spec.template`. */
export const cronJobSchema = openObject({
  ...identity,
  spec: optional(
    openObject({
      jobTemplate: optional(openObject({ spec: optional(openObject({ template: optional(podTemplateSpec) })) })),
    }),
  ),
});

export type Container = Static<typeof container>;
export type PodSpec = Static<typeof podSpecSchema>;
export type Pod = Static<typeof podSchema>;
export type Workload = Static<typeof workloadSchema>;
export type PodTemplate = Static<typeof podTemplateSchema>;
export type CronJob = Static<typeof cronJobSchema>;
