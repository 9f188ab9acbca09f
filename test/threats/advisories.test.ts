import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { webhookRules } from '../../src/admission/webhook-rules.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { evaluate, unreadable } from '../../src/policy/evaluate.ts';
import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { principalOf } from '../../src/tenancy/principal.ts';
import { coverageOf } from '../support/coverage/coverage.ts';
import { factsOf, twoTenants } from '../support/facts.ts';
import { judge, setOf, subjectOf, type Doing } from '../support/judge.ts';
import {
  minimalNamespace,
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  minimalRoleBinding,
  minimalService,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import {
  bodyOf,
  createTestAdmission,
  indexOf,
  readerOf,
  requestOf,
  responseOf,
  reviewOf,
  unbounded,
} from '../support/test-admission.ts';
import { admits, changed, decide, denies } from './decide.ts';

const tenantLabel = ['metadata', 'labels', 'tenantgate.dev/tenant'];
const ofGlobex = tweak(minimalNamespace(), tenantLabel, 'globex');
const hostNetwork = tweak(minimalPod(), 'spec.hostNetwork', true);
const source = join(import.meta.dirname, '../../src');

async function ask(request: Manifest): Promise<boolean> {
  const { service } = createTestAdmission();
  return responseOf(await service.validate(bodyOf(reviewOf(request)), unbounded)).allowed;
}

/** Source of the folders through which a request goes. */
function sources(): readonly (readonly [string, string])[] {
  return ['algebra', 'tenancy', 'policy', 'admission', 'server', 'telemetry'].flatMap((folder) =>
    readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [file, readFileSync(join(source, folder, file), 'utf8')] as const),
  );
}

void test('CVE-2025-1974: nothing turns input into code or a command', (t) => {
  for (const [file, text] of sources())
    t.notMatch(text, /\beval\(|new Function|node:(?:child_process|vm|worker_threads)/, file);
  t.end();
});

void test('CVE-2021-25735: what an object says of its past counts for nothing; oldObject does', async (t) => {
  const update = { operation: 'UPDATE', oldObject: minimalNamespace() };
  t.equal(await ask(requestOf(ofGlobex, update)), false);
  const forged = tweak(
    ofGlobex,
    ['metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'],
    JSON.stringify(ofGlobex),
  );
  t.equal(await ask(requestOf(forged, update)), false);
  t.equal(await ask(requestOf(minimalNamespace(), update)), true);
});

const privileged = [{ name: 'a', image: 'a', securityContext: { privileged: true } }];

void test('CVE-2023-2727, CVE-2023-2728, CVE-2024-3177: ephemeral containers are judged on their own subresource', async (t) => {
  const debugged = tweak(minimalPod(), 'spec.ephemeralContainers', privileged);
  const update = { operation: 'UPDATE', oldObject: minimalPod(), subResource: 'ephemeralcontainers' };
  t.equal(await ask(requestOf(debugged, update)), false);
  t.equal(
    await ask(requestOf(tweak(minimalPod(), 'spec.ephemeralContainers', [{ name: 'a', image: 'a' }]), update)),
    true,
  );
  t.ok(
    webhookRules(rules).validating.some((entry) =>
      entry.rules.some(({ resources }) => resources.includes('pods/ephemeralcontainers')),
    ),
  );
});

void test('CVE-2025-4563: what is judged on UPDATE of a state is judged on CREATE, and through each subresource', (t) => {
  const cells = coverageOf(rules.filter(({ id }) => id.startsWith('namespaces/') || id.startsWith('services/')));
  for (const { rule, kind, operation, subresource, trial, explanation } of cells)
    t.ok(trial ?? explanation, `${rule} ${kind} ${operation} ${subresource ?? ''}`);
  for (const rule of rules) {
    if (rule.type === 'check' && rule.judges === 'state' && rule.operations.includes('UPDATE'))
      t.ok(rule.operations.includes('CREATE'), rule.id);
  }
  t.end();
});

void test('CVE-2020-8554: neither spec nor status of a Service takes an address', (t) => {
  denies(t, 'services/no-external-ips', tweak(minimalService(), 'spec.externalIPs', ['192.0.2.1']));
  const status = tweak(minimalService(), 'status.loadBalancer.ingress', [{ ip: '192.0.2.1' }]);
  denies(t, 'services/no-external-ips', status, { old: minimalService(), subresource: 'status' });
  admits(t, minimalService());
  t.end();
});

const isolated: NonNullable<Doing['world']> = {
  networkPolicies: { 'acme-dev': [minimalNetworkPolicy() as never] },
  pods: { 'acme-dev': [{ name: 'web', labels: {}, hostNetwork: false }] },
};

void test('CVE-2024-7598: a tenant does not take the last isolation; the namespace controller may', (t) => {
  denies(t, 'network/isolation-kept', minimalNetworkPolicy(), { operation: 'DELETE', world: isolated });
  admits(t, minimalNetworkPolicy(), { operation: 'DELETE', world: isolated, principal: { kind: 'controller' } });
  t.end();
});

void test('CVE-2023-34091: an object that is being deleted is judged like any other', (t) => {
  const ending = { 'metadata.deletionTimestamp': '2026-06-01T00:00:00Z', 'metadata.finalizers': ['a/b'] };
  denies(t, 'pods/host-network', changed(hostNetwork, ending), { old: changed(minimalPod(), ending) });
  t.end();
});

void test('CVE-2025-46342: a look-up that fails is no match and no pass', async (t) => {
  const unknown = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const { service, seen } = createTestAdmission({ namespaces: indexOf(unknown), reader: readerOf(unknown) });
  const answer = await service.validate(bodyOf(reviewOf(requestOf(minimalObject('NetworkPolicy')))), unbounded);
  const opened = tweak(minimalNetworkPolicy(), 'spec.ingress', [
    { from: [{ namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } } }] },
  ]);
  const open = await service.validate(bodyOf(reviewOf(requestOf(opened))), unbounded);
  t.equal(responseOf(open).allowed, false);
  t.ok(seen.faults.includes('fact-unavailable'));
  t.ok(answer.statusCode === 200);
});

void test('CVE-2024-48921: what a tenant writes is no exemption', (t) => {
  for (const place of ['annotations', 'labels'])
    for (const key of ['tenantgate.dev/exempt', 'tenantgate.dev/exemption', 'policies.kyverno.io/exclude'])
      denies(t, 'pods/host-network', tweak(hostNetwork, ['metadata', place, key], 'true'));
  t.end();
});

void test('CVE-2023-33191: an unconfined seccomp profile is found in the pod and in each list', (t) => {
  const securityContext = { seccompProfile: { type: 'Unconfined' } };
  denies(t, 'pods/pod-security', tweak(minimalPod(), 'spec.securityContext', securityContext));
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    denies(t, 'pods/pod-security', tweak(minimalPod(), `spec.${list}`, [{ name: 'a', image: 'a', securityContext }]));
  t.end();
});

void test('CVE-2025-47281: null and nothing crash no rule', (t) => {
  const [set, read] = [shippedPolicySet(), createObjectReader()];
  for (const kind of Object.keys(kinds) as Kind[]) {
    for (const path of [
      'spec',
      'metadata',
      'status',
      'rules',
      'subjects',
      'metadata.labels',
      'spec.template',
      'template',
    ]) {
      const manifest = { ...minimalObject(kind), ...tweak(minimalObject(kind), path, null) };
      const parsed = read(kind, manifest);
      const judged = () =>
        parsed.ok
          ? evaluate(subjectOf(manifest), set, factsOf())
          : unreadable(kind, 'CREATE', set, parsed.faults, { today: '2026-06-01' });
      t.doesNotThrow(judged, `${kind} ${path}`);
    }
  }
  t.end();
});

void test('CVE-2026-23881: documents that grow by aliases are refused', (t) => {
  const levels = Array.from({ length: 12 }, (_, level) =>
    level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}x]`,
  );
  const folder = t.testdir({ 'bomb.yaml': `apiVersion: v1\nkind: Bomb\n${levels.join('\n')}\n` });
  const { documents, faults } = readManifests([folder], undefined);
  t.same(documents, []);
  t.match(faults, [{ message: /aliases stand for more than/ }]);
  t.end();
});

void test('CVE-2026-22039, CVE-2026-41068: an object causes a bounded number of reads, and of names only', async (t) => {
  const reads: string[] = [];
  const reader = {
    ...readerOf({}),
    readNamespace: (name: string) => (reads.push(name), Promise.resolve('missing' as const)),
  };
  const namespaces = {
    size: 0,
    get: (name: string) => (name === 'acme-dev' ? { name, labels: { 'tenantgate.dev/tenant': 'acme' } } : undefined),
  };
  const { service } = createTestAdmission({ namespaces, reader });
  const from = Array.from({ length: 500 }, (_, index) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `n${index}` } },
  }));
  const policy = tweak(minimalNetworkPolicy(), 'spec.ingress', [{ from }]);
  const answer = await service.validate(bodyOf(reviewOf(requestOf(policy))), unbounded);
  t.equal(responseOf(answer).allowed, false);
  t.ok(reads.length > 0 && reads.length <= 32, `${reads.length} reads`);
});

void test('CVE-2026-4789, CVE-2023-47630: nothing on the way of a request opens a connection', (t) => {
  for (const [file, text] of sources())
    t.notMatch(text, /globalThis\.fetch|await fetch\(|https?\.(?:request|get)\(|from 'undici'/, file);
  t.end();
});

void test('CVE-2025-24376, CVE-2025-24784, CVE-2026-42541, GHSA-6r7f-3fwq-hq74: a Policy that a tenant applies decides nothing', (t) => {
  t.notOk(Object.keys(kinds).some((kind) => ['Policy', 'Tenancy'].includes(kind)));
  t.notOk(
    webhookRules(rules).validating.some((entry) =>
      entry.rules.some(({ apiGroups }) => apiGroups.includes('tenantgate.dev')),
    ),
  );
  denies(t, 'pods/host-network', hostNetwork);
  t.end();
});

/** A Namespace that no rule objects to when a tenant changes it. */
const leveled = tweak(minimalNamespace(), ['metadata', 'labels', 'pod-security.kubernetes.io/enforce'], 'baseline');

void test('CVE-2022-46167: a service account of the tenant neither drops nor changes the tenant', (t) => {
  for (const now of [ofGlobex, tweak(minimalNamespace(), tenantLabel, undefined)])
    denies(t, 'namespaces/tenant-label-fixed', now, { old: minimalNamespace() });
  admits(t, tweak(leveled, ['metadata', 'labels', 'env'], 'dev'), { old: leveled });
  t.end();
});

void test('CVE-2025-5187: no owner that a tenant names has the collector delete a Namespace', (t) => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'gone', uid: '00000000-0000-0000-0000-000000000000' };
  const owned = tweak(leveled, 'metadata.ownerReferences', [owner]);
  denies(t, 'namespaces/owner-references-fixed', owned, { old: leveled });
  admits(t, owned, { old: owned });
  t.end();
});

void test('CVE-2024-39690: a namespace of nobody, or of the platform, cannot be claimed', (t) => {
  for (const name of ['default', 'kube-system']) {
    const before = changed(minimalNamespace(), { 'metadata.name': name, 'metadata.labels': {} });
    denies(t, 'namespaces/tenant-label-fixed', tweak(before, tenantLabel, 'acme'), { old: before });
  }
  t.end();
});

void test('CVE-2025-55205: no reserved label gets onto a namespace of the platform', (t) => {
  const before = changed(minimalNamespace(), { 'metadata.name': 'kube-system', 'metadata.labels': {} });
  denies(t, 'namespaces/reserved-labels', tweak(before, ['metadata', 'labels', 'tenantgate.dev/zone'], 'a'), {
    old: before,
  });
  t.end();
});

void test('CVE-2026-30963: labels are guarded on namespaces/status and namespaces/finalize', async (t) => {
  for (const subResource of ['status', 'finalize']) {
    t.equal(await ask(requestOf(ofGlobex, { operation: 'UPDATE', oldObject: minimalNamespace(), subResource })), false);
    t.equal(
      await ask(requestOf(minimalNamespace(), { operation: 'UPDATE', oldObject: minimalNamespace(), subResource })),
      true,
    );
  }
});

void test('GHSA-gwxr-7h77-7777: the registration has the resources of the table of kinds, in the plural', (t) => {
  const known = new Set(Object.values(kinds).map(({ group, resource }) => `${group}/${resource}`));
  const sent = webhookRules(rules).validating.flatMap((entry) => entry.rules);
  for (const { apiGroups, resources } of sent) {
    for (const resource of resources)
      t.ok(
        apiGroups.every((group) => known.has(`${group}/${resource.split('/')[0] ?? ''}`)),
        resource,
      );
  }
  for (const part of ['namespaces/status', 'namespaces/finalize'])
    t.ok(
      sent.some(({ resources }) => resources.includes(part)),
      part,
    );
  t.end();
});

void test('CVE-2026-22872, CVE-2026-65835: an object of the whole cluster is no way out of a tenant', (t) => {
  denies(t, 'access/no-cluster-admin-binding', minimalRoleBinding('ClusterRoleBinding'));
  const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  denies(t, 'access/no-escalating-role', tweak(minimalObject('ClusterRole'), 'rules', everything));
  admits(t, minimalRoleBinding());
  t.end();
});

void test('GHSA-gjw4-3v3v-rqxg: reserved labels hold by prefix, and what only looks like one is free', (t) => {
  const labelled = (key: string) => tweak(leveled, ['metadata', 'labels', key], 'x');
  for (const key of ['tenantgate.dev/zone', 'tenantgate.dev/', 'tenantgate.dev/a.b'])
    denies(t, 'namespaces/reserved-labels', labelled(key), { old: leveled });
  for (const key of ['tenantgatexdev/zone', 'my.tenantgate.dev/zone', 'Tenantgate.dev/zone'])
    admits(t, labelled(key), { old: leveled });
  t.end();
});

void test('CVE-2023-46254, CVE-2023-48312: the same name elsewhere, and no name at all, are not the platform', (t) => {
  const { tenancy } = shippedPolicySet();
  const kindOf = (username: string, ...groups: readonly string[]) => principalOf(tenancy, { username, groups }).kind;
  const home = 'system:serviceaccounts:flux-system';
  t.equal(kindOf('system:serviceaccount:flux-system:kustomize-controller', home), 'platform');
  for (const username of [
    '',
    'kustomize-controller',
    'system:serviceaccount:acme-dev:kustomize-controller',
    'system:serviceaccount:',
    'system:serviceaccount::kustomize-controller',
  ])
    t.equal(kindOf(username, 'system:serviceaccounts:acme-dev', 'system:authenticated'), 'tenant', username);
  t.end();
});

void test('Reversec 2025-07: the port of a registry is no tag, and a prefix ends at a segment', (t) => {
  const allowed = { allowed: [{ host: 'ghcr.io', path: '/acme' }] };
  const image = (text: string) => tweak(minimalObject('ImageRepository'), 'spec.image', text);
  for (const text of [
    'ghcr.io:443/acme-evil/web',
    'ghcr.io/acme-evil/web',
    'ghcr.io/acme/../globex/web',
    'localhost:5000/acme/web',
  ])
    t.ok(judgeWith(allowed, image(text)).length > 0, text);
  t.same(judgeWith(allowed, image('ghcr.io/acme/web')), []);
  t.end();
});

void test('Gatekeeper #231: a namespace cannot have itself ignored', (t) => {
  for (const key of ['admission.gatekeeper.sh/ignore', 'control-plane', 'tenantgate.dev/ignore']) {
    const labels = { 'tenantgate.dev/tenant': 'acme', [key]: 'yes' };
    denies(t, 'pods/host-network', hostNetwork, { world: { namespaces: { ...twoTenants, 'acme-dev': labels } } });
  }
  t.end();
});

void test('Pod Security labels: a namespace that calls itself privileged holds the level of the policy', (t) => {
  const labels = { 'tenantgate.dev/tenant': 'acme', 'pod-security.kubernetes.io/enforce': 'privileged' };
  const pod = tweak(minimalPod(), 'spec.containers', privileged);
  denies(t, 'pods/pod-security', pod, { world: { namespaces: { ...twoTenants, 'acme-dev': labels } } });
  t.ok(decide(minimalPod()).admitted);
  t.end();
});

function judgeWith(params: Manifest, manifest: Manifest): readonly string[] {
  const set = setOf('flux/allowed-source-urls', params);
  return judge('flux/allowed-source-urls', manifest, { set }).violations.map(({ message }) => message);
}
