import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { rules } from '../src/policy/rules/index.ts';
import { createDevelopmentCertificate } from '../src/server/development-certificate.ts';
import { namespaceName, namespaces, tenantLabel, tenantOf } from './reviews.ts';

const activeRules = 20;

/** The files that the servers run with, in a folder that is removed at the end. */
export interface Fixture {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;
  readonly caCertificate: string;
  readonly policies: string;
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
    namespaces: pathOf('namespaces.json'),
  };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key, { mode: 0o600 });
  // As operators write the one, and as `kubectl get namespaces --output json` writes the other.
  writeFileSync(
    files.policies,
    policyDocuments()
      .map((document) => stringify(document))
      .join('---\n'),
  );
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

/**
 * Policies that together hold 20 entries of check rules for Pods: the rules that there are, over and over, each policy
 * with every rule once. The first also holds the defaults for Pods. Rules that read from the API server for each Pod are
 * left out: what they cost is its answer.
 */
function policyDocuments(): readonly object[] {
  const pods = rules.filter((rule) => (rule.kinds as readonly string[]).includes('Pod'));
  const checks = pods
    .filter((rule) => rule.type === 'check' && rule.facts.every((fact) => fact === 'namespace'))
    .map(({ id }) => id);
  const defaults = pods.filter((rule) => rule.type === 'default').map(({ id }) => id);
  const held = Array.from({ length: activeRules }, (_, index) => checks[index % checks.length]!);
  return Array.from({ length: Math.ceil(activeRules / checks.length) }, (_, index) => {
    const own = held.slice(index * checks.length, (index + 1) * checks.length);
    const ids = index === 0 ? [...own, ...defaults] : own;
    return {
      apiVersion: 'tenantgate.dev/v1alpha1',
      kind: 'Policy',
      metadata: { name: `bench-${index}` },
      spec: { mode: 'enforce', rules: ids.map((rule) => ({ rule, ...(params[rule] && { params: params[rule] }) })) },
    };
  });
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
