import { Type } from '../../../algebra/schema.ts';
import { principalOf } from '../../../tenancy/principal.ts';
import { displayOwner } from '../../display-owner.ts';
import { foreignOwner } from '../../foreign-owner.ts';
import type { RbacSubject } from '../../objects/rbac.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import { actsForPlatform } from '../../subject.ts';

const allowedSubject = Type.Object(
  {
    kind: Type.Enum(['User', 'Group', 'ServiceAccount']),
    name: Type.String({ minLength: 1 }),
    namespace: Type.Optional(Type.String({ minLength: 1 })),
    tenants: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  },
  { additionalProperties: false },
);

interface AllowedSubject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
  readonly tenants?: readonly string[];
}

type Context = RuleContext<{ readonly allowedSubjects: readonly AllowedSubject[] }>;

/** Everybody, or every service account: groups that hold all tenants, and more. */
const everybody: ReadonlyMap<string, string> = new Map([
  ['system:authenticated', 'is everybody who can log in, of all tenants'],
  ['system:unauthenticated', 'is everybody who does not log in'],
  ['system:serviceaccounts', 'is every service account of the cluster, of all tenants'],
]);

const fix = 'Name a service account of the tenant’s own namespaces, or have the platform approve the subject.';

export const ownTenantSubjects = defineCheckRule({
  id: 'access/own-tenant-subjects',
  title: 'Bindings of tenants name subjects of their own tenant only',
  severity: 'critical',
  rationale:
    'Who is bound gets in. A service account of another tenant, or a group that holds every account of the cluster, is another tenant inside this one; a user or group of the identity provider may be anybody’s. Kubernetes’ escalation check asks what is granted, never to whom: this rule asks that. Subjects of the platform are let in, since the platform is in already.',
  remediation:
    'Bind service accounts of the tenant’s own namespaces. Users and groups of people are approved in the rule’s params, each for its tenants.',
  kinds: ['RoleBinding', 'ClusterRoleBinding'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      allowedSubjects: Type.Array(allowedSubject, {
        default: [],
        description:
          'Subjects that tenants may bind beyond their own service accounts: kind (`User`, `Group` or `ServiceAccount`), name, for a service account its namespace, and the tenants that may bind it; without `tenants` all may.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects',
    'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#hardening',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    if (actsForPlatform(subject.principal)) return;
    const { subjects, roleRef } = subject.object;
    for (const [index, one] of (subjects ?? []).entries()) {
      if (isAllowed(one, namespaceOf(subject), context)) continue;
      const violation = judge(one, `subjects[${index}]`, namespaceOf(subject), context);
      if (violation !== undefined) yield { ...violation, basis: roleRef };
    }
  },
});

function isAllowed(one: RbacSubject, home: string, { params, owner }: Context): boolean {
  const namespace = emptyAsAbsent(one.namespace) ?? home;
  return params.allowedSubjects.some(
    (allowed) =>
      allowed.kind === one.kind &&
      allowed.name === one.name &&
      (allowed.kind !== 'ServiceAccount' || allowed.namespace === namespace) &&
      (allowed.tenants === undefined || (owner?.kind === 'tenant' && allowed.tenants.includes(owner.tenant))),
  );
}

function judge(one: RbacSubject, field: string, home: string, context: Context): Violation | undefined {
  const name = one.name ?? '';
  switch (one.kind) {
    case 'ServiceAccount': {
      // Within a RoleBinding an absent namespace is the binding's own.
      const namespace = emptyAsAbsent(one.namespace) ?? home;
      if (context.tenancy.platformUsers.has(`system:serviceaccount:${namespace}:${name}`)) return undefined;
      return judgeAccounts(namespace, `${field}.namespace`, home, context);
    }
    case 'Group':
      return judgeGroup(name, `${field}.name`, home, context);
    case 'User':
      return judgeUser(name, `${field}.name`, home, context);
    default:
      return { field: `${field}.kind`, message: `${JSON.stringify(one.kind ?? '')} is no kind of subject`, fix };
  }
}

function emptyAsAbsent(text: string | null | undefined): string | undefined {
  return text === null || text === '' ? undefined : text;
}

function judgeGroup(name: string, field: string, home: string, context: Context): Violation | undefined {
  const known = everybody.get(name);
  if (known !== undefined) return { field, message: `${JSON.stringify(name)} ${known}`, fix };
  if (context.tenancy.platformGroups.has(name)) return undefined;
  const prefix = 'system:serviceaccounts:';
  if (name.startsWith(prefix)) return judgeAccounts(name.slice(prefix.length), field, home, context);
  return { field, message: `group ${JSON.stringify(name)} is not known to be the tenant’s`, fix };
}

function judgeUser(name: string, field: string, home: string, context: Context): Violation | undefined {
  if (name === 'system:anonymous') {
    return { field, message: `${JSON.stringify(name)} is everybody who does not log in`, fix };
  }
  const principal = principalOf(context.tenancy, { username: name, groups: [] });
  if (principal.kind === 'platform') return undefined;
  const namespace = principal.kind === 'tenant' ? principal.serviceAccountNamespace : undefined;
  if (namespace !== undefined) return judgeAccounts(namespace, field, home, context);
  return { field, message: `user ${JSON.stringify(name)} is not known to be the tenant’s`, fix };
}

/** Service accounts of a namespace: the binding's own, one of the same tenant, or the platform's. */
function judgeAccounts(namespace: string, field: string, home: string, context: Context): Violation | undefined {
  const other = foreignOwner(namespace, home, context);
  const name = JSON.stringify(namespace);
  if (other === undefined) return undefined;
  if (other === 'missing') {
    return { field, message: `namespace ${name} does not exist; whoever creates it would be bound`, fix };
  }
  if (other.kind === 'platform') return undefined;
  return {
    field,
    message: `service accounts of namespace ${name}, which ${displayOwner(other)}, would be let in`,
    fix,
  };
}
