import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { rules } from '../src/policy/rules/index.ts';
import { createDevelopmentCertificate } from '../src/server/development-certificate.ts';
import { namespaceName, namespaces, tenantLabel, tenantOf } from './reviews.ts';

const activeRules = 20;

/** Policy documents beside those that hold for the load: each for a tenant or a namespace that the load does not touch. */
const otherPolicies = 99;

/** The files that the servers run with, in a folder that is removed at the end. */
export interface Fixture {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;
  readonly caCertificate: string;
  readonly policies: string;
  /** The same policies, and as many more as make a hundred documents, which hold for others. */
  readonly manyPolicies: string;
  /** Every rule for Pods once. */
  readonly eachRuleOnce: string;
  readonly namespaces: string;
  /** Where compiled code is kept from one start to the next. */
  readonly compileCache: string;
  remove(): void;
}

export async function createFixture(): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'tenantgate-bench-'));
  const pathOf = (name: string): string => join(folder, name);
  const { certificate, key, caCertificate } = await createDevelopmentCertificate({ now: new Date() });
  const files = {
    certificate: pathOf('tls.crt'),
    key: pathOf('tls.key'),
    policies: pathOf('policies.yaml'),
    manyPolicies: pathOf('many-policies.yaml'),
    eachRuleOnce: pathOf('each-rule-once.yaml'),
    namespaces: pathOf('namespaces.json'),
  };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key, { mode: 0o600 });
  // As operators write the one, and as `kubectl get namespaces --output json` writes the other.
  writeDocuments(files.policies, policyDocuments());
  writeDocuments(files.manyPolicies, manyPolicyDocuments());
  writeDocuments(files.eachRuleOnce, [policyOf('each-rule-once', checksOfPods())]);
  writeFileSync(files.namespaces, JSON.stringify(listOf(namespaceManifests())));
  return {
    ...files,
    folder,
    caCertificate,
    compileCache: pathOf('compile-cache'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listOf(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}

/** Params with which a rule has the most to do and still admits the Pods of the load. */
const params: Readonly<Record<string, object>> = { 'pods/pod-security': { level: 'restricted' } };

function writeDocuments(file: string, documents: readonly object[]): void {
  writeFileSync(file, documents.map((document) => stringify(document)).join('---\n'));
}

const rulesOfPods = rules.filter((rule) => (rule.kinds as readonly string[]).includes('Pod'));

/** Check rules for Pods. Those that read from the API server for each Pod are left out: what they cost is its answer. */
function checksOfPods(): readonly string[] {
  return rulesOfPods
    .filter((rule) => rule.type === 'check' && rule.facts.every((fact) => fact === 'namespace'))
    .map(({ id }) => id);
}

/**
 * Policies that together hold 20 entries of check rules for Pods: the rules that there are, over and over, each policy
 * with every rule once. The first also holds the defaults for Pods.
 */
function policyDocuments(): readonly object[] {
  const checks = checksOfPods();
  const defaults = rulesOfPods.filter((rule) => rule.type === 'default').map(({ id }) => id);
  const held = Array.from({ length: activeRules }, (_, index) => checks[index % checks.length]!);
  return Array.from({ length: Math.ceil(activeRules / checks.length) }, (_, index) => {
    const own = held.slice(index * checks.length, (index + 1) * checks.length);
    return policyOf(`bench-${index}`, index === 0 ? [...own, ...defaults] : own);
  });
}

/** What a platform with a document for each team has: the same rules for all, and the team's own with other params or modes. */
function manyPolicyDocuments(): readonly object[] {
  const others = Array.from({ length: otherPolicies }, (_, index) => {
    const place = namespaces - 1 - index;
    const scope =
      index % 2 === 0 ? { tenants: [tenantOf(place)] } : { namespaces: { include: [namespaceName(place)] } };
    return policyOf(`other-${index}`, checksOfPods(), scope);
  });
  return [...policyDocuments(), ...others];
}

function policyOf(name: string, ids: readonly string[], scope?: object): object {
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'Policy',
    metadata: { name },
    spec: {
      mode: 'enforce',
      ...(scope && { scope }),
      rules: ids.map((rule) => ({ rule, ...(params[rule] && { params: params[rule] }) })),
    },
  };
}

function namespaceManifests(): readonly object[] {
  return Array.from({ length: namespaces }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceName(index),
      labels: { 'kubernetes.io/metadata.name': namespaceName(index), [tenantLabel]: tenantOf(index) },
    },
  }));
}
