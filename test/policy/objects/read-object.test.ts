import { test } from 'tap';

import { kindOf, kinds, type Kind } from '../../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../../src/policy/objects/read-object.ts';
import {
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  tweak,
  type Manifest,
} from '../../support/minimal-objects.ts';

const read = createObjectReader();
const faultOf = (kind: Kind, value: unknown): string => {
  const parsed = read(kind, value);
  return parsed.ok ? 'none' : parsed.faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
};

test('the least object of every kind can be read, and read again', (t) => {
  for (const kind of Object.keys(kinds) as Kind[]) {
    t.equal(faultOf(kind, minimalObject(kind)), 'none', kind);
    t.equal(faultOf(kind, minimalObject(kind)), 'none', kind);
  }
  t.end();
});

test('fields that no rule reads are left alone, and null reads as absent', (t) => {
  t.equal(faultOf('Pod', tweak(minimalPod(), 'spec.hostAliases', 7)), 'none');
  t.equal(faultOf('Pod', tweak(minimalPod(), 'spec.hostNetwork', null)), 'none');
  t.equal(faultOf('Pod', tweak(minimalPod(), 'metadata.labels', null)), 'none');
  t.end();
});

test('a wrong type in any field that a rule reads is a fault with its field', (t) => {
  const cases: readonly (readonly [Kind, Manifest, string])[] = [
    ['Pod', tweak(minimalPod(), 'spec.hostNetwork', 'true'), 'spec.hostNetwork: must be of type boolean or null'],
    ['Pod', tweak(minimalPod(), 'spec', []), 'spec: must be of type object or null'],
    ['Pod', tweak(minimalPod(), 'metadata.labels', ['a']), 'metadata.labels: must be of type object or null'],
    ['Pod', tweak(minimalPod(), ['metadata', 'labels', 'a/b'], 7), 'metadata.labels["a/b"]: must be of type string'],
    ['Pod', tweak(minimalPod(), 'spec.containers', {}), 'spec.containers: must be of type array or null'],
    ['Pod', tweak(minimalPod(), 'kind', undefined), 'kind: is missing and must be given'],
    ['NetworkPolicy', tweak(minimalNetworkPolicy(), 'spec.ingress', {}), 'spec.ingress: must be of type array or null'],
    ['NetworkPolicy', tweak(minimalNetworkPolicy(), 'spec.ingress', [null]), 'spec.ingress[0]: must be of type object'],
    [
      'NetworkPolicy',
      tweak(minimalNetworkPolicy(), 'spec.policyTypes', ['ingress']),
      'spec.policyTypes[0]: must be one of "Ingress", "Egress"',
    ],
    [
      'Kustomization',
      tweak(minimalObject('Kustomization'), 'spec.dependsOn', [7]),
      'spec.dependsOn[0]: must be of type object',
    ],
    [
      'HelmRelease',
      tweak(minimalObject('HelmRelease'), 'spec.chart.spec.sourceRef.namespace', {}),
      'spec.chart.spec.sourceRef.namespace: must be of type string or null',
    ],
  ];
  for (const [kind, manifest, fault] of cases) t.equal(faultOf(kind, manifest), fault);
  for (const value of [null, undefined, 7, 'x', []]) t.equal(faultOf('Pod', value), ': must be of type object');
  t.end();
});

test('one fault is told, however many there are', (t) => {
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
  t.equal(faultOf('Pod', tweak(minimalPod(), 'metadata.labels', labels)), 'metadata.labels.k0: must be of type string');
  t.end();
});

test('labels called like members of objects are data', (t) => {
  const labels = JSON.parse('{"__proto__":"a","constructor":"b","hasOwnProperty":"c"}') as Manifest;
  t.equal(faultOf('Pod', tweak(minimalPod(), 'metadata.labels', labels)), 'none');
  t.match(
    faultOf('Pod', tweak(minimalPod(), 'metadata.labels', JSON.parse('{"__proto__":7}'))),
    /must be of type string/,
  );
  t.end();
});

test('a kind is known by its group: other groups’ kinds of the same name are not judged', (t) => {
  t.equal(kindOf('', 'Pod'), 'Pod');
  t.equal(kindOf('apps', 'Deployment'), 'Deployment');
  t.equal(kindOf('kustomize.toolkit.fluxcd.io', 'Kustomization'), 'Kustomization');
  t.equal(kindOf('kustomize.config.k8s.io', 'Kustomization'), undefined);
  t.equal(kindOf('', 'Deployment'), undefined);
  t.equal(kindOf('', 'constructor'), undefined);
  t.end();
});
