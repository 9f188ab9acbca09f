import type { Static } from 'typebox';

import { Type } from '../algebra/schema.ts';
import { openObject, optional } from '../policy/objects/shape.ts';

const groupVersionKind = openObject({ group: Type.String(), version: Type.String(), kind: Type.String() });
const groupVersionResource = openObject({ group: Type.String(), version: Type.String(), resource: Type.String() });

/** AdmissionRequest, admission.k8s.io/v1. The objects inside stay unknown until their kind is. */
const admissionRequest = openObject({
  uid: Type.String({ minLength: 1, maxLength: 256 }),
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
  operation: Type.Enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  userInfo: openObject({ username: optional(Type.String()), groups: optional(Type.Array(Type.String())) }),
  object: Type.Optional(Type.Unknown()),
  oldObject: Type.Optional(Type.Unknown()),
  dryRun: optional(Type.Boolean()),
});

/** https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request */
export const admissionReview = openObject({
  apiVersion: Type.Literal('admission.k8s.io/v1'),
  kind: Type.Literal('AdmissionReview'),
  request: admissionRequest,
});

export type AdmissionRequest = Static<typeof admissionRequest>;
