import type { StoredObjectReader } from '../object-ports.ts';
import { patchCommand } from '../registration/mend-commands.ts';
import type { RegisteredRule, WebhookConfiguration } from '../registration/webhook-configuration.ts';
import { discover, type ServedGroup, type ServedResources } from './discovery.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';

/** One resource that a rule names, and what mends the rule. */
interface NamedResource {
  readonly group: string;
  readonly resource: string;
  readonly scope: string;
  readonly fix: string | undefined;
}

export interface ResourcesQuestion {
  readonly reader: StoredObjectReader;
  readonly live: readonly WebhookConfiguration[];
  readonly expected: readonly WebhookConfiguration[];
  /** What the rules of this version judge. */
  readonly catalogue: readonly RegisteredRule[];
}

/** API groups of Kubernetes itself: whatever else is served comes with a CRD or an aggregated API, which may come later. */
const builtInGroups: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/**
 * Whether the API server serves what the rules name. It takes any name, and never matches one that is misspelt: a rule for
 * `namespace/finalize` looks right and guards nothing. What the catalogue names and this cluster has not is a note.
 */
export async function checkResources(question: ResourcesQuestion): Promise<DoctorCheck> {
  const { reader, live, expected, catalogue } = question;
  // Where nothing is registered, what should be registered is looked up: the rules of another version may not fit.
  const named = namedResources(live.length === 0 ? expected : live, expected);
  const groups = [...new Set(named.map(({ group }) => group))].sort();
  const served = await discover(reader, groups);
  const evidence = `${named.length} resources in ${groups.length} API groups`;
  if ('status' in served) return checkOf('resources', evidence, [served]);
  const known = new Set(catalogue.flatMap(resourcesOf).map(nameOf));
  const judged = named.map((one) => ({ one, standing: standingOf(one, served.get(one.group), known) }));
  const notHere = judged.flatMap(({ one, standing }) => (standing === 'not-here' ? [one] : []));
  return checkOf('resources', evidence, [
    ...judged.flatMap(({ one, standing }) => wrongRemarks(one, standing, served.get(one.group))),
    ...[...served.values()].flatMap((group) => group?.gaps ?? []),
    ...notHereRemarks(notHere, served),
  ]);
}

/** How a name stands with the API server. */
type Standing = 'matches' | 'never-matches' | 'not-served' | 'not-here' | 'not-known';

function standingOf(named: NamedResource, served: ServedGroup | undefined, known: ReadonlySet<string>): Standing {
  const isNamespaced = served && scopeOf(named.resource, served);
  if (isNamespaced !== undefined) return hasScope(named.scope, isNamespaced) ? 'matches' : 'never-matches';
  if (served !== undefined && served.gaps.length > 0) return 'not-known';
  return known.has(nameOf(named)) && mayBeAbsent(named, served) ? 'not-here' : 'not-served';
}

/** Whether the resource is namespaced, or undefined where it is not served. */
function scopeOf(resource: string, { versions }: ServedGroup): boolean | undefined {
  return versions.find((resources) => resources.has(resource))?.get(resource);
}

function hasScope(scope: string, isNamespaced: boolean): boolean {
  return scope === '*' || scope === (isNamespaced ? 'Namespaced' : 'Cluster');
}

/** A CRD may not be installed, and a version of Kubernetes may lack a subresource of what it has. */
function mayBeAbsent({ group, resource }: NamedResource, served: ServedGroup | undefined): boolean {
  const [whole = '', subresource] = resource.split('/');
  const isLacking = subresource !== undefined && served !== undefined && scopeOf(whole, served) !== undefined;
  return isLacking || !builtInGroups.has(group);
}

/** Each resource once. Wildcards name nothing that could be misspelt. */
function namedResources(
  configurations: readonly WebhookConfiguration[],
  expected: readonly WebhookConfiguration[],
): readonly NamedResource[] {
  const named = new Map<string, NamedResource>();
  for (const configuration of configurations) {
    const twins = expected.find(({ kind }) => kind === configuration.kind)?.webhooks ?? [];
    for (const { name, rules } of configuration.webhooks) {
      const twin = twins.find((webhook) => webhook.name === name);
      const fix = twin && patchCommand(configuration, name, { rules: twin.rules });
      for (const one of rules.flatMap(resourcesOf)) {
        named.set(`${one.group} ${one.resource} ${one.scope}`, { ...one, fix });
      }
    }
  }
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function resourcesOf({ apiGroups, resources, scope }: RegisteredRule): readonly Omit<NamedResource, 'fix'>[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => (`${group} ${resource}`.includes('*') ? [] : [{ group, resource, scope }])),
  );
}

function nameOf({ group, resource }: Pick<NamedResource, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** What guards nothing: a name that is not served, or a scope that it does not have. */
function wrongRemarks(
  named: NamedResource,
  standing: Standing,
  served: ServedGroup | undefined,
): readonly DoctorRemark[] {
  const { resource, scope, fix } = named;
  const what = JSON.stringify(nameOf(named));
  if (standing === 'not-served') {
    const similar = similarTo(resource, served?.versions ?? []);
    const hint = similar === undefined ? '' : `: is "${nameOf({ ...named, resource: similar })}" meant?`;
    return [{ status: 'wrong', message: `${what} is no resource that the API server serves${hint}`, fix }];
  }
  if (standing !== 'never-matches') return [];
  const own = scope === 'Cluster' ? 'namespaced' : 'cluster-scoped';
  return [
    { status: 'wrong', message: `${what} is ${own}, and the rule matches scope ${scope} only: it never matches`, fix },
  ];
}

/** All in one note: a cluster without Flux lacks dozens. */
function notHereRemarks(
  named: readonly NamedResource[],
  served: ReadonlyMap<string, ServedGroup | undefined>,
): readonly DoctorRemark[] {
  const names = named.map((one) => (served.get(one.group) === undefined ? `everything of ${one.group}` : nameOf(one)));
  if (names.length === 0) return [];
  const message = `Not served in this cluster, so never judged: ${[...new Set(names)].sort().join(', ')}`;
  return [{ status: 'note', message, fix: undefined }];
}

/** A served name that begins as the wrong one does, with the same subresource. */
function similarTo(resource: string, versions: readonly ServedResources[]): string | undefined {
  const [whole = '', ...subresource] = resource.toLowerCase().split('/');
  const stem = whole.replace(/(y|s)$/, '');
  const names = [...new Set(versions.flatMap((resources) => [...resources.keys()]))].sort();
  return names.find((name) => {
    const [servedWhole = '', ...servedSubresource] = name.split('/');
    return servedWhole.startsWith(stem) && servedSubresource.join('/') === subresource.join('/');
  });
}
