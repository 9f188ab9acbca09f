import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { containerSecurityContext, handler, podSecurityContext, volume } from './pod-security-context.ts';
import { identity, metadata, openObject, optional } from './shape.ts';

/** The part of a container that rules read; init, regular and ephemeral containers share it. */
const container = openObject({
  name: Type.String(),
  image: optional(Type.String()),
  ports: optional(Type.Array(openObject({ hostPort: optional(Type.Integer()) }))),
  securityContext: optional(containerSecurityContext),
  livenessProbe: optional(handler),
  readinessProbe: optional(handler),
  startupProbe: optional(handler),
  lifecycle: optional(openObject({ postStart: optional(handler), preStop: optional(handler) })),
});

const toleration = openObject({
  key: optional(Type.String()),
  operator: optional(Type.String()),
  effect: optional(Type.String()),
});

const podSpecSchema = openObject({
  hostNetwork: optional(Type.Boolean()),
  hostPID: optional(Type.Boolean()),
  hostIPC: optional(Type.Boolean()),
  hostUsers: optional(Type.Boolean()),
  os: optional(openObject({ name: optional(Type.String()) })),
  serviceAccountName: optional(Type.String()),
  // The deprecated name of the same field.
  serviceAccount: optional(Type.String()),
  nodeName: optional(Type.String()),
  tolerations: optional(Type.Array(toleration)),
  priorityClassName: optional(Type.String()),
  priority: optional(Type.Integer()),
  securityContext: optional(podSecurityContext),
  volumes: optional(Type.Array(volume)),
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
export type Toleration = Static<typeof toleration>;
export type PodSpec = Static<typeof podSpecSchema>;
export type Pod = Static<typeof podSchema>;
export type Workload = Static<typeof workloadSchema>;
export type PodTemplate = Static<typeof podTemplateSchema>;
export type CronJob = Static<typeof cronJobSchema>;
