import { createAdmissionService, type AdmissionDependencies } from '../../src/admission/admission-service.ts';
import type { FactReader, NamespaceIndex } from '../../src/admission/fact-ports.ts';
import type { Answer, CallBounds } from '../../src/admission/ports.ts';
import type { DecisionRecord, LogFields } from '../../src/admission/telemetry-ports.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { factsOf, type World } from './facts.ts';
import { kindOfManifest } from './judge.ts';
import type { Manifest } from './minimal-objects.ts';
import { shippedPolicySet } from './shipped-policies.ts';

/** What the fakes of one service saw. */
export interface Seen {
  readonly decisions: DecisionRecord[];
  readonly faults: string[];
  readonly logged: { readonly message: string; readonly fields: LogFields; readonly cause: unknown }[];
}

/** An index over a test's world. */
export function indexOf(world?: World): NamespaceIndex {
  const facts = factsOf(world);
  return { size: 0, get: (name) => facts.namespace(name), all: () => facts.namespaces?.() };
}

/** A reader that knows nothing; tests replace what they need. */
export const failingReader: FactReader = {
  readNamespace: () => Promise.reject(new Error('no API server')),
  listNetworkPolicies: () => Promise.reject(new Error('no API server')),
  listResourceQuotas: () => Promise.reject(new Error('no API server')),
  listLimitRanges: () => Promise.reject(new Error('no API server')),
  listPods: () => Promise.reject(new Error('no API server')),
  listPodTemplates: () => Promise.reject(new Error('no API server')),
};

/** A reader over a test's world. */
export function readerOf(world: World): FactReader {
  const facts = factsOf(world);
  function known<T>(answer: T | undefined): Promise<T> {
    return answer === undefined ? Promise.reject(new Error('not to be had')) : Promise.resolve(answer);
  }
  return {
    readNamespace: (name) => known(facts.namespace(name)),
    listNetworkPolicies: (namespace) => known(facts.networkPoliciesOf(namespace)),
    listResourceQuotas: (namespace) => known(facts.resourceQuotasOf(namespace)),
    listLimitRanges: (namespace) => known(facts.limitRangesOf(namespace)),
    listPods: (namespace) => known(facts.podsOf(namespace)),
    listPodTemplates: (namespace) => known(facts.podTemplatesOf(namespace)),
  };
}

/** A service of the shipped policies over two tenants, and what its fakes saw. */
export function createTestAdmission(given: Partial<AdmissionDependencies> = {}) {
  const set = shippedPolicySet();
  const seen: Seen = { decisions: [], faults: [], logged: [] };
  const note = (message: string, fields: LogFields = {}, cause?: unknown): void => {
    seen.logged.push({ message, fields, cause });
  };
  const service = createAdmissionService({
    policySet: () => set,
    namespaces: indexOf(),
    reader: readerOf({}),
    read: createObjectReader(),
    decisions: { observe: (record) => seen.decisions.push(record) },
    faults: { countFault: (kind) => seen.faults.push(kind) },
    log: { info: note, warn: note, error: note },
    today: () => '2026-06-01',
    clock: () => 0,
    ...given,
  });
  return { service, seen };
}

/** The part of an AdmissionReview that answers. */
export interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: {
      readonly group: string;
      readonly kind: string;
      readonly name: string;
      readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
    };
  };
  readonly patchType?: string;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** The response inside an answer that carries a review. */
export function responseOf(answer: Answer): ReviewResponse {
  return (JSON.parse(answer.body) as { readonly response: ReviewResponse }).response;
}

/** Bounds that never end. */
export const unbounded = (): CallBounds => ({ signal: new AbortController().signal });

export function bodyOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A request for an object, as the API server writes it; `more` replaces members of the request. */
export function requestOf(manifest: Manifest, more: Manifest = {}): Manifest {
  const kind = kindOfManifest(manifest);
  const { group, resource, namespaced } = kinds[kind];
  const version = String(manifest['apiVersion']).split('/').at(-1);
  const { name = '', namespace = '' } = (manifest['metadata'] ?? {}) as { name?: string; namespace?: string };
  const operation = more['operation'] ?? 'CREATE';
  return {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group, version, kind },
    resource: { group, version, resource },
    requestKind: { group, version, kind },
    requestResource: { group, version, resource },
    name,
    namespace: namespaced ? namespace : name,
    operation,
    userInfo: { username: 'jane', groups: ['developers', 'system:authenticated'] },
    object: operation === 'DELETE' ? null : manifest,
    oldObject: operation === 'DELETE' ? manifest : null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    ...more,
  };
}

/** A review of a request. */
export function reviewOf(request: Manifest): Manifest {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}
