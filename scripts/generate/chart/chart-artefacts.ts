import { webhookRules } from '../../../src/admission/webhook-rules.ts';
import { permissionsFor } from '../../../src/kubernetes/fact-permissions.ts';
import { followPermissions } from '../../../src/kubernetes/scan-permissions.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import { tenancyDocument } from '../../../src/tenancy/tenancy-document.ts';
import { artefactOf, type Artefact } from '../artefact.ts';
import { networkConfigMaps } from '../audit-role.ts';
import { completedPolicySchema } from '../document-schemas.ts';
import { alertsYaml } from './alerts.ts';
import { policySetTexts } from '../policy-sets.ts';
import { chartValues } from './chart-values.ts';
import { chartReadme } from './chart-readme.ts';
import { dashboardJson } from './dashboard.ts';
import { schemaOf, valuesYaml } from './values-yaml.ts';

const chart = 'charts/tenantgate';

type Json = Record<string, unknown>;

/** What of the chart is made from the code: values, their schema, and what rules demand of the cluster. */
export async function chartArtefacts(rules: readonly Rule[]): Promise<readonly Artefact[]> {
  return Promise.all([
    artefactOf(`${chart}/values.yaml`, valuesYaml()),
    artefactOf(`${chart}/values.schema.json`, JSON.stringify(valuesSchema(rules))),
    artefactOf(`${chart}/README.md`, chartReadme(rules)),
    artefactOf(`${chart}/files/alerts.yaml`, alertsYaml()),
    artefactOf(`${chart}/files/dashboard.json`, dashboardJson()),
    artefactOf(`${chart}/files/webhooks.json`, JSON.stringify(webhookRules(rules))),
    artefactOf(`${chart}/files/permissions.json`, JSON.stringify(permissionsFor(rules))),
    artefactOf(`${chart}/files/audit-permissions.json`, JSON.stringify(followPermissions(networkConfigMaps))),
    ...[...policySetTexts(rules)].map(([path, text]) =>
      artefactOf(`${chart}/files/policies/${path}`, withoutEditorHint(text)),
    ),
  ]);
}

/** Helm refuses wrong and unknown values by it, wrong documents included. */
function valuesSchema(rules: readonly Rule[]): Json {
  const schema = schemaOf(chartValues) as Json;
  const properties = schema['properties'] as Record<string, Json>;
  const policies = properties['policies']?.['properties'] as Record<string, Json>;
  Object.assign(properties['tenancy'] ?? {}, specOf(schemaOf(tenancyDocument) as Json));
  Object.assign(policies['custom'] ?? {}, {
    propertyNames: { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    additionalProperties: specOf(completedPolicySchema(rules)),
  });
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...withoutDefaults(schema) };
}

/** The schema of a document's `spec`. */
function specOf(document: Json): Json {
  const { spec } = document['properties'] as Record<string, Json>;
  return spec ?? {};
}

/** Defaults stand in values.yaml; here they would only be two places to look at. */
function withoutDefaults(schema: Json): Json {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'default' && !isSchemaMap(value) ? undefined : value)),
  ) as Json;
}

function isSchemaMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The schema beside the file is not there in a cluster. */
function withoutEditorHint(text: string): string {
  return text.replace(/^# yaml-language-server:.*\n#?\n?/, '');
}
