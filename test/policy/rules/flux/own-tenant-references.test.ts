import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import {
  minimalHelmRelease,
  minimalKustomization,
  minimalObject,
  tweak,
  type Manifest,
} from '../../../support/minimal-objects.ts';

const rule = 'flux/own-tenant-references';
const reference = (namespace?: unknown): Manifest => ({
  kind: 'GitRepository',
  name: 'web',
  ...(namespace === undefined ? {} : { namespace }),
});

/** Every reference that can carry a namespace: the object with it, and its field. */
const places: Readonly<Record<string, readonly [(namespace?: unknown) => Manifest, string]>> = {
  'sourceRef of a Kustomization': [
    (namespace) => tweak(minimalKustomization(), 'spec.sourceRef', reference(namespace)),
    'spec.sourceRef.namespace',
  ],
  'dependsOn of a Kustomization': [
    (namespace) => tweak(minimalKustomization(), 'spec.dependsOn', [reference(), reference(namespace)]),
    'spec.dependsOn[1].namespace',
  ],
  'sourceRef in the chart of a HelmRelease': [
    (namespace) => tweak(minimalHelmRelease(), 'spec.chart.spec.sourceRef', reference(namespace)),
    'spec.chart.spec.sourceRef.namespace',
  ],
  'chartRef of a HelmRelease': [
    (namespace) => tweak(tweak(minimalHelmRelease(), 'spec.chart', undefined), 'spec.chartRef', reference(namespace)),
    'spec.chartRef.namespace',
  ],
  'dependsOn of a HelmRelease': [
    (namespace) => tweak(minimalHelmRelease(), 'spec.dependsOn', [reference(namespace)]),
    'spec.dependsOn[0].namespace',
  ],
  'repository that a GitRepository includes': [
    (namespace) => tweak(minimalObject('GitRepository'), 'spec.include', [{ repository: reference(namespace) }]),
    'spec.include[0].repository.namespace',
  ],
  'sourceRef of a HelmChart': [
    (namespace) => tweak(minimalObject('HelmChart'), 'spec.sourceRef', reference(namespace)),
    'spec.sourceRef.namespace',
  ],
  'sourceRef of an ExternalArtifact': [
    (namespace) => tweak(minimalObject('ExternalArtifact'), 'spec.sourceRef', reference(namespace)),
    'spec.sourceRef.namespace',
  ],
  'source of an ArtifactGenerator': [
    (namespace) => tweak(minimalObject('ArtifactGenerator'), 'spec.sources', [reference(), reference(namespace)]),
    'spec.sources[1].namespace',
  ],
  'repository of an ImagePolicy': [
    (namespace) => tweak(minimalObject('ImagePolicy'), 'spec.imageRepositoryRef', reference(namespace)),
    'spec.imageRepositoryRef.namespace',
  ],
  'sourceRef of an ImageUpdateAutomation': [
    (namespace) => tweak(minimalObject('ImageUpdateAutomation'), 'spec.sourceRef', reference(namespace)),
    'spec.sourceRef.namespace',
  ],
  'event source of an Alert': [
    (namespace) => tweak(minimalObject('Alert'), 'spec.eventSources', [reference(namespace)]),
    'spec.eventSources[0].namespace',
  ],
  'resource of a Receiver': [
    (namespace) => tweak(minimalObject('Receiver'), 'spec.resources', [reference(namespace)]),
    'spec.resources[0].namespace',
  ],
  'selector of a ResourceSetInputProvider': [
    (namespace) => tweak(minimalObject('ResourceSetInputProvider'), 'spec.selectors', [{ name: 'web', namespace }]),
    'spec.selectors[0].namespace',
  ],
};

for (const [place, [withNamespace, field]] of Object.entries(places)) {
  const lines = (namespace: string): readonly string[] => linesOf(judge(rule, withNamespace(namespace)));

  test(`${place} stays in its tenant`, (t) => {
    for (const inside of [undefined, null, '', 'acme-dev', 'acme-prod']) {
      t.same(linesOf(judge(rule, withNamespace(inside))), [], String(inside));
    }
    t.same(lines('globex-dev'), [`${field}: "globex-dev" belongs to tenant "globex"`]);
    t.same(lines('flux-system'), [`${field}: "flux-system" belongs to the platform`]);
    t.same(lines('default'), [`${field}: "default" belongs to no tenant`]);
    t.same(lines('nowhere'), [
      `${field}: "nowhere" does not exist; whoever creates that namespace would be referred to`,
    ]);
    t.end();
  });
}

test('every version of a kind is the kind', (t) => {
  for (const version of ['v1beta1', 'v1beta2', 'v1']) {
    const old = {
      ...tweak(minimalKustomization(), 'spec.sourceRef.namespace', 'globex-dev'),
      apiVersion: `kustomize.toolkit.fluxcd.io/${version}`,
    };
    t.equal(judge(rule, old).outcome, 'denied', version);
  }
  t.end();
});

test('null lists and specs hold no references', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalKustomization(), 'spec.dependsOn', null))), []);
  t.same(linesOf(judge(rule, tweak(minimalKustomization(), 'spec.sourceRef', null))), []);
  t.same(linesOf(judge(rule, tweak(minimalHelmRelease(), 'spec.chart.spec', null))), []);
  t.same(linesOf(judge(rule, tweak(minimalHelmRelease(), 'spec', null))), []);
  t.end();
});

test('namespaces that the policy allows may be referred to', (t) => {
  const set = setOf(rule, { allowedNamespaces: ['flux-system', 'nowhere'] });
  const from = (namespace: string): Manifest => tweak(minimalKustomization(), 'spec.sourceRef.namespace', namespace);
  t.same(linesOf(judge(rule, from('flux-system'), { set })), []);
  t.same(linesOf(judge(rule, from('nowhere'), { set })), []);
  t.equal(judge(rule, from('globex-dev'), { set }).outcome, 'denied');
  t.end();
});

test('a namespace of nobody refers to itself only', (t) => {
  const from = (namespace: string): Manifest =>
    tweak(tweak(minimalKustomization(), 'metadata.namespace', 'default'), 'spec.sourceRef.namespace', namespace);
  t.same(linesOf(judge(rule, from('default'))), []);
  t.equal(judge(rule, from('acme-dev')).outcome, 'denied');
  t.end();
});

test('what cannot be looked up is undecided, what is foreign to everybody is denied', (t) => {
  const from = (namespace: string): Manifest => tweak(minimalKustomization(), 'spec.sourceRef.namespace', namespace);
  const ownUnknown = { world: { namespaces: { ...twoTenants, 'acme-dev': undefined } } };
  t.equal(judge(rule, from('acme-prod'), ownUnknown).outcome, 'undecided');
  t.equal(judge(rule, from('flux-system'), ownUnknown).outcome, 'denied');
  t.equal(judge(rule, from('default'), ownUnknown).outcome, 'denied');
  t.equal(judge(rule, from('acme-dev'), ownUnknown).outcome, 'allowed');
  const otherUnknown = { world: { namespaces: { ...twoTenants, 'acme-prod': undefined } } };
  const decision = judge(rule, from('acme-prod'), otherUnknown);
  t.equal(decision.outcome, 'undecided');
  t.same(decision.missingFacts, [{ fact: 'namespace', namespace: 'acme-prod' }]);
  t.end();
});

test('the fix says what to do', (t) => {
  t.equal(
    judge(rule, tweak(minimalKustomization(), 'spec.sourceRef.namespace', 'default')).violations[0]?.fix,
    'Remove the field to refer to the object’s own namespace, or name one of the same tenant.',
  );
  t.end();
});

test('every namespace at once is no tenant’s', (t) => {
  const object = tweak(minimalObject('ResourceSetInputProvider'), 'spec.selectors', [{ name: 'web', namespace: '*' }]);
  t.same(linesOf(judge(rule, object)), ['spec.selectors[0].namespace: "*" takes in every namespace, whoever’s it is']);
  t.end();
});

test('what is known of Flux’s flags is said, and weighs', (t) => {
  const world = (noCrossNamespaceRefs: boolean) => ({
    fluxControllers: new Map([
      ['kustomize-controller', { noCrossNamespaceRefs, defaultServiceAccount: false }] as const,
    ]),
  });
  const object = tweak(minimalKustomization(), 'spec.sourceRef.namespace', 'globex-dev');
  const said = (doing: Parameters<typeof judge>[2]) =>
    judge(rule, object, doing).violations.map(({ severity, message }) => [severity, message]);
  const message = '"globex-dev" belongs to tenant "globex"';
  t.same(said({}), [['critical', message]]);
  t.same(said({ world: world(true) }), [
    ['medium', `${message}; kustomize-controller refuses it too (--no-cross-namespace-refs)`],
  ]);
  t.same(said({ world: world(false) }), [
    ['critical', `${message}; kustomize-controller would follow it, since it runs without --no-cross-namespace-refs`],
  ]);
  const dependency = tweak(minimalKustomization(), 'spec.dependsOn', [reference('globex-dev')]);
  t.same(
    judge(rule, dependency, { world: world(true) }).violations.map(({ message: text }) => text),
    [message],
    'no flag stops a dependency',
  );
  const release = tweak(minimalHelmRelease(), 'spec.chartRef', reference('globex-dev'));
  t.same(linesOf(judge(rule, release, { world: world(true) })), [`spec.chartRef.namespace: ${message}`], 'not seen');
  t.end();
});

const access = (...selectors: readonly unknown[]): Manifest =>
  tweak(minimalObject('ImageRepository'), 'spec.accessFrom', { namespaceSelectors: selectors });
const labels = (matchLabels: unknown): Manifest => ({ matchLabels });
const named = (name: string): Manifest => labels({ 'kubernetes.io/metadata.name': name, env: 'any' });

test('access is given to the own tenant only', (t) => {
  const inside = [labels({ 'tenantgate.dev/tenant': 'acme', env: 'prod' }), named('acme-dev'), named('acme-prod')];
  t.same(linesOf(judge(rule, access(...inside))), []);
  t.same(linesOf(judge(rule, access())), [], 'nobody gets in');
  t.same(linesOf(judge(rule, tweak(access(), 'spec.accessFrom', null))), []);
  const outside = [
    labels({}),
    labels(null),
    {},
    labels({ env: 'prod', team: 'web' }),
    labels({ 'tenantgate.dev/tenant': 'globex' }),
    named('globex-dev'),
    named('nowhere'),
  ];
  t.same(linesOf(judge(rule, access(...inside, ...outside))), [
    'spec.accessFrom.namespaceSelectors[3].matchLabels: {} lets in every namespace',
    'spec.accessFrom.namespaceSelectors[4].matchLabels: {} lets in every namespace',
    'spec.accessFrom.namespaceSelectors[5].matchLabels: {} lets in every namespace',
    'spec.accessFrom.namespaceSelectors[6].matchLabels: lets in any namespace labelled env=prod,team=web, whoever’s it is',
    'spec.accessFrom.namespaceSelectors[7].matchLabels: lets in tenant "globex"',
    'spec.accessFrom.namespaceSelectors[8].matchLabels: "globex-dev" belongs to tenant "globex"',
    'spec.accessFrom.namespaceSelectors[9].matchLabels: "nowhere" does not exist; whoever creates that namespace would get in',
  ]);
  t.equal(
    judge(rule, access({})).violations[0]?.fix,
    'Let in the own tenant only:\n  namespaceSelectors:\n    - matchLabels:\n        tenantgate.dev/tenant: acme',
  );
  t.end();
});

test('access from a namespace of nobody is for itself only', (t) => {
  const ofNobody = (selector: Manifest): Manifest => tweak(access(selector), 'metadata.namespace', 'default');
  t.same(linesOf(judge(rule, ofNobody(named('default')))), []);
  const decision = judge(rule, ofNobody(labels({ 'tenantgate.dev/tenant': 'acme' })));
  t.same(linesOf(decision), ['spec.accessFrom.namespaceSelectors[0].matchLabels: lets in tenant "acme"']);
  t.match(decision.violations[0]?.fix, 'kubernetes.io/metadata.name: default');
  t.end();
});

test('where the owner is not known, access for a tenant is undecided and access for everybody denied', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(judge(rule, access(labels({ 'tenantgate.dev/tenant': 'acme' })), { world }).outcome, 'undecided');
  t.equal(judge(rule, access(labels({})), { world }).outcome, 'denied');
  t.end();
});

const resourceSet = (spec: Manifest): Manifest =>
  tweak(minimalObject('ResourceSet'), 'spec', { serviceAccountName: 'flux', ...spec });
const dependencies = (...dependsOn: readonly Manifest[]): Manifest => resourceSet({ dependsOn });

test('a ResourceSet depends on objects of the tenant, since the operator reads them as itself', (t) => {
  const inside = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'acme-dev' },
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', namespace: 'acme-prod' },
    { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'a.example.com' },
    { apiVersion: 'v1', kind: 'Namespace', name: 'acme-prod' },
  ];
  t.same(linesOf(judge(rule, dependencies(...inside))), []);
  const outside = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'globex-dev' },
    { apiVersion: 'v1', kind: 'Namespace', name: 'globex-dev', namespace: 'acme-dev' },
    { apiVersion: 'v1', kind: 'Node', name: 'a', namespace: 'acme-dev' },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'admin', namespace: 'acme-dev' },
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: 'a', namespace: 'acme-dev' },
    { apiVersion: 'example.com/v1', kind: 'Thing', name: 'a' },
    { kind: null },
  ];
  const whole = 'of the whole cluster, which the operator reads as itself';
  t.same(linesOf(judge(rule, dependencies(...outside))), [
    'spec.dependsOn[0].namespace: "globex-dev" belongs to tenant "globex"',
    'spec.dependsOn[1].name: "globex-dev" belongs to tenant "globex"',
    `spec.dependsOn[2]: is "Node" "a" ${whole}`,
    `spec.dependsOn[3]: is "ClusterRole" "admin" ${whole}`,
    `spec.dependsOn[4]: is "StorageClass" "a" ${whole}`,
    `spec.dependsOn[5]: is "Thing" "a" ${whole}`,
    `spec.dependsOn[6]: is "" "" ${whole}`,
  ]);
  t.same(linesOf(judge(rule, dependencies({ apiVersion: 'v1', kind: 'Namespace' }))), [
    'spec.dependsOn[0].name: "" does not exist; whoever creates that namespace would be referred to',
  ]);
  t.end();
});

test('a ResourceSet copies from namespaces of the tenant, wherever the annotation stands', (t) => {
  const key = (name: string): string => `fluxcd.controlplane.io/${name}`;
  const annotated = (annotations: Manifest): Manifest => ({ kind: 'Secret', metadata: { name: 'a', annotations } });
  const deployment = {
    kind: 'Deployment',
    spec: { template: annotated({ [key('checksumFrom')]: 'Secret/globex-dev/a' }) },
  };
  const inside = resourceSet({
    commonMetadata: { annotations: { [key('copyFrom')]: 'acme-prod/a' } },
    resources: [
      annotated({ [key('copyFrom')]: 'acme-dev/a', [key('checksumFrom')]: 'Secret/acme-dev/a,ConfigMap/acme-prod/b' }),
      annotated({ [key('copyFrom')]: 'no-reference', [key('convertKubeConfigFrom')]: 'a/b/c', note: 'globex-dev/a' }),
      annotated({ [key('copyFrom')]: 7 }),
      'a template',
      null,
      { metadata: 'no object' },
      { metadata: { annotations: ['no map'] } },
    ],
  });
  t.same(linesOf(judge(rule, inside)), []);
  const outside = resourceSet({
    commonMetadata: { annotations: { [key('copyFrom')]: 'globex-dev/a' } },
    resources: [annotated({ [key('convertKubeConfigFrom')]: 'flux-system/a:value' }), [deployment]],
    steps: [
      { name: 'a', resources: [annotated({ [key('checksumFrom')]: 'Secret/acme-dev/a, Secret/globex-dev/b' })] },
      { name: 'b' },
      { name: 'c', resources: [annotated({ [key('copyFrom')]: '<< inputs.from >>/a' })] },
    ],
  });
  t.same(linesOf(judge(rule, outside)), [
    'spec.commonMetadata.annotations["fluxcd.controlplane.io/copyFrom"]: "globex-dev" belongs to tenant "globex"',
    'spec.resources[0].metadata.annotations["fluxcd.controlplane.io/convertKubeConfigFrom"]: "flux-system" belongs to the platform',
    'spec.resources[1][0].spec.template.metadata.annotations["fluxcd.controlplane.io/checksumFrom"]: "globex-dev" belongs to tenant "globex"',
    'spec.steps[0].resources[0].metadata.annotations["fluxcd.controlplane.io/checksumFrom"]: "globex-dev" belongs to tenant "globex"',
    'spec.steps[2].resources[0].metadata.annotations["fluxcd.controlplane.io/copyFrom"]: is made by a template, so whose namespace it reads cannot be told',
  ]);
  t.end();
});
