import type { Decision, JudgedViolation } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { Facts } from '../policy/facts.ts';
import type { JudgedObject } from '../policy/objects/kinds.ts';
import type { Pod } from '../policy/objects/pod.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Subject } from '../policy/subject.ts';
import type { Principal } from '../tenancy/principal.ts';
import type { StoredObject } from './stored-object.ts';

/** Who wrote a stored object is not stored: some tenant, of whom nothing else is known, or the platform. */
const someTenant: Principal = { kind: 'tenant', username: '', serviceAccountNamespace: undefined };
const platform: Principal = { kind: 'platform' };

/** A violation, and in whose writing it is one. */
export interface StoredViolation {
  readonly violation: JudgedViolation;
  readonly writer: 'any' | 'tenant';
}

export interface StoredJudgement {
  readonly violations: readonly StoredViolation[];
  /** As a tenant's, which is judged by at least as much. */
  readonly decision: Decision;
}

const nothing: readonly StoredViolation[] = [];

/** The subject that a stored object is: as if it were made now. */
export function subjectOf(stored: StoredObject, object: JudgedObject): Subject {
  const { kind, apiVersion, namespace, name } = stored;
  const made = kind === 'Pod' ? beforeBinding(object as Pod) : object;
  return {
    kind,
    apiVersion,
    operation: 'CREATE',
    namespace,
    name,
    object: made,
    old: undefined,
    principal: someTenant,
  };
}

/**
 * A stored Pod has a node, by the scheduler's binding or by its author; which of the two is not stored. Nearly always it was
 * the scheduler, so it is judged as it was before.
 */
function beforeBinding(pod: Pod): Pod {
  return typeof pod.spec?.nodeName === 'string' ? { ...pod, spec: { ...pod.spec, nodeName: null } } : pod;
}

/**
 * Judges a stored object as if a tenant made it now, and where that finds something, as if the platform did. No rule asks
 * more of the platform than of tenants; a test holds it for every kind.
 */
export function judgeStored(subject: Subject, set: PolicySet, facts: Facts): StoredJudgement {
  const decision = evaluate(subject, set, facts);
  if (decision.violations.length === 0) return { violations: nothing, decision };
  const others = evaluate({ ...subject, principal: platform }, set, facts);
  const ofAny = new Set(others.violations.map(identityOf));
  const violations = decision.violations.map((violation): StoredViolation => {
    return { violation, writer: ofAny.has(identityOf(violation)) ? 'any' : 'tenant' };
  });
  return { violations, decision };
}

function identityOf({ rule, field, message }: JudgedViolation): string {
  return JSON.stringify([rule, field, message]);
}
