import { test } from 'tap';

import type { NamespaceLayer, PostureState } from '../../../src/audit/audit-report.ts';
import { namespaceLayers } from '../../../src/audit/audit-report.ts';
import { layerRules } from '../../../src/audit/posture/layer-rules.ts';
import { postureOfNamespace } from '../../../src/audit/posture/namespace-posture.ts';
import type { NamespaceEvidence } from '../../../src/audit/posture/posture-evidence.ts';
import type { Kind } from '../../../src/policy/objects/kinds.ts';
import {
  everyRule,
  exemption,
  labelled,
  layer,
  limits,
  messages,
  namespaceEvidence,
  quota,
  result,
  tenancy,
} from '../../support/posture.ts';

type Case = readonly [name: string, evidence: NamespaceEvidence, state: PostureState, first: string, fix?: RegExp];

function judgeCases(of: NamespaceLayer, cases: readonly Case[]): void {
  for (const [name, evidence, state, first, fix] of cases) {
    test(`${of}: ${name}`, (t) => {
      const posture = layer(of, evidence);
      t.equal(posture.state, state);
      t.equal(messages(posture)[0], first);
      if (fix === undefined) t.notOk('fix' in posture);
      else t.match(posture.fix, fix);
      t.end();
    });
  }
}

const present = (...kinds: readonly Kind[]): Pick<NamespaceEvidence, 'present'> => ({ present: new Set(kinds) });
const unread = (...kinds: readonly Kind[]): Pick<NamespaceEvidence, 'unread'> => ({ unread: new Set(kinds) });
const without = (rule: string): NamespaceEvidence['inForce'] => new Map([...everyRule].filter(([id]) => id !== rule));

test('where all is as it should be, every layer is in place and says by what', (t) => {
  const { namespace, layers } = postureOfNamespace(namespaceEvidence());
  t.equal(namespace, 'acme-dev');
  t.strictSame(
    layers.map((one) => [one.layer, one.state, one.evidence]),
    [
      ['labels', 'in-place', [{ message: 'tenantgate.dev/tenant is "acme"' }]],
      ['access', 'in-place', [{ message: 'no Role and no RoleBinding' }]],
      ['pod-security', 'in-place', [{ message: 'pod-security.kubernetes.io/enforce is "baseline"' }]],
      [
        'quota',
        'in-place',
        [{ message: 'quotas bound cpu, memory and pods, and every container has a limit of cpu and memory' }],
      ],
      ['network-isolation', 'in-place', [{ message: 'every pod that can be made is isolated for ingress and egress' }]],
      [
        'network-flows',
        'in-place',
        [{ message: 'what policies, Services and routes open is inside the tenant or an approved flow' }],
      ],
      ['flux', 'in-place', [{ message: 'no Flux objects' }]],
    ],
  );
  t.end();
});

const tenantField = 'metadata.labels["tenantgate.dev/tenant"]';
const writtenAt = '2026-05-01T00:00:00Z';

judgeCases('labels', [
  [
    'the tenant label is gone',
    namespaceEvidence({ namespace: { name: 'acme-dev', labels: {} } }),
    'missing',
    'names no tenant',
    /^kubectl label --overwrite namespace acme-dev tenantgate.dev\/tenant=acme$/,
  ],
  [
    'the tenant label is empty',
    namespaceEvidence({ namespace: { name: 'acme-dev', labels: { 'tenantgate.dev/tenant': '' } } }),
    'missing',
    'names no tenant',
    /^kubectl label/,
  ],
  [
    'the tenant label names another',
    namespaceEvidence({ namespace: { name: 'acme-dev', labels: { 'tenantgate.dev/tenant': 'globex' } } }),
    'drifted',
    'names "globex", not "acme"',
    /^kubectl label/,
  ],
  [
    'a pod carries the label of another',
    namespaceEvidence({ results: [result('pods/tenant-label-matches')] }),
    'drifted',
    'pods/tenant-label-matches: is wrong',
    /^Mend pods\/tenant-label-matches\.$/,
  ],
  [
    'a Namespace that the garbage collector deletes',
    namespaceEvidence({ results: [result('namespaces/owner-references-fixed')] }),
    'drifted',
    'namespaces/owner-references-fixed: is wrong',
    /^Mend/,
  ],
  [
    'pods were not read',
    namespaceEvidence(unread('Pod', 'Deployment')),
    'unknown',
    'not all could be read or judged: deployments.apps, pods',
    /rules:\n {4}- \{apiGroups: \[""\], resources: \[pods\], verbs: \[list\]\}\n {4}- \{apiGroups: \["apps"\], resources: \[deployments\], verbs: \[list\]\}$/,
  ],
  [
    'nobody judges the labels of pods',
    namespaceEvidence({ ...present('Pod'), inForce: without('pods/tenant-label-matches') }),
    'unknown',
    'no policy in force here holds pods/tenant-label-matches, so nobody has judged: pods',
    /spec:\n {4}rules:\n {6}- rule: pods\/tenant-label-matches$/,
  ],
]);

test('labels: those that only the platform may set are told, since who set them is not stored', (t) => {
  const reserving = { ...tenancy, reservedKeys: new Set(['tier']), reservedPrefixes: ['platform.example/'] };
  const labels = { 'platform.example/zone': 'a', tier: 'gold', 'platform.example/area': 'b', team: 'web' };
  const posture = layer('labels', labelled(labels, { tenancy: reserving, namespaceWrittenAt: writtenAt }));
  const object = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'acme-dev' };
  t.match(posture, { state: 'in-place' });
  t.strictSame(posture.evidence.slice(1), [
    { object, field: 'metadata.labels["platform.example/area"]', message: 'is "b", which only the platform may set' },
    { object, field: 'metadata.labels["platform.example/zone"]', message: 'is "a", which only the platform may set' },
    { object, field: 'metadata.labels["tier"]', message: 'is "gold", which only the platform may set' },
  ]);
  t.end();
});

test('labels: what is wrong names the object, the field, and when it was written', (t) => {
  const namespace = { name: 'acme-dev', labels: {} };
  t.strictSame(layer('labels', namespaceEvidence({ namespace, namespaceWrittenAt: writtenAt })).evidence, [
    {
      object: { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'acme-dev', writtenAt },
      field: tenantField,
      message: 'names no tenant',
    },
  ]);
  t.end();
});

judgeCases('access', [
  [
    'bindings stay inside',
    namespaceEvidence(present('RoleBinding')),
    'in-place',
    'Roles and RoleBindings stay inside the tenant and give away no power over the cluster',
  ],
  [
    'a binding gives power to others',
    namespaceEvidence({ ...present('RoleBinding'), results: [result('access/own-tenant-subjects')] }),
    'drifted',
    'access/own-tenant-subjects: is wrong',
    /^Mend access\/own-tenant-subjects\.$/,
  ],
  [
    'the operator exempts it',
    namespaceEvidence({ results: [result('access/no-escalating-role', { exemption })] }),
    'in-place',
    'no Role and no RoleBinding',
  ],
  [
    'RoleBindings were not read',
    namespaceEvidence(unread('RoleBinding')),
    'unknown',
    'not all could be read or judged: rolebindings.rbac.authorization.k8s.io',
    /apiGroups: \["rbac\.authorization\.k8s\.io"\]/,
  ],
  [
    'a policy leaves RoleBindings out',
    namespaceEvidence({
      ...present('RoleBinding'),
      inForce: new Map([...everyRule, ['access/own-tenant-subjects', new Set<Kind>(['ClusterRoleBinding'])]]),
    }),
    'unknown',
    'no policy in force here holds access/own-tenant-subjects, so nobody has judged: rolebindings.rbac.authorization.k8s.io',
    /rule: access\/own-tenant-subjects/,
  ],
  [
    'what is wrong is certain, whatever was not read',
    namespaceEvidence({ ...unread('Role'), results: [result('access/own-tenant-subjects')] }),
    'drifted',
    'access/own-tenant-subjects: is wrong',
    /^Mend access\/own-tenant-subjects\.$/,
  ],
]);

test('exemptions, and what is wrong only if a tenant wrote it, are told and are no drift', (t) => {
  const results = [
    result('access/no-escalating-role', { exemption, field: '' }),
    result('access/no-cluster-admin-binding', { writer: 'tenant' }),
  ];
  const posture = layer('access', namespaceEvidence({ results }));
  const { object } = results[0]!;
  t.equal(posture.state, 'in-place');
  t.strictSame(posture.evidence.slice(1), [
    {
      object,
      message: 'exempt until 2027-01-01 (old system; platform answers for it): access/no-escalating-role: is wrong',
    },
    {
      object,
      field: 'spec',
      message: 'to confirm, wrong only if a tenant wrote it: access/no-cluster-admin-binding: is wrong',
    },
  ]);
  t.end();
});

const enforce = 'pod-security.kubernetes.io/enforce';
const version = 'pod-security.kubernetes.io/enforce-version';

judgeCases('pod-security', [
  ['restricted', labelled({ [enforce]: 'restricted' }), 'in-place', `${enforce} is "restricted"`],
  [
    'the label is missing',
    labelled({}),
    'missing',
    'is missing, so the API server enforces no level',
    /^kubectl label --overwrite namespace acme-dev pod-security\.kubernetes\.io\/enforce=baseline$/,
  ],
  ['privileged', labelled({ [enforce]: 'privileged' }), 'drifted', '"privileged" enforces nothing', /=baseline$/],
  [
    'no level',
    labelled({ [enforce]: 'Baseline' }),
    'drifted',
    '"Baseline" is no level of the Pod Security Standards; the API server takes it for "restricted"',
    /=baseline$/,
  ],
  [
    'no version',
    labelled({ [enforce]: 'baseline', [version]: '1.30' }),
    'drifted',
    '"1.30" is no version of the Pod Security Standards; the API server takes it for the latest',
    /enforce-version=latest$/,
  ],
  [
    'the latest version',
    labelled({ [enforce]: 'baseline', [version]: 'latest' }),
    'in-place',
    `${enforce} is "baseline"`,
  ],
  [
    'pods were there before the label',
    namespaceEvidence({ results: [result('pods/pod-security')] }),
    'drifted',
    'pods/pod-security: is wrong',
    /^Mend pods\/pod-security\.$/,
  ],
  [
    'pods were not read',
    namespaceEvidence(unread('Pod')),
    'unknown',
    'not all could be read or judged: pods',
    /resources: \[pods\]/,
  ],
  [
    'nobody judges the pods',
    namespaceEvidence({ ...present('Pod'), inForce: without('pods/pod-security') }),
    'unknown',
    'no policy in force here holds pods/pod-security, so nobody has judged: pods',
    /rule: pods\/pod-security/,
  ],
  [
    'the operator exempts the namespace',
    labelled({ [version]: 'x' }, { results: [result('namespaces/pod-security-level', { exemption })] }),
    'in-place',
    `${enforce} is "none"`,
  ],
]);

test('pod-security: a version that is pinned is told', (t) => {
  const posture = layer('pod-security', labelled({ [enforce]: 'baseline', [version]: 'v1.30' }));
  t.equal(posture.state, 'in-place');
  t.match(posture.evidence[1], {
    field: `metadata.labels["${version}"]`,
    message: 'the level is pinned to "v1.30"',
  });
  t.end();
});

const whole = { 'requests.cpu': '1', 'requests.memory': '1Gi', 'count/pods': '5' };

judgeCases('quota', [
  [
    'nothing is there',
    namespaceEvidence({ resourceQuotas: [], limitRanges: [] }),
    'missing',
    'there is no ResourceQuota',
    /kind: ResourceQuota[\s\S]*requests\.cpu: <quantity>\n {6}requests\.memory: <quantity>\n {6}pods: <quantity>\n[\s\S]*kind: LimitRange[\s\S]*cpu: <quantity>/,
  ],
  [
    'no quota',
    namespaceEvidence({ resourceQuotas: [] }),
    'drifted',
    'there is no ResourceQuota',
    /namespace: acme-dev/,
  ],
  [
    'other names',
    namespaceEvidence({ resourceQuotas: [quota(whole)] }),
    'in-place',
    'quotas bound cpu, memory and pods, and every container has a limit of cpu and memory',
  ],
  [
    'pods are not bounded',
    namespaceEvidence({ resourceQuotas: [quota({ cpu: '1', memory: '1Gi' })] }),
    'drifted',
    'no ResourceQuota that counts every pod bounds pods',
    /hard:\n {6}pods: <quantity>$/,
  ],
  [
    'a quota with scopes counts only some pods',
    namespaceEvidence({ resourceQuotas: [quota(whole, { scopes: ['Terminating'] })] }),
    'drifted',
    'no ResourceQuota that counts every pod bounds cpu, memory, pods',
    /ResourceQuota/,
  ],
  ['no LimitRange', namespaceEvidence({ limitRanges: [] }), 'drifted', 'there is no LimitRange', /kind: LimitRange/],
  [
    'memory has no limit',
    namespaceEvidence({ limitRanges: [limits({ default: { cpu: '1' } }), limits({})] }),
    'drifted',
    'no LimitRange gives containers a limit of memory',
    /default:\n {10}memory: <quantity>$/,
  ],
  [
    'quotas were not read',
    namespaceEvidence({ resourceQuotas: undefined }),
    'unknown',
    'not all could be read or judged: resourcequotas',
    /resourcequotas/,
  ],
  [
    'limits were not read',
    namespaceEvidence({ limitRanges: undefined }),
    'unknown',
    'not all could be read or judged: limitranges',
    /limitranges/,
  ],
  [
    'what is lacking is certain, whatever was not read',
    namespaceEvidence({ limitRanges: undefined, resourceQuotas: [] }),
    'drifted',
    'there is no ResourceQuota',
    /ResourceQuota/,
  ],
  [
    'a rule tells of it',
    namespaceEvidence({ results: [result('quota/quota-kept')] }),
    'drifted',
    'quota/quota-kept: is wrong',
    /^Mend/,
  ],
]);

test('quota: the object that does not bound enough is named, and where there are several the namespace', (t) => {
  const short = quota({ cpu: '1', memory: '1Gi' });
  const name = (resourceQuotas: NamespaceEvidence['resourceQuotas']) =>
    layer('quota', namespaceEvidence({ resourceQuotas })).evidence[0]?.object?.name;
  t.equal(name([short]), 'all');
  t.equal(name([short, short]), 'acme-dev');
  t.end();
});

judgeCases('network-flows', [
  [
    'nothing opens anything',
    namespaceEvidence(present()),
    'in-place',
    'no policies, Services or routes, so nothing is opened by any',
  ],
  [
    'a peer is not confined',
    namespaceEvidence({ results: [result('network/confined-peers')] }),
    'drifted',
    'network/confined-peers: is wrong',
    /^Mend/,
  ],
  [
    'a Service leads out',
    namespaceEvidence({ results: [result('services/no-foreign-external-name')] }),
    'drifted',
    'services/no-foreign-external-name: is wrong',
    /^Mend/,
  ],
  [
    'advice is no drift',
    namespaceEvidence({ results: [result('network/or-instead-of-and')] }),
    'in-place',
    'what policies, Services and routes open is inside the tenant or an approved flow',
  ],
  [
    'policies of a plugin were not read',
    namespaceEvidence(unread('CiliumNetworkPolicy')),
    'unknown',
    'not all could be read or judged: ciliumnetworkpolicies.cilium.io',
    /cilium\.io/,
  ],
  [
    'nobody judges peers',
    namespaceEvidence({ inForce: without('network/confined-peers') }),
    'unknown',
    'no policy in force here holds network/confined-peers, so nobody has judged: networkpolicies.networking.k8s.io',
    /rule: network\/confined-peers/,
  ],
]);

test('rights are told by API group', (t) => {
  t.match(
    layer('network-flows', namespaceEvidence(unread('Service', 'NetworkPolicy', 'Endpoints'))).fix,
    /\n {4}- \{apiGroups: \[""\], resources: \[endpoints, services\], verbs: \[list\]\}\n {4}- \{apiGroups: \["networking\.k8s\.io"\], resources: \[networkpolicies\], verbs: \[list\]\}$/,
  );
  t.end();
});

judgeCases('flux', [
  [
    'all is confined',
    namespaceEvidence(present('Kustomization')),
    'in-place',
    'Flux objects name a service account and refer to their own tenant alone',
  ],
  [
    'a Kustomization without a service account',
    namespaceEvidence({ results: [result('flux/service-account-required')] }),
    'drifted',
    'flux/service-account-required: is wrong',
    /^Mend/,
  ],
  [
    'HelmReleases were not read',
    namespaceEvidence(unread('HelmRelease')),
    'unknown',
    'not all could be read or judged: helmreleases.helm.toolkit.fluxcd.io',
    /helmreleases/,
  ],
  [
    'nobody judges them',
    namespaceEvidence({ ...present('HelmRelease'), inForce: without('flux/service-account-required') }),
    'unknown',
    'no policy in force here holds flux/service-account-required, so nobody has judged: helmreleases.helm.toolkit.fluxcd.io',
    /rule: flux\/service-account-required/,
  ],
]);

test('much evidence is cut, and so are many corrections', (t) => {
  const results = Array.from({ length: 25 }, (_, index) =>
    result('flux/no-kube-config', { message: `is wrong ${index}`, fix: `Mend ${index}.` }),
  );
  const posture = layer('flux', namespaceEvidence({ results }));
  t.equal(posture.evidence.length, 21);
  t.strictSame(posture.evidence.at(-1), { message: 'and 5 more' });
  t.equal(posture.fix, 'Mend 0.\nMend 1.\nMend 2.\nAnd 22 more: each result has its own.');
  t.end();
});

test('property: no layer is in place where something that it needs was not read, or nobody judged it', (t) => {
  const all = namespaceEvidence({ present: new Set(Object.values(layerRules).flatMap(({ kinds }) => kinds)) });
  t.ok(postureOfNamespace(all).layers.every(({ state }) => state === 'in-place'));
  for (const name of namespaceLayers) {
    const { kinds, needed } = layerRules[name];
    for (const kind of kinds) {
      t.not(layer(name, { ...all, ...unread(kind) }).state, 'in-place', `${name} without ${kind}`);
    }
    for (const rule of Object.keys(needed)) {
      t.not(layer(name, { ...all, inForce: without(rule) }).state, 'in-place', `${name} without ${rule}`);
    }
  }
  const readsOf = {
    networkPolicies: 'network-isolation',
    resourceQuotas: 'quota',
    limitRanges: 'quota',
  } as const;
  for (const [field, name] of Object.entries(readsOf)) {
    const posture = layer(name, {
      ...all,
      ...unread('NetworkPolicy', 'ResourceQuota', 'LimitRange'),
      [field]: undefined,
    });
    t.equal(posture.state, 'unknown', field);
    t.equal(posture.evidence.length, 1, 'told once');
  }
  t.end();
});
