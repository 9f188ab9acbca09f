import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { kindOf, kinds, type JudgedObject, type Kind } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import type { Operation, Subject } from '../../src/policy/subject.ts';
import type { Principal } from '../../src/tenancy/principal.ts';
import { factsOf, type World } from './facts.ts';
import type { Manifest } from './minimal-objects.ts';
import { compiled, shippedDocuments } from './shipped-policies.ts';

export const tenantPrincipal: Principal = {
  kind: 'tenant',
  username: 'jane',
  serviceAccountNamespace: undefined,
};

/** The service account by which acme deploys, as Flux acts for it. */
export const accountPrincipal: Principal = {
  kind: 'tenant',
  username: 'system:serviceaccount:acme-dev:deployer',
  serviceAccountNamespace: 'acme-dev',
};

/** What is done, and by whom; by default a tenant creates. */
export interface Doing {
  readonly operation?: Operation;
  readonly subresource?: string;
  readonly old?: Manifest;
  readonly principal?: Principal;
  readonly world?: World;
  readonly set?: PolicySet;
}

const read = createObjectReader();

function metadataOf(manifest: Manifest): { readonly name?: string; readonly namespace?: string } {
  return manifest['metadata'] ?? {};
}

/** The judged kind of a manifest. Throws for any other. */
export function kindOfManifest(manifest: Manifest): Kind {
  const [group = '', version] = String(manifest['apiVersion']).split('/');
  const kind = kindOf(version === undefined ? '' : group, String(manifest['kind']));
  if (kind === undefined) throw new Error(`no rule judges ${group} ${String(manifest['kind'])}`);
  return kind;
}

function readAs(kind: Kind, value: unknown): JudgedObject {
  const parsed = read(kind, value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

/** The subject that a request with this object would have. Throws where the object cannot be read. */
export function subjectOf(manifest: Manifest, doing: Doing = {}): Subject {
  const { old, operation = old === undefined ? 'CREATE' : 'UPDATE', principal = tenantPrincipal } = doing;
  const kind = kindOfManifest(manifest);
  const { name = '', namespace = '' } = metadataOf(manifest);
  const before = operation === 'DELETE' ? manifest : old;
  return {
    kind,
    apiVersion: String(manifest['apiVersion']),
    operation,
    subresource: doing.subresource,
    namespace: kinds[kind].namespaced ? namespace : undefined,
    name,
    object: readAs(kind, manifest),
    old: before === undefined ? undefined : readAs(kind, before),
    principal,
  };
}

/** One policy document. */
export function policyOf(spec: Manifest, name = 'test'): Manifest {
  return { apiVersion: 'tenantgate.dev/v1alpha1', kind: 'Policy', metadata: { name }, spec };
}

/** The Tenancy that ships, with other values in its spec. */
export function tenancyOf(spec: Manifest = {}): Manifest {
  const shipped = shippedDocuments().get('tenancy.yaml') as { readonly spec: Manifest } & Manifest;
  return { ...shipped, spec: { ...shipped.spec, ...spec } };
}

/** A set in which one rule is enforced. */
export function setOf(rule: string, params?: Manifest, tenancy: Manifest = {}): PolicySet {
  const entry = { rule, ...(params === undefined ? {} : { params }) };
  return compiled([tenancyOf(tenancy), policyOf({ rules: [entry] })]);
}

const setsOfRules = new Map<string, PolicySet>();

/** The decision of one rule, enforced with its defaults unless a set is given. */
export function judge(rule: string, manifest: Manifest, doing: Doing = {}): Decision {
  const present = doing.set ?? setsOfRules.get(rule);
  const set = present ?? setOf(rule);
  if (present === undefined) setsOfRules.set(rule, set);
  return evaluate(subjectOf(manifest, doing), set, factsOf(doing.world));
}

/** Field and message of each violation, as one text. */
export function linesOf(decision: Decision): readonly string[] {
  return decision.violations.map(({ field, message }) => `${field}: ${message}`);
}
