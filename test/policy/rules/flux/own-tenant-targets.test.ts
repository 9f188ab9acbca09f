import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/own-tenant-targets';
const release = (spec: Manifest): Manifest =>
  Object.entries(spec).reduce(
    (object, [path, value]) => tweak(object, `spec.${path}`, value),
    minimalObject('HelmRelease'),
  );
const resources = (namespace: unknown): readonly unknown[] => [
  { kind: 'ConfigMap', metadata: { name: 'a', namespace } },
];

/** Every field that names where Flux works: the object with it, and its path. */
const places: Readonly<Record<string, readonly [(namespace?: unknown) => Manifest, string]>> = {
  'targetNamespace of a Kustomization': [
    (namespace) => tweak(minimalObject('Kustomization'), 'spec.targetNamespace', namespace),
    'spec.targetNamespace',
  ],
  'health check of a Kustomization': [
    (namespace) => tweak(minimalObject('Kustomization'), 'spec.healthChecks', [{ kind: 'Deployment', namespace }]),
    'spec.healthChecks[0].namespace',
  ],
  'targetNamespace of a HelmRelease': [(namespace) => release({ targetNamespace: namespace }), 'spec.targetNamespace'],
  'storageNamespace of a HelmRelease': [
    (namespace) => release({ storageNamespace: namespace }),
    'spec.storageNamespace',
  ],
  'resource of a ResourceSet': [
    (namespace) => tweak(minimalObject('ResourceSet'), 'spec.resources', resources(namespace)),
    'spec.resources[0].metadata.namespace',
  ],
  'resource in a step of a ResourceSet': [
    (namespace) => tweak(minimalObject('ResourceSet'), 'spec.steps', [{ name: 'a', resources: resources(namespace) }]),
    'spec.steps[0].resources[0].metadata.namespace',
  ],
};

for (const [place, [withNamespace, field]] of Object.entries(places)) {
  test(`the ${place} stays in its tenant`, (t) => {
    for (const inside of [undefined, null, '', 'acme-dev', 'acme-prod']) {
      t.same(linesOf(judge(rule, withNamespace(inside))), [], String(inside));
    }
    const decision = judge(rule, withNamespace('globex-dev'));
    t.same(linesOf(decision), [`${field}: "globex-dev" belongs to tenant "globex"`]);
    t.equal(
      decision.violations[0]?.fix,
      'Remove the field to stay in the object’s own namespace, or name one of the same tenant.',
    );
    t.same(linesOf(judge(rule, withNamespace('kube-system'))), [`${field}: "kube-system" belongs to the platform`]);
    t.same(linesOf(judge(rule, withNamespace('nowhere'))), [
      `${field}: "nowhere" does not exist; whoever creates that namespace would be worked in`,
    ]);
    const set = setOf(rule, { allowedNamespaces: ['kube-system'] });
    t.same(linesOf(judge(rule, withNamespace('kube-system'), { set })), []);
    t.end();
  });
}

test('a namespace that a template makes is judged when the object is applied', (t) => {
  const object = tweak(minimalObject('ResourceSet'), 'spec.resources', resources('<< inputs.tenant >>'));
  t.same(linesOf(judge(rule, object)), []);
  t.same(linesOf(judge(rule, tweak(object, 'spec.resources', ['text', null, { metadata: { namespace: 7 } }]))), []);
  t.end();
});

test('Helm creates no namespace that is nobody’s', (t) => {
  const creating = (spec: Manifest): Manifest => release({ ...spec, install: { createNamespace: true } });
  t.same(linesOf(judge(rule, creating({}))), []);
  t.same(linesOf(judge(rule, creating({ targetNamespace: 'acme-prod' }))), []);
  t.same(linesOf(judge(rule, release({ install: null, targetNamespace: 'acme-prod' }))), []);
  t.same(linesOf(judge(rule, creating({ targetNamespace: 'acme-new' }))), [
    'spec.targetNamespace: "acme-new" does not exist; whoever creates that namespace would be worked in',
    'spec.install.createNamespace: true would create namespace "acme-new", which is nobody’s until the platform says whose it is',
  ]);
  const set = setOf(rule, { allowedNamespaces: ['acme-new'] });
  t.same(linesOf(judge(rule, creating({ targetNamespace: 'acme-new' }), { set })), []);
  const world = { namespaces: { ...twoTenants, 'acme-new': undefined } };
  const decision = judge(rule, creating({ targetNamespace: 'acme-new' }), { world });
  t.equal(decision.outcome, 'undecided', 'not known is not missing');
  t.same(decision.violations, []);
  t.end();
});

test('labels and annotations of a chart go to namespaces of the tenant only, whatever the policy allows else', (t) => {
  const chart = (namespace: unknown, metadata: unknown): Manifest =>
    release({ chart: { metadata, spec: { chart: 'a', sourceRef: { kind: 'HelmRepository', name: 'a', namespace } } } });
  const metadata = { labels: { team: 'web' } };
  t.same(linesOf(judge(rule, chart(undefined, metadata))), []);
  t.same(linesOf(judge(rule, chart('acme-prod', metadata))), []);
  t.same(linesOf(judge(rule, chart('flux-system', null))), []);
  const set = setOf(rule, { allowedNamespaces: ['flux-system'] });
  for (const doing of [{}, { set }]) {
    t.same(linesOf(judge(rule, chart('flux-system', metadata), doing)), [
      'spec.chart.metadata: puts labels and annotations on a HelmChart in a namespace that is not the tenant’s: "flux-system" belongs to the platform',
    ]);
  }
  t.equal(judge(rule, chart('flux-system', metadata)).violations[0]?.fix, 'Remove spec.chart.metadata.');
  t.end();
});
