import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, parseAllDocuments } from 'yaml';

import type { PodFact } from '../../src/policy/facts.ts';
import { rules } from '../../src/policy/rules/index.ts';
import type { World } from './facts.ts';
import { accountPrincipal, tenantPrincipal, type Doing } from './judge.ts';
import { minimalNetworkPolicy, tweak, type Manifest } from './minimal-objects.ts';

/** Manifests that a user could apply; see the README there. */
export const fixturesFolder = join(import.meta.dirname, '../fixtures');

/** The namespace whose only NetworkPolicy is for its database. */
const unisolated = 'acme-open';

const web: PodFact = {
  name: 'web-0',
  labels: { app: 'web' },
  hostNetwork: false,
  ports: [{ name: 'http', containerPort: 8080 }],
  addresses: ['10.0.1.5'],
};

/** One fixture: an object, and what is done with it. */
export interface Fixture {
  readonly rule: string;
  readonly expected: 'pass' | 'fail';
  readonly name: string;
  readonly manifest: Manifest;
  readonly doing: Doing;
}

/** Folders below a folder, sorted. */
export function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Ids of the rules that have fixtures. */
export function rulesWithFixtures(): readonly string[] {
  return foldersIn(fixturesFolder).flatMap((layer) =>
    foldersIn(join(fixturesFolder, layer)).map((name) => `${layer}/${name}`),
  );
}

/** The fixtures of one rule. */
export function fixturesOf(rule: string, expected: 'pass' | 'fail'): readonly Fixture[] {
  const folder = join(fixturesFolder, rule, expected);
  if (!existsSync(folder)) return [];
  const names = new Set(readdirSync(folder).map((file) => file.replace(/(\.old)?\.yaml$/, '')));
  return [...names].sort().map((name) => {
    const { manifest, doing } = readFixture(folder, name);
    return { rule, expected, name, manifest, doing: { ...doing, ...subresourceOf(rule) } };
  });
}

/** What a rule judges that is for a subresource comes through it. */
function subresourceOf(id: string): Pick<Doing, 'subresource'> {
  const rule = rules.find((one) => one.id === id);
  const [subresource] = rule?.type === 'check' ? (rule.subresources ?? []) : [];
  return subresource === undefined ? {} : { subresource };
}

function readFixture(folder: string, name: string): Pick<Fixture, 'manifest' | 'doing'> {
  const now = readManifest(join(folder, `${name}.yaml`));
  const old = readManifest(join(folder, `${name}.old.yaml`));
  if (name.endsWith('.by-tenant') && now !== undefined) {
    return { manifest: now, doing: { principal: accountPrincipal, world: worldOf(now) } };
  }
  if (old === undefined && now !== undefined) {
    return { manifest: now, doing: { principal: { kind: 'unknown' }, world: worldOf(now) } };
  }
  if (old === undefined) throw new Error(`${folder} holds no ${name}.yaml`);
  const common = { principal: tenantPrincipal, world: worldOf(old, old) };
  return now === undefined
    ? { manifest: old, doing: { ...common, operation: 'DELETE' } }
    : { manifest: now, doing: { ...common, old } };
}

function readManifest(file: string): Manifest | undefined {
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

/** What is there beside the object; `stored` is the object itself before the operation. */
function worldOf({ kind }: Manifest, stored?: Manifest): World {
  const documents = parseAllDocuments(readFileSync(join(fixturesFolder, 'namespaces.yaml'), 'utf8'));
  const namespaces = documents.map((document) => {
    const { metadata } = document.toJS() as { metadata: { name: string; labels: Record<string, string> } };
    return [metadata.name, metadata.labels] as const;
  });
  const ofDatabase = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchLabels: { app: 'database' } });
  const isPolicy = kind === 'NetworkPolicy';
  const isolated = namespaces.map(([name]) => [name, [name === unisolated ? ofDatabase : minimalNetworkPolicy()]]);
  const networkPolicies: unknown = isPolicy
    ? { 'acme-dev': stored === undefined ? [] : [stored] }
    : Object.fromEntries(isolated);
  return {
    namespaces: { ...Object.fromEntries(namespaces), 'kube-system': {}, 'flux-system': {} },
    networkPolicies: networkPolicies as NonNullable<World['networkPolicies']>,
    pods: { 'acme-dev': [web], 'acme-prod': [{ name: 'agent-0', labels: { app: 'agent' }, hostNetwork: true }] },
  };
}
