import type { Test } from 'tap';

import { kinds } from '../../src/policy/objects/kinds.ts';
import { kindOfManifest } from '../support/judge.ts';
import { minimalNetworkPolicy, minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import type { HttpAnswer } from './tenantgate-process.ts';

/** The AdmissionRequest of a tenant who creates the object; other fields of the request can be given. */
export function requestFor(object: Manifest, rest: Manifest = {}): Manifest {
  const kind = kindOfManifest(object);
  const { group, resource, kind: wireKind = kind } = kinds[kind];
  const version = String(object['apiVersion']).split('/').at(-1);
  return {
    uid: 'e2e-1',
    kind: { group, version, kind: wireKind },
    resource: { group, version, resource },
    name: 'web',
    namespace: 'acme-dev',
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: ['system:authenticated'] },
    object,
    oldObject: null,
    dryRun: false,
    ...rest,
  };
}

/** The AdmissionReview around a request, as text. */
export function reviewWith(request: unknown): string {
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}

/** The AdmissionReview of {@link requestFor}, as text. */
export function reviewFor(object: Manifest, rest: Manifest = {}): string {
  return reviewWith(requestFor(object, rest));
}

/** A request that every shipped rule admits. */
export const goodReview = reviewFor(minimalPod());

/** A Pod that is refused. */
export const hostNetworkPod = tweak(minimalPod(), 'spec.hostNetwork', true);

/** A NetworkPolicy that lets these peers in. */
export function policyFrom(peers: unknown, ports?: unknown): Manifest {
  const rule = ports === undefined ? { from: peers } : { from: peers, ports };
  return tweak(minimalNetworkPolicy(), 'spec.ingress', [rule]);
}

export interface ReviewAnswer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
    readonly warnings?: readonly string[];
    readonly auditAnnotations: Readonly<Record<string, string>>;
  };
}

/** The AdmissionReview that an answer is. */
export function reviewOf(answer: HttpAnswer): ReviewAnswer {
  return JSON.parse(answer.body) as ReviewAnswer;
}

/** An answer that the API server understands: HTTP 200, the uid that was sent, refused with 403. */
export function isRefusal(t: Test, answer: HttpAnswer, uid: string, message: string, what: string): void {
  t.equal(answer.status, 200, what);
  const { apiVersion, kind, response } = reviewOf(answer);
  t.strictSame([apiVersion, kind], ['admission.k8s.io/v1', 'AdmissionReview'], what);
  t.strictSame([response.uid, response.allowed, response.status?.code], [uid, false, 403], what);
  t.equal(response.status?.reason, 'Forbidden', what);
  t.ok(response.status?.message.includes(message), `${what}: ${response.status?.message ?? ''} names ${message}`);
  t.equal(response.auditAnnotations['decision'], 'undecided', what);
}
