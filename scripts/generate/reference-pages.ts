import { driftCodes } from '../../src/admission/registration/registration-drift.ts';
import { webhookRules, type WebhookEntry } from '../../src/admission/webhook-rules.ts';
import { environmentName, serveOptions, type ServeOption } from '../../src/config/serve-options.ts';
import type { Rule } from '../../src/policy/rule.ts';
import { durationBuckets, metricDefinitions } from '../../src/telemetry/metric-definitions.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, codeList, page, table } from './markdown.ts';

/** `docs/reference/configuration.md`, from the options of `serve`. */
export async function configurationPage(): Promise<Artefact> {
  const options: readonly ServeOption[] = serveOptions;
  return artefactOf(
    'docs/reference/configuration.md',
    page(
      '# Configuration of `tenantgate serve`',
      'Each option is a flag or an environment variable. A flag wins over the variable, and the variable over the default. A flag that takes a list may be given several times; in the variable commas separate the items. An empty variable counts as absent. All faults of the configuration are told at once, and the exit code is 2.',
      table(
        ['Flag', 'Environment', 'Type', 'Default', 'Description'],
        options.map(({ flag, type, default: value, description }) => [
          code(`--${flag}`),
          code(environmentName(flag)),
          type,
          value === undefined ? '' : code(value),
          description,
        ]),
      ),
      'What is judged is not configured here but in [the Tenancy document](../tenancy.md) and in [Policy documents](../policies.md).',
    ),
  );
}

/** `docs/reference/metrics.md`, from the table that the registry is made from. */
export async function metricsPage(): Promise<Artefact> {
  return artefactOf(
    'docs/reference/metrics.md',
    page(
      '# Metrics',
      '`/metrics` answers in the Prometheus text format, on a port of its own. No metric is split by tenant, namespace, name or user, so the number of series does not grow with the cluster.',
      table(
        ['Metric', 'Type', 'Labels', 'Meaning'],
        Object.values(metricDefinitions).map(({ name, type, labels, help }) => [
          code(name),
          type,
          codeList(labels),
          help,
        ]),
      ),
      `Histograms have the upper bounds ${durationBuckets.join(', ')}, in seconds.`,
    ),
  );
}

/** `docs/reference/registration-drift.md`: every code that a watch gives. */
export async function registrationDriftPage(): Promise<Artefact> {
  return artefactOf(
    'docs/reference/registration-drift.md',
    page(
      '# Registration drift',
      'How the webhook configurations of the cluster can differ from those that were rendered. The codes stand in the metric `tenantgate_registration_drift`, in the log of a server that [watches its registration](../registration.md), and in what [`tenantgate doctor`](../doctor.md) finds. They are stable and never reused; messages may change.',
      table(
        ['Code', 'Meaning'],
        Object.entries(driftCodes).map(([name, meaning]) => [code(name), meaning]),
      ),
    ),
  );
}

/** `docs/reference/webhook-rules.md`: what the API server must send. */
export async function webhookRulesPage(rules: readonly Rule[]): Promise<Artefact> {
  const { validating, mutating } = webhookRules(rules);
  return artefactOf(
    'docs/reference/webhook-rules.md',
    page(
      '# Webhook rules',
      'What the API server must send to Tenantgate, derived from the kinds and operations of the rules. Nothing else is matched: no wildcard, no lease, no node. All served versions of a resource are matched.',
      'Namespaces have an entry of their own. The API server matches a `namespaceSelector` against the labels that a Namespace has after the change, so an entry that selects by the tenant label would never see that label go. Put no `namespaceSelector` on the tenant label on the entries of Namespaces.',
      'A subresource that carries the object itself needs a rule of its own: `pods` does not cover `pods/ephemeralcontainers`. Defaults are not filled in through subresources.',
      'Each entry has the match conditions below its table. The API server’s own client is the platform’s whatever it does; it writes its default ClusterRoles before it is ready, and the status of a ResourceQuota for each pod, so it must neither wait for a webhook nor fail with one. The accounts of the controllers that keep endpoints and the use of quotas write nothing else, with each pod that comes or goes.',
      'Other objects of the whole cluster have an entry of their own as well: a `namespaceSelector` exempts none of them. The Helm chart adds a condition to it that leaves out the platform’s principals, whom these rules never deny, so that the platform can install and mend things while no server runs.',
      '## ValidatingWebhookConfiguration',
      ...validating.map(entryText),
      '## MutatingWebhookConfiguration',
      ...mutating.map(entryText),
    ),
  );
}

function entryText({ name, path, rules, matchConditions }: WebhookEntry): string {
  const rows = rules.map(({ apiGroups, operations, resources, scope }) => [
    codeList(apiGroups.map((group) => (group === '' ? '""' : group))),
    codeList(operations),
    codeList(resources),
    scope,
  ]);
  return [
    `### ${code(name)}`,
    `Path ${code(path)}.`,
    table(['API group', 'Operations', 'Resources', 'Scope'], rows),
    ...matchConditions.map((condition) => `Match condition ${code(condition.name)}: ${code(condition.expression)}.`),
  ].join('\n\n');
}
