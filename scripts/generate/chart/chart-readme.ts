import { permissionsFor } from '../../../src/kubernetes/fact-permissions.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import { code, codeList, page, table } from '../markdown.ts';
import { chartValues } from './chart-values.ts';
import { schemaOf, type ValueSchema } from './values-yaml.ts';

/** The chart's README: how to install it, every value, and every right that it gives. */
export function chartReadme(rules: readonly Rule[]): string {
  return page(
    '# Tenantgate',
    'Installs [Tenantgate](../../README.md), an admission webhook that proves that what a tenant applies stays inside its tenant. [How to install, roll out, upgrade and recover](../../docs/install.md) is told step by step.',
    '```sh\nhelm install tenantgate charts/tenantgate --namespace tenantgate-system --create-namespace\n```',
    'With the default values nothing is denied yet (`mode: audit`), and certificates come from [cert-manager](https://cert-manager.io), which must be installed.',
    '## Values',
    'Unknown and wrong values are refused, those inside `tenancy` and `policies.custom` included.',
    table(['Value', 'Default', 'Description'], [...valueRows(schemaOf(chartValues), '')]),
    '## Rights',
    'The ServiceAccount of the servers may read what the rules ask for, and its own registration. It may write nothing.',
    table(['API group', 'Resources', 'Names', 'Verbs', 'Why'], permissionRows(rules)),
    'With `certificates.mode: self-managed` it has these rights as well, since it makes and renews its certificate itself:',
    table(['API group', 'Resources', 'Names', 'Verbs', 'Why'], selfManagedRows),
  );
}

function* valueRows({ properties = {} }: ValueSchema, prefix: string): Iterable<readonly string[]> {
  for (const [name, schema] of Object.entries(properties)) {
    const path = `${prefix}${name}`;
    if (schema.properties !== undefined) yield* valueRows(schema, `${path}.`);
    else yield [code(path), presetOf(name, schema), describe(schema)];
  }
}

function presetOf(name: string, { default: preset }: ValueSchema): string {
  return name === 'tenancy' ? 'the Tenancy that ships' : code(JSON.stringify(preset));
}

function describe({ description = '', enum: choices }: ValueSchema): string {
  return choices === undefined ? description : `${description} One of ${codeList(choices.map(String))}.`;
}

function permissionRows(rules: readonly Rule[]): readonly (readonly string[])[] {
  const facts = permissionsFor(rules).map(({ apiGroups, resources, verbs }) => [
    codeList(apiGroups.map(groupName)),
    codeList(resources),
    'all',
    codeList(verbs),
    'facts of rules',
  ]);
  return [...facts, [...registrations, codeList(['get']), 'to notice when the registration is changed']];
}

const registrations = [
  code('admissionregistration.k8s.io'),
  codeList(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']),
  'its own',
] as const;

const selfManagedRows: readonly (readonly string[])[] = [
  [code('""'), code('secrets'), 'its own, in its namespace', codeList(['get', 'update']), 'to keep the certificate'],
  [...registrations, codeList(['get', 'patch']), 'to write `caBundle`'],
];

function groupName(group: string): string {
  return group === '' ? '""' : group;
}
