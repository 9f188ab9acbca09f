import type { AuditReport, AuditResult } from '../../../src/audit/audit-report.ts';

/** A violation; tests name what differs. */
export function auditResult(more: Partial<AuditResult> = {}): AuditResult {
  return {
    rule: 'pods/host-network',
    severity: 'high',
    mode: 'enforce',
    policy: 'pods',
    object: { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '0a1b' },
    tenant: 'acme',
    field: 'spec.hostNetwork',
    message: 'is true',
    fix: 'Remove it.',
    writer: 'any',
    copies: 0,
    ...more,
  };
}

/** An audit that found these. */
export function auditOf(results: readonly AuditResult[], unknown: AuditReport['unknown'] = []): AuditReport {
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'AuditReport',
    scan: {
      source: 'https://localhost',
      startedAt: '2026-06-01T10:00:00Z',
      finishedAt: '2026-06-01T10:00:01Z',
      policyHash: '0123456789ab',
      filters: [],
      listings: [],
    },
    summary: {
      objects: 0,
      judged: 0,
      namespaces: 0,
      tenants: 0,
      violations: { enforce: 0, warn: 0, audit: 0 },
      toConfirm: 0,
      exempt: 0,
      unknown: unknown.length,
    },
    results: [...results],
    unknown,
    posture: { cluster: [], tenants: [] },
  };
}
