/** What a metric is called, means and is split by. Registry and documentation are made from it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric. None is split by tenant, namespace, name or user: the number of series does not grow with the cluster. */
export const metricDefinitions = {
  decisions: {
    name: 'tenantgate_admission_decisions_total',
    type: 'counter',
    help: 'Decisions by path, outcome, kind, operation, mode and dry run.',
    labels: ['path', 'outcome', 'kind', 'operation', 'mode', 'dry_run'],
  },
  ruleViolations: {
    name: 'tenantgate_rule_violations_total',
    type: 'counter',
    help: 'Decisions in which the rule was violated, denied or not: modes warn and audit count the would-be denials.',
    labels: ['rule', 'mode', 'kind', 'operation', 'dry_run'],
  },
  duration: {
    name: 'tenantgate_admission_duration_seconds',
    type: 'histogram',
    help: 'Time from a complete request body to its answer.',
    labels: ['path'],
  },
  badRequests: {
    name: 'tenantgate_bad_requests_total',
    type: 'counter',
    help: 'Requests and connections that were refused without a decision, by reason.',
    labels: ['reason'],
  },
  requestsShed: {
    name: 'tenantgate_requests_shed_total',
    type: 'counter',
    help: 'Requests that were told to come again (503 with Retry-After) because there were too many.',
    labels: [],
  },
  internalErrors: {
    name: 'tenantgate_internal_errors_total',
    type: 'counter',
    help: 'Requests that failed because of a fault of the server.',
    labels: [],
  },
  certificateExpiry: {
    name: 'tenantgate_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the serving certificate expires, in seconds since 1970.',
    labels: [],
  },
  certificateReloads: {
    name: 'tenantgate_certificate_reload_total',
    type: 'counter',
    help: 'Reloads of the serving certificate, by result.',
    labels: ['result'],
  },
  policyReloads: {
    name: 'tenantgate_policy_reload_total',
    type: 'counter',
    help: 'Reloads of Tenancy and Policy documents, by result.',
    labels: ['result'],
  },
  policyInfo: {
    name: 'tenantgate_policy_info',
    type: 'gauge',
    help: 'Always 1, with the hash of the documents in force.',
    labels: ['hash'],
  },
  cachedNamespaces: {
    name: 'tenantgate_cached_namespaces',
    type: 'gauge',
    help: 'Namespaces in the cache.',
    labels: [],
  },
  ready: {
    name: 'tenantgate_ready',
    type: 'gauge',
    help: 'Whether every check of readiness passes: 1 or 0.',
    labels: [],
  },
  registrationDrift: {
    name: 'tenantgate_registration_drift',
    type: 'gauge',
    help: 'In how many places a webhook configuration is not as it should be, by code; none where it is, or is not known.',
    labels: ['configuration', 'code'],
  },
  registrationKnown: {
    name: 'tenantgate_registration_known',
    type: 'gauge',
    help: 'Whether a webhook configuration could be read at the last look: 1 or 0.',
    labels: ['configuration'],
  },
  auditLeader: {
    name: 'tenantgate_audit_leader',
    type: 'gauge',
    help: 'Whether this server is the one that audits: 1 or 0.',
    labels: [],
  },
  audits: {
    name: 'tenantgate_audits_total',
    type: 'counter',
    help: 'Audits of everything that is stored, by outcome: complete, incomplete where something could not be judged, failed.',
    labels: ['outcome'],
  },
  auditLastComplete: {
    name: 'tenantgate_audit_last_complete_timestamp_seconds',
    type: 'gauge',
    help: 'When the last audit ended that could judge everything, in seconds since 1970.',
    labels: [],
  },
  auditDuration: {
    name: 'tenantgate_audit_duration_seconds',
    type: 'gauge',
    help: 'How long the last audit took.',
    labels: [],
  },
  auditObjects: {
    name: 'tenantgate_audit_objects',
    type: 'gauge',
    help: 'Objects that the last audit read. Divided by its duration: objects a second.',
    labels: [],
  },
  auditViolations: {
    name: 'tenantgate_audit_violations',
    type: 'gauge',
    help: 'Violations in stored objects, by rule, mode and whose the object is: tenant or other. Neither exempt ones nor those that depend on who wrote the object.',
    labels: ['rule', 'mode', 'tier'],
  },
  auditToConfirm: {
    name: 'tenantgate_audit_to_confirm',
    type: 'gauge',
    help: 'Stored objects that are wrong only if a tenant wrote them, by rule.',
    labels: ['rule'],
  },
  auditUnknown: {
    name: 'tenantgate_audit_unknown',
    type: 'gauge',
    help: 'What the last audit could not judge.',
    labels: [],
  },
  posture: {
    name: 'tenantgate_posture',
    type: 'gauge',
    help: 'Namespaces of tenants by layer of isolation and its state; of the layers that the cluster has in common, 1 for the state they are in.',
    labels: ['layer', 'state'],
  },
  driftDetection: {
    name: 'tenantgate_drift_detection_seconds',
    type: 'histogram',
    help: 'Time from the last write of an object to the audit that first found a violation in it.',
    labels: ['severity'],
  },
  driftRepair: {
    name: 'tenantgate_drift_repair_seconds',
    type: 'histogram',
    help: 'Time from the audit that first found a violation to the one that found it gone.',
    labels: ['severity'],
  },
  logLinesDropped: {
    name: 'tenantgate_log_lines_dropped_total',
    type: 'counter',
    help: 'Log lines dropped because their reader was too slow.',
    labels: [],
  },
  processCpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of the process, user and system, in seconds.',
    labels: [],
  },
  processMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the process in bytes.',
    labels: [],
  },
  processStart: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    labels: [],
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'Used heap of the process in bytes.',
    labels: [],
  },
  eventLoopUtilization: {
    name: 'nodejs_eventloop_utilization',
    type: 'gauge',
    help: 'Share of the time since the last scrape in which the event loop was busy, from 0 to 1.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Upper bounds in seconds. 0.005 is the lowest bound of the API server's own webhook metric, so that both compare. */
export const durationBuckets = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1,
] as const satisfies readonly number[];

/** Upper bounds in seconds, from a second to a month: audits follow changes within seconds, and people mend within days. */
export const driftBuckets = [
  1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 604_800, 2_592_000,
] as const satisfies readonly number[];
