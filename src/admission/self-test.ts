import { evaluate } from '../policy/evaluate.ts';
import type { Facts } from '../policy/facts.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { confinedPeers } from '../policy/rules/network/confined-peers.ts';
import type { Subject } from '../policy/subject.ts';

const namespace = 'tenantgate-self-test';

const facts: Facts = {
  today: '2000-01-01',
  namespace: (name) => (name === namespace ? { name, labels: {} } : 'missing'),
  networkPoliciesOf: () => [],
  podsOf: () => [],
  podTemplatesOf: () => [],
  resourceQuotasOf: () => [],
  limitRangesOf: () => [],
};

/**
 * Judges a small object of every kind with the set in force, and proves one denial: a server that cannot refuse must not
 * call itself ready. Also compiles every schema, so that the first real request finds them. Returns what is wrong, or
 * undefined.
 */
export function selfTest(set: PolicySet, read: ObjectReader): string | undefined {
  try {
    for (const kind of set.checks.keys()) {
      const subject = subjectOf(kind, {}, read);
      if (subject === undefined) return `a plain ${kind} cannot be read`;
      evaluate(subject, set, facts);
    }
    return provesDenial(set, read) ? undefined : 'a NetworkPolicy that lets everybody in was not refused';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function provesDenial(set: PolicySet, read: ObjectReader): boolean {
  const subject = subjectOf(
    'NetworkPolicy',
    { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] },
    read,
  );
  if (subject === undefined) return false;
  const noNeed = (): void => undefined;
  const context = {
    params: {},
    tenancy: set.tenancy,
    facts,
    owner: { kind: 'unmanaged' } as const,
    ownerNeeded: noNeed,
  };
  return [...confinedPeers.check(subject, context)].length === 1;
}

function subjectOf(kind: Kind, spec: object, read: ObjectReader): Subject | undefined {
  const { group, namespaced } = kinds[kind];
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const object = read(kind, { apiVersion, kind, metadata: { name: namespace, namespace }, spec });
  if (!object.ok) return undefined;
  return {
    kind,
    apiVersion,
    operation: 'CREATE',
    namespace: namespaced ? namespace : undefined,
    name: namespace,
    object: object.value,
    old: undefined,
    principal: { kind: 'unknown' },
  };
}
