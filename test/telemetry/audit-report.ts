import type { AuditReport, AuditResult, LayerPosture } from '../../src/audit/audit-report.ts';

function result(more: Partial<AuditResult>): AuditResult {
  return {
    rule: 'network/confined-peers',
    severity: 'high',
    mode: 'enforce',
    policy: 'network',
    object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'acme-dev', name: 'open' },
    tenant: 'acme',
    field: 'spec.ingress[0].from',
    message: 'lets every namespace in',
    fix: 'name the peers',
    writer: 'any',
    copies: 0,
    ...more,
  };
}

const exemption = { owner: 'ops', reason: 'moving', expires: '2026-12-31' };

const quota = (state: LayerPosture['state']) => ({
  layers: [{ layer: 'quota' as const, state, evidence: [] }],
});

/** The report of an audit that took two and a half seconds. */
export function auditReport(): AuditReport {
  const ofNobody = result({});
  delete ofNobody.tenant;
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'AuditReport',
    scan: {
      source: 'https://api.example',
      startedAt: '2026-11-27T12:00:00.000Z',
      finishedAt: '2026-11-27T12:00:02.500Z',
      policyHash: 'abc',
      filters: [],
      listings: [],
    },
    summary: {
      objects: 12,
      judged: 9,
      namespaces: 4,
      tenants: 2,
      violations: { enforce: 3, warn: 0, audit: 0 },
      toConfirm: 1,
      exempt: 1,
      unknown: 3,
    },
    results: [
      result({}),
      result({ field: 'spec.ingress[1].from' }),
      ofNobody,
      result({ rule: 'access/no-escalating-role', writer: 'tenant' }),
      result({ exemption }),
    ],
    unknown: [{ message: 'pods cannot be listed' }, { message: 'b' }, { message: 'c' }],
    posture: {
      cluster: [{ layer: 'network-enforcement', state: 'unknown', evidence: [] }],
      tenants: [
        {
          tenant: 'acme',
          layers: quota('missing').layers,
          namespaces: [
            { namespace: 'acme-dev', ...quota('in-place') },
            { namespace: 'acme-prod', ...quota('missing') },
          ],
        },
        {
          tenant: 'globex',
          layers: quota('missing').layers,
          namespaces: [{ namespace: 'globex', ...quota('missing') }],
        },
      ],
    },
  };
}
