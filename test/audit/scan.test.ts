import t from 'tap';

import { ListProblem } from '../../src/audit/ports.ts';
import { FakeObjectSource, type FakeSourceOptions } from '../support/fake-object-source.ts';
import {
  minimalNamespace,
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { RecordingPosture, scanned } from '../support/scan.ts';

const refused = new ListProblem('forbidden', 'RBAC refuses it');
const broken = new ListProblem('failed', 'the connection broke');

function inNamespace(object: Manifest, namespace: string, name = 'web'): Manifest {
  return tweak(tweak(object, 'metadata.namespace', namespace), 'metadata.name', name);
}

function namespaceOf(name: string, tenant = 'acme'): Manifest {
  const labelled = tweak(minimalNamespace(), 'metadata.labels', {
    'tenantgate.dev/tenant': tenant,
    'kubernetes.io/metadata.name': name,
    'pod-security.kubernetes.io/enforce': 'baseline',
  });
  return tweak(labelled, 'metadata.name', name);
}

const goodPod = minimalPod();
/** Good or bad: that depends on whose the namespace is. */
const labelledPod = tweak(minimalPod(), 'metadata.labels', { 'tenantgate.dev/tenant': 'acme' });
const badPod = tweak(minimalPod(), 'spec.hostNetwork', true);
const badDeployment = tweak(minimalObject('Deployment'), 'spec.template.spec.hostNetwork', true);

function ownedBy(object: Manifest, kind: string, uid: string, own: string): Manifest {
  const owner = { apiVersion: 'apps/v1', kind, name: 'web', uid, controller: true };
  return tweak(tweak(object, 'metadata.ownerReferences', [owner]), 'metadata.uid', own);
}

async function scanOf(options: FakeSourceOptions) {
  const source = new FakeObjectSource(options);
  const posture = new RecordingPosture();
  const report = await scanned(source, { posture });
  const namesOf = (rule: string) =>
    report.results
      .filter((result) => result.rule === rule)
      .map(({ object }) => `${object.namespace ?? ''}/${object.name}`);
  const listingOf = (resource: string) => report.scan.listings.find((listing) => listing.resource === resource);
  return { source, posture, report, namesOf, listingOf };
}

t.test('a violation is told with its object, tenant, field, message and fix', async (t) => {
  const pod = tweak(badPod, 'metadata.uid', '1234');
  const { report } = await scanOf({ objects: [namespaceOf('acme-dev'), pod] });
  t.same(report.results, [
    {
      rule: 'pods/host-network',
      severity: 'critical',
      mode: 'enforce',
      policy: 'pods',
      object: { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '1234' },
      tenant: 'acme',
      field: 'spec.hostNetwork',
      message: 'true puts the pod on the node’s network, where no NetworkPolicy governs it',
      fix: 'Remove the field or set it to false.',
      writer: 'any',
      copies: 0,
    },
  ]);
  t.match(report.summary, { objects: 2, judged: 2, namespaces: 1, tenants: 1, violations: { enforce: 1 }, unknown: 0 });
  t.match(report.scan, { source: 'https://fake', startedAt: '2026-06-01T12:00:00.000Z', filters: [] });
});

t.test('what only a tenant may not write is to be confirmed, and no violation', async (t) => {
  const { report } = await scanOf({ objects: [namespaceOf('acme-dev'), minimalObject('ClusterRoleBinding')] });
  t.same(new Set(report.results.map(({ writer }) => writer)), new Set(['tenant']));
  t.match(report.summary, { violations: { enforce: 0 }, toConfirm: report.results.length });
});

t.test('the platform’s namespaces are not judged', async (t) => {
  const { report, listingOf } = await scanOf({
    objects: [tweak(namespaceOf('kube-system'), 'metadata.labels', {}), inNamespace(badPod, 'kube-system')],
  });
  t.same(report.results, []);
  t.same(listingOf('pods'), { resource: 'pods', state: 'read', objects: 1, judged: 0 });
});

t.test('a Pod is judged as it was before it was bound to a node', async (t) => {
  const bound = tweak(badPod, 'spec.nodeName', 'node-1');
  const { report } = await scanOf({ objects: [namespaceOf('acme-dev'), bound] });
  t.same(
    report.results.map(({ rule }) => rule),
    ['pods/host-network'],
  );
});

t.test('what a controller made has its owner’s violation, and what is its own as well', async (t) => {
  const replicaSet = tweak(minimalObject('ReplicaSet'), 'spec.template.spec.hostNetwork', true);
  const injected = tweak(badPod, 'spec.hostPID', true);
  const { report } = await scanOf({
    objects: [
      namespaceOf('acme-dev'),
      tweak(badDeployment, 'metadata.uid', 'd'),
      ownedBy(replicaSet, 'Deployment', 'd', 'r'),
      ownedBy(inNamespace(badPod, 'acme-dev', 'web-1'), 'ReplicaSet', 'r', 'p1'),
      ownedBy(inNamespace(injected, 'acme-dev', 'web-2'), 'ReplicaSet', 'r', 'p2'),
      inNamespace(badPod, 'acme-dev', 'alone'),
    ],
  });
  t.same(report.results.map(({ rule, object, copies }) => [rule, object.kind, object.name, copies]).sort(), [
    ['pods/host-namespaces', 'Pod', 'web-2', 0],
    ['pods/host-network', 'Deployment', 'web', 3],
    ['pods/host-network', 'Pod', 'alone', 0],
  ]);
});

t.test('namespaces come in the order of keys, where `acme-dev` is before `acme`', async (t) => {
  const names = ['acme', 'acme-dev', 'acme0'];
  const { report, namesOf, source } = await scanOf({
    objects: [...names.map((name) => namespaceOf(name)), ...names.map((name) => inNamespace(badPod, name))],
    pageSize: 1,
  });
  t.same(namesOf('pods/host-network'), ['acme/web', 'acme-dev/web', 'acme0/web']);
  t.equal(report.summary.unknown, 0);
  t.notOk(source.lists.includes('Pod in acme'), 'nothing is read twice');
});

t.test('where something comes in no order, its namespace is scanned again, and nothing told twice', async (t) => {
  const objects = ['acme-c', 'acme-a', 'acme-b', 'acme-a'].flatMap((name, index) => [
    inNamespace(badPod, name, `pod-${index}`),
    inNamespace(minimalNetworkPolicy(), name, `policy-${index}`),
  ]);
  const given = [...['acme-a', 'acme-b', 'acme-c'].map((name) => namespaceOf(name)), ...objects];
  const sorted = await scanOf({ objects: given });
  const unsorted = await scanOf({ objects: given, unsorted: ['Pod', 'NetworkPolicy'], pageSize: 1 });
  t.same(unsorted.report.results, sorted.report.results);
  t.same(unsorted.report.unknown, []);
  t.same(unsorted.listingOf('pods'), sorted.listingOf('pods'));
  for (const name of ['acme-a', 'acme-b', 'acme-c']) {
    const [late, inTime] = [unsorted, sorted].map(({ posture }) => posture.namespaces.get(name)!);
    t.same(late?.pods, inTime?.pods, name);
    t.same(late?.networkPolicies, inTime?.networkPolicies);
    t.same(
      late?.results.map(({ object }) => object.name).sort(),
      inTime?.results.map(({ object }) => object.name).sort(),
    );
    t.same(late?.present, inTime?.present);
  }
});

t.test('a kind that cannot be listed is unknown, and posture is told', async (t) => {
  const { report, listingOf, posture } = await scanOf({
    objects: [namespaceOf('acme-dev'), goodPod],
    faults: { NetworkPolicy: { problem: refused, afterPages: 0 }, Kustomization: { problem: broken, afterPages: 0 } },
  });
  t.same(
    report.unknown.filter(({ resource }) => resource !== undefined),
    [
      { resource: 'kustomizations.kustomize.toolkit.fluxcd.io', message: 'the connection broke' },
      { resource: 'networkpolicies.networking.k8s.io', message: 'RBAC refuses it' },
    ],
  );
  t.match(listingOf('networkpolicies.networking.k8s.io'), { state: 'forbidden', objects: 0 });
  const evidence = posture.namespaces.get('acme-dev')!;
  t.equal(evidence.networkPolicies, undefined);
  t.ok(evidence.unread.has('NetworkPolicy') && evidence.unread.has('Kustomization'));
  t.same(
    evidence.pods?.map(({ name }) => name),
    ['web'],
  );
});

t.test('what was read before a list broke stands; what comes after is unknown', async (t) => {
  const names = ['acme-a', 'acme-b', 'acme-c'];
  const { namesOf, posture, listingOf } = await scanOf({
    objects: [...names.map((name) => namespaceOf(name)), ...names.map((name) => inNamespace(badPod, name))],
    pageSize: 1,
    faults: { Pod: { problem: broken, afterPages: 2 } },
  });
  t.same(namesOf('pods/host-network'), ['acme-a/web', 'acme-b/web']);
  t.same(listingOf('pods'), { resource: 'pods', state: 'failed', objects: 2, judged: 2 });
  t.same(
    names.map((name) => posture.namespaces.get(name)!.unread.has('Pod')),
    [false, true, true],
    'more of acme-b may have been to come',
  );
});

t.test('what was read before a page broke stands; the rest of it is unknown', async (t) => {
  const objects = ['a', 'b', 'c'].flatMap((name) => [namespaceOf(name), inNamespace(badPod, name)]);
  for (const afterObjects of [0, 1, 2]) {
    const faults = { Pod: { problem: broken, afterPages: 0, afterObjects } };
    const { namesOf, listingOf, report, posture } = await scanOf({ objects, faults });
    t.same(namesOf('pods/host-network'), ['a/web', 'b/web'].slice(0, afterObjects));
    t.match(listingOf('pods'), { state: 'failed', objects: afterObjects });
    t.ok(report.unknown.some(({ resource }) => resource === 'pods'));
    t.equal(posture.namespaces.get('c')?.pods, undefined);
  }
});

t.test('a kind that is not served is no gap', async (t) => {
  const absent = new ListProblem('absent', 'the API server serves no such kind');
  const { report, listingOf, posture } = await scanOf({
    objects: [namespaceOf('acme-dev')],
    faults: { Kustomization: { problem: absent, afterPages: 0 } },
  });
  t.same(report.unknown, []);
  t.match(listingOf('kustomizations.kustomize.toolkit.fluxcd.io'), { state: 'absent', objects: 0 });
  t.notOk(posture.namespaces.get('acme-dev')!.unread.has('Kustomization'));
});

t.test('without namespaces nothing is known to be a tenant’s, and nothing is clean', async (t) => {
  const { report } = await scanOf({
    objects: [
      namespaceOf('acme-dev'),
      inNamespace(labelledPod, 'acme-dev', 'a'),
      inNamespace(labelledPod, 'acme-dev', 'b'),
    ],
    faults: { Namespace: { problem: refused, afterPages: 0 } },
  });
  t.same(report.posture.tenants, []);
  t.match(report.unknown[0], { resource: 'namespaces', message: 'RBAC refuses it' });
  const gaps = report.unknown.filter(({ rule }) => rule === 'pods/tenant-label-matches');
  t.match(gaps, [
    { message: 'namespace "acme-dev" is not known, so whose it is cannot be told (2 objects, Pod/a among them)' },
  ]);
});

t.test('an object that cannot be read is unknown, and so are the facts that it is part of', async (t) => {
  const { report, posture } = await scanOf({
    objects: [
      namespaceOf('acme-dev'),
      tweak(minimalNetworkPolicy(), 'spec', 'everything'),
      tweak(minimalObject('Service'), 'spec', 7),
    ],
  });
  const told = report.unknown.map(({ object, rule, message }) => [object?.kind, rule, message]);
  t.match(told, [
    ['NetworkPolicy', undefined, /^spec must be/],
    ['Service', undefined, /^spec must be/],
  ]);
  const { networkPolicies, unread } = posture.namespaces.get('acme-dev')!;
  t.equal(networkPolicies, undefined);
  t.ok(unread.has('Service') && unread.has('NetworkPolicy'));
});

t.test('fields of another version of Kubernetes neither hide anything nor leave it unknown', async (t) => {
  const pod = tweak(tweak(badPod, 'spec.fromTheFuture', { a: [1] }), 'fromTheFuture', 'b');
  const { report, listingOf } = await scanOf({ objects: [namespaceOf('acme-dev'), pod] });
  t.match(report.results, [{ rule: 'pods/host-network', object: { name: 'web' } }]);
  t.same(report.unknown, []);
  t.same(listingOf('pods'), { resource: 'pods', state: 'read', objects: 1, judged: 1 });
});

t.test('a namespace that was made during the scan is looked up', async (t) => {
  const objects = [namespaceOf('acme-dev'), inNamespace(badPod, 'acme-new')];
  const source: FakeObjectSource = new FakeObjectSource({
    objects,
    onPage: (kind) => {
      if (kind === 'Pod') source.objects = [...objects, namespaceOf('acme-new')];
    },
  });
  const report = await scanned(source);
  t.match(report.results, [{ rule: 'pods/host-network', tenant: 'acme', object: { namespace: 'acme-new' } }]);
  t.same(report.unknown, []);
  t.equal(report.summary.namespaces, 2);
});

t.test('a namespace that goes during the scan takes along what was in it', async (t) => {
  const objects = [namespaceOf('acme-dev'), inNamespace(badPod, 'acme-gone')];
  const source: FakeObjectSource = new FakeObjectSource({
    objects,
    onPage: (kind) => {
      if (kind === 'Pod') queueMicrotask(() => (source.objects = [namespaceOf('acme-dev')]));
    },
  });
  const report = await scanned(source);
  t.same(report.results, []);
  t.same(report.unknown, []);
});

t.test('what stays without a namespace is not known to be clean', async (t) => {
  const { report } = await scanOf({ objects: [namespaceOf('acme-dev'), inNamespace(labelledPod, 'acme-lost')] });
  t.ok(
    report.unknown.some(({ object, message }) => object?.kind === 'Pod' && message.startsWith('namespace "acme-lost"')),
  );
});

t.test('the end of the signal ends the scan, and the rest is unknown', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `acme-${String(index).padStart(2, '0')}`);
  const ending = new AbortController();
  const posture = new RecordingPosture();
  const source = new FakeObjectSource({
    objects: [...names.map((name) => namespaceOf(name)), ...names.map((name) => inNamespace(badPod, name))],
    pageSize: 1,
    onPage: (kind, page) => {
      if (kind === 'Pod' && page === 5) ending.abort();
    },
  });
  const report = await scanned(source, { posture, signal: ending.signal });
  t.ok(report.results.length > 0 && report.results.length <= 5, `${report.results.length} results`);
  t.match(
    report.unknown.find(({ resource }) => resource === 'pods'),
    { message: /^the scan ended/ },
  );
  t.match(
    report.scan.listings.find(({ resource }) => resource === 'pods'),
    { state: 'failed' },
  );
  t.ok(posture.namespaces.get('acme-19')!.unread.has('Pod'));
  t.equal(posture.namespaces.get('acme-19')!.pods, undefined);
});

t.test('of ten thousand violations in one namespace a thousand are listed, and the others told', async (t) => {
  const pods = Array.from({ length: 10_000 }, (_, index) => inNamespace(badPod, 'acme-dev', `pod-${index}`));
  const { report, listingOf } = await scanOf({ objects: [namespaceOf('acme-dev'), ...pods] });
  t.equal(report.results.length, 1_000);
  t.match(report.unknown, [
    {
      object: { kind: 'Namespace', name: 'acme-dev' },
      rule: 'pods/host-network',
      message: '9000 further violations of the rule are there and are not listed',
    },
  ]);
  t.match(listingOf('pods'), { objects: 10_000, judged: 10_000 });
});

t.test('what a rule asks for is known by all of the namespace, whatever comes first', async (t) => {
  // Advice of a NetworkPolicy needs the pods, which are read after it.
  const selecting = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchLabels: { app: 'web' } });
  const labelled = tweak(goodPod, 'metadata.labels', { app: 'web' });
  const withPod = await scanOf({ objects: [namespaceOf('acme-dev'), selecting, labelled], pageSize: 1 });
  t.same(withPod.namesOf('network/selects-nothing'), []);
  const without = await scanOf({ objects: [namespaceOf('acme-dev'), selecting, goodPod], pageSize: 1 });
  t.same(without.namesOf('network/selects-nothing'), ['acme-dev/web']);
  t.notOk(
    without.source.lists.some((list) => list.endsWith('in acme-dev')),
    'nothing is read twice',
  );
});

t.test('what the cluster as a whole shows is read for posture', async (t) => {
  const flux = tweak(
    inNamespace(minimalObject('Deployment'), 'flux-system', 'kustomize-controller'),
    'spec.template.spec.containers',
    [{ name: 'manager', image: 'flux', args: ['--no-cross-namespace-refs=true'] }],
  );
  const node = { metadata: { name: 'node-1' }, status: { images: [{ names: ['a'] }], nodeInfo: {} } };
  const { posture } = await scanOf({
    objects: [
      namespaceOf('flux-system'),
      flux,
      inNamespace(minimalObject('Deployment'), 'flux-system', 'other'),
      inNamespace(minimalObject('DaemonSet'), 'kube-system', 'cilium'),
      inNamespace(minimalObject('DaemonSet'), 'acme-dev', 'agent'),
    ],
    others: { nodes: [node], configmaps: [] },
  });
  const { cluster } = posture;
  t.match(cluster?.fluxDeployments, [{ metadata: { name: 'kustomize-controller' } }]);
  t.match(cluster?.daemonSets, [{ metadata: { name: 'cilium' } }]);
  t.same(cluster?.nodes, [{ metadata: { name: 'node-1' }, status: { images: [], nodeInfo: {} } }]);
  t.same([...(cluster?.configMaps ?? [])], [['kube-system/cilium-config', 'missing']]);
});

t.test('what of the cluster cannot be read is unknown', async (t) => {
  const { posture, report } = await scanOf({
    objects: [namespaceOf('acme-dev')],
    others: { nodes: refused, configmaps: refused },
    faults: { DaemonSet: { problem: broken, afterPages: 0 } },
  });
  t.match(posture.cluster, { nodes: undefined, daemonSets: undefined });
  t.equal(posture.cluster?.configMaps?.size, 0, 'what is not in the map was not read');
  t.match(
    report.unknown.map(({ resource }) => resource),
    ['configmaps "kube-system/cilium-config"', 'daemonsets.apps', /^daemonsets.apps in namespace/, 'nodes'],
  );
});

t.test('a bug of a source is no gap', async (t) => {
  const source = new FakeObjectSource({
    objects: [namespaceOf('acme-dev')],
    faults: { Pod: { problem: new TypeError('bug') as unknown as ListProblem, afterPages: 0 } },
  });
  await t.rejects(scanned(source), { message: 'bug' });
});

t.test('progress is told, and the pace is asked between objects', async (t) => {
  const progress: unknown[] = [];
  let pauses = 0;
  await scanned(new FakeObjectSource({ objects: [namespaceOf('acme-dev'), goodPod] }), {
    onProgress: (one) => progress.push(one),
    pace: {
      pause: () => {
        pauses += 1;
        return Promise.resolve();
      },
    },
  });
  t.same(progress, [{ objects: 1, namespacesDone: 1, namespaces: 1 }]);
  t.ok(pauses > 1);
});
