import type { CheckedObject, CheckOutcome } from '../../src/manifests/check-manifests.ts';
import type { CheckResult } from '../../src/manifests/check-report.ts';

const web = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'acme-dev', name: 'web' };
const node = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'acme-dev', name: 'node' };
const space = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'acme-dev' };

const peer: CheckResult = {
  rule: 'network/confined-peers',
  severity: 'critical',
  mode: 'enforce',
  policy: 'network',
  object: web,
  field: 'spec.ingress[0].from[1]',
  message: '{} lets in "everybody", 100%',
  fix: 'Pin the peer:\n  from:\n    - podSelector: {}',
  file: 'k8s/a b, ü.yaml',
  line: 12,
  column: 11,
};

const host: CheckResult = {
  rule: 'pods/host-network',
  severity: 'high',
  mode: 'warn',
  policy: 'pods',
  object: node,
  field: 'spec.template.spec.hostNetwork',
  message: 'true puts <pods> on the node & beyond',
  fix: 'Remove the field.',
  file: 'k8s/node.yaml',
  line: 3,
  column: 5,
};

const label: CheckResult = {
  ...host,
  rule: 'pods/tenant-label-matches',
  severity: 'medium',
  mode: 'audit',
  field: 'metadata.labels["tenantgate.dev/tenant"]',
  message: 'is wrong',
  line: 4,
};

const exempt: CheckResult = {
  ...peer,
  rule: 'network/bounded-addresses',
  leniency: { kind: 'exempt', owner: 'ops', reason: 'until the move', expires: '2026-12-31' },
  line: 14,
};

function checked(
  reference: CheckedObject['reference'],
  file: string,
  parts: Partial<CheckedObject> = {},
): CheckedObject {
  return { reference, file, isJudged: true, results: [], undecided: [], expiredExemptions: [], ...parts };
}

/** One of everything that a report can hold. */
export const sampleOutcome: CheckOutcome = {
  objects: [
    checked(web, peer.file, { results: [exempt, peer] }),
    checked(node, host.file, {
      results: [host, label],
      expiredExemptions: [
        {
          rule: host.rule,
          policy: 'pods',
          owner: 'ops',
          expires: '2026-01-31',
          object: node,
          file: host.file,
          line: 1,
          column: 1,
        },
      ],
    }),
    checked(space, 'k8s/space.yaml', {
      undecided: [
        {
          rule: 'namespaces/tenant-label-required',
          mode: 'enforce',
          policy: 'namespaces',
          undecided: 'deny',
          object: space,
          field: 'metadata.labels',
          message: 'must be of type object',
          file: 'k8s/space.yaml',
          line: 5,
          column: 3,
        },
      ],
    }),
    checked({ ...space, name: 'globex-dev' }, 'k8s/space.yaml'),
    checked({ apiVersion: 'v1', kind: 'ConfigMap', namespace: null, name: '' }, 'k8s/space.yaml', { isJudged: false }),
  ],
  faults: [{ file: '/tmp/broken.yaml', line: 2, column: 7, message: 'is not valid YAML: Missing closing "quote' }],
};

/** A violation whose every text tries to break out of its line. */
export const hostileOutcome: CheckOutcome = {
  objects: [
    checked({ ...web, name: 'a\n::set-env name=X::y\u001b[2J' }, 'x\n::error::.yaml', {
      results: [
        {
          ...peer,
          object: { ...web, name: 'a\n::set-env name=X::y\u001b[2J' },
          message: 'a\u2028b\u202ec\u009bd\r\n::error::e\ud800',
          fix: 'one\n\u001b[31mtwo',
          field: 'f\n::g',
          file: 'x\n::error::.yaml',
        },
      ],
    }),
  ],
  faults: [],
};
