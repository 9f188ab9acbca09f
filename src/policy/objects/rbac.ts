import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { identity, openObject, optional } from './shape.ts';

/** API group of the kinds here. */
export const rbacGroup = 'rbac.authorization.k8s.io';

const strings = optional(Type.Array(Type.String()));

/** One rule of a Role: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/ */
const policyRule = openObject({
  verbs: strings,
  apiGroups: strings,
  resources: strings,
  resourceNames: strings,
  nonResourceURLs: strings,
});

const subject = openObject({
  kind: optional(Type.String()),
  name: optional(Type.String()),
  namespace: optional(Type.String()),
});

/** Role, rbac.authorization.k8s.io/v1. */
export const roleSchema = openObject({ ...identity, rules: optional(Type.Array(policyRule)) });

/** ClusterRole, rbac.authorization.k8s.io/v1. */
export const clusterRoleSchema = openObject({
  ...identity,
  rules: optional(Type.Array(policyRule)),
  aggregationRule: Type.Optional(Type.Unknown()),
});

/** RoleBinding and ClusterRoleBinding, rbac.authorization.k8s.io/v1. */
export const roleBindingSchema = openObject({
  ...identity,
  subjects: optional(Type.Array(subject)),
  roleRef: optional(openObject({ kind: optional(Type.String()), name: optional(Type.String()) })),
});

export type PolicyRule = Static<typeof policyRule>;
export type RbacSubject = Static<typeof subject>;
export type Role = Static<typeof roleSchema>;
export type ClusterRole = Static<typeof clusterRoleSchema>;
export type RoleBinding = Static<typeof roleBindingSchema>;
