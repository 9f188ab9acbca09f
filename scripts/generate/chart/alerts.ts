import { stringify } from 'yaml';

import { metricDefinitions as metric } from '../../../src/telemetry/metric-definitions.ts';

interface Alert {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  readonly expression: string;
  /** How long it must hold, such as `5m`. */
  readonly for: string;
  readonly summary: string;
  readonly description: string;
}

/** What wakes somebody up, and what waits for the morning. Expressions take metric names from the table they are made of. */
const alerts: readonly Alert[] = [
  {
    name: 'TenantgateNoServerReady',
    severity: 'critical',
    expression: `absent(${metric.ready.name}) or sum(${metric.ready.name}) == 0`,
    for: '2m',
    summary: 'No Tenantgate server is ready.',
    description:
      'While the failure policy is Fail, what Tenantgate judges is refused. See the recovery steps in docs/install.md.',
  },
  {
    name: 'TenantgateServerNotReady',
    severity: 'warning',
    expression: `${metric.ready.name} == 0`,
    for: '10m',
    summary: 'A Tenantgate server is not ready.',
    description: 'Server {{ $labels.pod }}: /readyz on the port of metrics says which check fails.',
  },
  {
    name: 'TenantgateRegistrationChanged',
    severity: 'critical',
    expression: `max by (configuration, code) (${metric.registrationDrift.name}) > 0`,
    for: '1m',
    summary: 'The webhook registration is not as installed.',
    description:
      '{{ $labels.configuration }}: {{ $labels.code }}. `tenantgate doctor` explains it and says how to mend it.',
  },
  {
    name: 'TenantgateUndecided',
    severity: 'warning',
    expression: `sum by (kind) (rate(${metric.decisions.name}{outcome="undecided"}[10m])) > 0`,
    for: '10m',
    summary: 'Requests could not be judged.',
    description:
      'A fact about {{ $labels.kind }} objects cannot be read; such requests are refused. The log names the cause.',
  },
  {
    name: 'TenantgateInternalErrors',
    severity: 'warning',
    expression: `sum(increase(${metric.internalErrors.name}[15m])) > 0`,
    for: '0m',
    summary: 'Tenantgate failed inside.',
    description: 'A request was refused because of a bug. The log holds its uid and cause; please report it.',
  },
  {
    name: 'TenantgateSheddingLoad',
    severity: 'warning',
    expression: `sum(rate(${metric.requestsShed.name}[5m])) > 0`,
    for: '5m',
    summary: 'Tenantgate turns requests away.',
    description: 'More requests are in flight than allowed. Add replicas, or look for who sends so many.',
  },
  {
    name: 'TenantgateSlow',
    severity: 'warning',
    expression: `histogram_quantile(0.99, sum by (le, path) (rate(${metric.duration.name}_bucket[10m]))) > 0.1`,
    for: '15m',
    summary: 'One in a hundred decisions takes longer than 100 ms.',
    description: 'Path {{ $labels.path }}. Facts that are read live are slow, or the servers have too little CPU.',
  },
  {
    name: 'TenantgateCertificateExpires',
    severity: 'critical',
    expression: `min(${metric.certificateExpiry.name}) - time() < 7 * 86400`,
    for: '1h',
    summary: 'The serving certificate expires within a week.',
    description: 'It should have been renewed by now. See docs/certificates.md.',
  },
  {
    name: 'TenantgateCertificateNotReloaded',
    severity: 'warning',
    expression: `sum(increase(${metric.certificateReloads.name}{result="failure"}[1h])) > 0`,
    for: '0m',
    summary: 'A new serving certificate could not be taken into service.',
    description: 'The old one is still served. The log says what is wrong with the new one.',
  },
  {
    name: 'TenantgatePoliciesNotReloaded',
    severity: 'warning',
    expression: `sum(increase(${metric.policyReloads.name}{result="failure"}[1h])) > 0`,
    for: '0m',
    summary: 'Changed policies are wrong and were not taken over.',
    description:
      'The old set stays in force. A server that restarts cannot start with the new one: mend it soon. The log has every fault.',
  },
  {
    name: 'TenantgateServersDisagree',
    severity: 'warning',
    expression: `count(count by (hash) (${metric.policyInfo.name})) > 1`,
    for: '15m',
    summary: 'Servers judge by different policies.',
    description: 'A ConfigMap takes a minute or two to reach every server; this lasts longer.',
  },
  {
    name: 'TenantgateTenantNotIsolated',
    severity: 'critical',
    expression: `sum by (layer) (${metric.posture.name}{state=~"drifted|missing"}) > 0`,
    for: '15m',
    summary: 'A layer of isolation is not in place.',
    description:
      '{{ $value }} at layer {{ $labels.layer }}. `tenantgate audit` names the namespaces and says how to mend them.',
  },
  {
    name: 'TenantgateStoredViolations',
    severity: 'warning',
    expression: `sum by (rule) (${metric.auditViolations.name}{mode="enforce"}) > 0`,
    for: '1h',
    summary: 'Stored objects violate a rule that is enforced.',
    description:
      '{{ $value }} violations of {{ $labels.rule }}: from before the rule held, or written past the webhook.',
  },
  {
    name: 'TenantgateAuditIncomplete',
    severity: 'warning',
    expression: `${metric.auditUnknown.name} > 0`,
    for: '2h',
    summary: 'Audits cannot judge everything.',
    description:
      '{{ $value }} things are not known. `tenantgate audit` names them; most often a right to list is missing.',
  },
  {
    name: 'TenantgateNoAuditLeader',
    severity: 'warning',
    expression: `sum(${metric.auditLeader.name}) == 0`,
    for: '15m',
    summary: 'No server audits.',
    description: 'Servers elect one of them by a Lease, and none could take it. The log says why.',
  },
  {
    name: 'TenantgateAuditStale',
    severity: 'warning',
    expression: `time() - max(${metric.auditLastComplete.name}) > 86400`,
    for: '15m',
    summary: 'No audit has been complete for a day.',
    description: 'What is reported of stored objects is old. The log says what audits could not read.',
  },
];

/** `files/alerts.yaml`: the groups of a Prometheus rule file. */
export function alertsYaml(): string {
  const rules = alerts.map(({ name, severity, expression, summary, description, for: duration }) => ({
    alert: name,
    expr: expression,
    for: duration,
    labels: { severity },
    annotations: { summary, description },
  }));
  return stringify({ groups: [{ name: 'tenantgate', rules }] }, { lineWidth: 0 });
}
