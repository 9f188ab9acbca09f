import { test } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { ListProblem } from '../../src/audit/ports.ts';
import { replaceNamespaces } from '../../src/audit/replace-namespaces.ts';
import { FakeObjectSource } from '../support/fake-object-source.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { RecordingPosture, scanned } from '../support/scan.ts';

const posture = new RecordingPosture();

const namespace = (name: string, tenant: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'tenantgate.dev/tenant': tenant, 'pod-security.kubernetes.io/enforce': 'restricted' } },
});

const policy = (place: string, name: string, from: object): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: place },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [from] }] },
});

const everybody = { namespaceSelector: {} };
const own = { podSelector: {} };

const before: readonly Manifest[] = [
  namespace('acme-dev', 'acme'),
  namespace('acme-prod', 'acme'),
  namespace('globex', 'globex'),
  namespace('initech', 'initech'),
  policy('acme-dev', 'open', everybody),
  policy('globex', 'open', everybody),
  policy('globex', 'closed', own),
  policy('initech', 'open', everybody),
];

/** What may differ left out: when it was, and what only an audit of everything counts. */
function comparable({ summary, results, unknown, posture }: AuditReport) {
  return { summary: { ...summary, objects: 0, judged: 0 }, results, unknown, posture };
}

void test('a part in its place is what an audit of everything would say', async (t) => {
  const earlier = await scanned(new FakeObjectSource({ objects: before }), { posture });
  const after: readonly Manifest[] = [
    ...before.slice(0, 3),
    policy('globex', 'closed', own),
    namespace('acme-test', 'acme'),
    policy('acme-test', 'open', everybody),
    policy('globex', 'open', own),
    policy('globex', 'another', everybody),
    policy('acme-dev', 'open', everybody),
  ];
  const changed = ['globex', 'acme-test', 'initech'];
  const source = new FakeObjectSource({ objects: after });
  const part = await scanned(source, { posture, only: changed });
  const critical = part.results.filter(({ severity }) => severity === 'critical');
  t.same(
    critical.map(({ object }) => `${object.namespace ?? ''}/${object.name}`),
    ['acme-test/open', 'globex/another'],
  );
  const listed = source.lists.filter((list) => list.startsWith('NetworkPolicy in'));
  t.same(listed, ['NetworkPolicy in acme-test', 'NetworkPolicy in globex', 'NetworkPolicy in initech']);
  t.notOk(
    source.lists.some((list) => list.startsWith('ClusterRole')),
    'nothing that is in no namespace',
  );
  const replaced = replaceNamespaces(earlier, part, changed, posture);
  const whole = await scanned(new FakeObjectSource({ objects: after }), { posture });
  t.same(comparable(replaced), comparable(whole));
  t.equal(replaced.scan.startedAt, part.scan.startedAt);
  t.ok(
    replaced.results.some(({ object }) => object.namespace === 'acme-dev'),
    'what was not looked at stays',
  );
});

void test('what a part cannot read is unknown, and no longer clean', async (t) => {
  const earlier = await scanned(new FakeObjectSource({ objects: before }), { posture });
  const problem = new ListProblem('failed', 'reset');
  const source = new FakeObjectSource({ objects: before, faults: { NetworkPolicy: { problem, afterPages: 0 } } });
  const part = await scanned(source, { posture, only: ['globex'] });
  const replaced = replaceNamespaces(earlier, part, ['globex'], posture);
  t.match(replaced.unknown, [{ resource: 'networkpolicies.networking.k8s.io', message: 'reset' }]);
  t.equal(replaced.summary.unknown, replaced.unknown.length);
  const again = replaceNamespaces(replaced, part, ['globex'], posture);
  t.equal(again.unknown.length, replaced.unknown.length, 'told once');
});
