import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalHelmRelease, minimalKustomization, tweak, type Manifest } from '../../../support/minimal-objects.ts';

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
  'healthChecks of a Kustomization': [
    (namespace) => tweak(minimalKustomization(), 'spec.healthChecks', [reference(namespace)]),
    'spec.healthChecks[0].namespace',
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
