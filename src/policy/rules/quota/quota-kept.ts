import { readQuantity } from '../../../algebra/quantity.ts';
import { Type } from '../../../algebra/schema.ts';
import { display } from '../../display.ts';
import type { ObjectByKind } from '../../objects/kinds.ts';
import { ownersBeyond } from '../../objects/owner-references.ts';
import { boundsOfLimitRange, boundsOfQuota, type QuotaBound } from '../../objects/quota-bounds.ts';
import type { LimitRange, ResourceQuota } from '../../objects/quota.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { hasSameStatus, isSame } from '../../same-content.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

type QuotaKind = 'ResourceQuota' | 'LimitRange';

const fix = 'Leave it as it was, and ask the platform for more.';

export const quotaKept = defineCheckRule({
  id: 'quota/quota-kept',
  title: 'Tenants do not lift what bounds them',
  severity: 'high',
  rationale:
    'Quotas and limit ranges keep one tenant from taking the cluster from the others. A tenant that may write them, as with a RoleBinding to cluster-admin, could delete or raise them, or write the status of a quota, by which the API server admits pods. Quantities are compared exactly, however they are written and however large they are.',
  remediation: 'Ask the platform to change the quota. Tenants may add bounds and make them tighter.',
  kinds: ['ResourceQuota', 'LimitRange'],
  operations: ['UPDATE', 'DELETE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
    'https://kubernetes.io/docs/concepts/policy/limit-range/',
    'https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/',
  ],
  since: '0.1.0',
  judges: 'change',
  *check(subject) {
    if (subject.principal.kind !== 'tenant' || subject.old === undefined) return;
    if (subject.operation === 'DELETE') yield* judgeDeletion(subject, subject.old);
    else yield* judgeUpdate(subject, subject.old);
  },
});

function boundsOf({ kind }: Subject<QuotaKind>, object: ObjectByKind[QuotaKind]): readonly QuotaBound[] {
  return kind === 'ResourceQuota' ? boundsOfQuota(object as ResourceQuota) : boundsOfLimitRange(object as LimitRange);
}

function* judgeDeletion(subject: Subject<QuotaKind>, old: ObjectByKind[QuotaKind]): Iterable<Violation> {
  const keys = boundsOf(subject, old).map(({ key }) => key);
  if (keys.length === 0) return;
  yield {
    field: 'metadata.name',
    message: `deleting the ${subject.kind} takes away what bounds namespace ${JSON.stringify(namespaceOf(subject))}: ${display(keys.sort())}`,
    fix,
  };
}

function* judgeUpdate(subject: Subject<QuotaKind>, old: ObjectByKind[QuotaKind]): Iterable<Violation> {
  const { object, kind } = subject;
  // Where a key stands twice, which the API server refuses, one of them would seem to have become the other.
  const isSameSpec = isSame(object.spec, old.spec);
  const now = new Map(boundsOf(subject, object).map((bound) => [bound.key, bound]));
  for (const before of isSameSpec ? [] : boundsOf(subject, old)) {
    const violation = judgeBound(before, now.get(before.key));
    if (violation !== undefined) yield violation;
  }
  if (ownersBeyond(object, old).length > 0) {
    yield {
      field: 'metadata.ownerReferences',
      message: `gives the ${kind} an owner, with which the garbage collector deletes it`,
      fix,
    };
  }
  if (kind === 'ResourceQuota') yield* judgeQuota(object as ResourceQuota, old as ResourceQuota);
}

/** What a quota counts, and the status by which the API server admits. */
function* judgeQuota(now: ResourceQuota, before: ResourceQuota): Iterable<Violation> {
  if (!isSame(scopesOf(now), scopesOf(before))) {
    yield {
      field: 'spec.scopes',
      message: `${display(scopesOf(now))} bounds other pods than ${display(scopesOf(before))} did`,
      fix,
    };
  }
  if (!hasSameStatus(now, before)) {
    yield {
      field: 'status',
      message: 'is written by a tenant, but pods are admitted by the numbers in it; only the quota controller counts',
      fix,
    };
  }
}

function scopesOf({ spec }: ResourceQuota): readonly unknown[] {
  return [...[...(spec?.scopes ?? [])].sort(), ...(spec?.scopeSelector ? [spec.scopeSelector] : [])];
}

function judgeBound(before: QuotaBound, now: QuotaBound | undefined): Violation | undefined {
  const { field, key, quantity, kind } = before;
  if (now === undefined)
    return { field, message: `takes away the bound on ${key}, which was ${display(quantity)}`, fix };
  if (kind === 'some' || isSame(now.quantity, quantity)) return undefined;
  const [was, is] = [readQuantity(quantity), readQuantity(now.quantity)];
  if (!is.ok) return { field: now.field, message: is.message, fix };
  // What cannot be read bounded nothing that could be told, so it may be replaced by anything that can.
  if (!was.ok || (kind === 'most' ? is.value <= was.value : is.value >= was.value)) return undefined;
  const verb = kind === 'most' ? 'raises' : 'lowers';
  return { field: now.field, message: `${verb} ${key} from ${display(quantity)} to ${display(now.quantity)}`, fix };
}
