import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { openObject, optional } from './shape.ts';

/**
 * What the Pod Security Standards judge beside names: the security contexts of pod and container, handlers, volumes.
 * API: SecurityContext, PodSecurityContext, Probe, Lifecycle and Volume, core/v1.
 */
const profile = openObject({ type: optional(Type.String()) });

const seLinuxOptions = openObject({
  type: optional(Type.String()),
  user: optional(Type.String()),
  role: optional(Type.String()),
});

/** Fields that a pod sets for all its containers, and a container for itself. */
const shared = {
  runAsNonRoot: optional(Type.Boolean()),
  runAsUser: optional(Type.Integer()),
  seLinuxOptions: optional(seLinuxOptions),
  seccompProfile: optional(profile),
  appArmorProfile: optional(profile),
  windowsOptions: optional(openObject({ hostProcess: optional(Type.Boolean()) })),
};

export const podSecurityContext = openObject({
  ...shared,
  sysctls: optional(Type.Array(openObject({ name: Type.String() }))),
});

export const containerSecurityContext = openObject({
  ...shared,
  privileged: optional(Type.Boolean()),
  allowPrivilegeEscalation: optional(Type.Boolean()),
  procMount: optional(Type.String()),
  capabilities: optional(
    openObject({ add: optional(Type.Array(Type.String())), drop: optional(Type.Array(Type.String())) }),
  ),
});

const connection = openObject({ host: optional(Type.String()) });

/** A probe or a lifecycle handler. */
export const handler = openObject({ httpGet: optional(connection), tcpSocket: optional(connection) });

const projectedSource = openObject({
  serviceAccountToken: optional(openObject({ audience: optional(Type.String()) })),
});

/** A volume. Its source is the member beside the name; rules that need no more of a source ask whether it is there. */
export const volume = openObject({
  name: optional(Type.String()),
  projected: optional(openObject({ sources: optional(Type.Array(projectedSource)) })),
});

export type SharedSecurityContext = Pick<Static<typeof podSecurityContext>, keyof typeof shared>;
export type ContainerSecurityContext = Static<typeof containerSecurityContext>;
export type Handler = Static<typeof handler>;
export type Volume = Static<typeof volume>;
