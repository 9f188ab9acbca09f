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

/**
 * Whether the API server serves what the rules name. It takes any name, and never matches one that is misspelt: a rule for
 * `namespace/finalize` looks right and guards nothing.
 */
export async function checkResources(
  reader: StoredObjectReader,
  live: readonly WebhookConfiguration[],
  expected: readonly WebhookConfiguration[],
): Promise<DoctorCheck> {
  // Where nothing is registered, what should be registered is looked up: the rules of another version may not fit.
  const named = namedResources(live.length === 0 ? expected : live, expected);
  const groups = [...new Set(named.map(({ group }) => group))].sort();
  const served = await discover(reader, groups);
  const evidence = `${named.length} resources in ${groups.length} API groups`;
  if ('status' in served) return checkOf('resources', evidence, [served]);
  const gaps = [...served.values()].flatMap((group) => group?.gaps ?? []);
  const absent = [...served].filter(([, group]) => group === undefined).map(([group]) => absentRemark(group));
  const remarks = named.flatMap((one) => resourceRemarks(one, served.get(one.group)));
  return checkOf('resources', evidence, [...remarks, ...gaps, ...absent]);
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

function resourceRemarks(named: NamedResource, served: ServedGroup | undefined): readonly DoctorRemark[] {
  // An absent group is told once, and one that could not tell everything may serve the resource all the same.
  if (served === undefined) return [];
  const { resource, group, scope, fix } = named;
  const what = group === '' ? `"${resource}"` : `"${resource}" of ${group}`;
  const found = served.versions.find((resources) => resources.has(resource));
  if (found === undefined) {
    if (served.gaps.length > 0) return [];
    const similar = similarTo(resource, served.versions);
    const hint = similar === undefined ? '' : `: is "${similar}" meant?`;
    return [{ status: 'wrong', message: `${what} is no resource that the API server serves${hint}`, fix }];
  }
  const isNamespaced = found.get(resource) === true;
  if (scope === '*' || scope === (isNamespaced ? 'Namespaced' : 'Cluster')) return [];
  const message = `${what} is ${isNamespaced ? 'namespaced' : 'cluster-scoped'}, and the rule matches scope ${scope} only: it never matches`;
  return [{ status: 'wrong', message, fix }];
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

/** Groups of Kubernetes itself are always served; any other comes with a CRD, which may come later. */
function absentRemark(group: string): DoctorRemark {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io');
  return isBuiltIn
    ? { status: 'wrong', message: `API group ${group} is not served: its rules match nothing`, fix: undefined }
    : { status: 'note', message: `API group ${group} is not served: its CRDs are not installed`, fix: undefined };
}
