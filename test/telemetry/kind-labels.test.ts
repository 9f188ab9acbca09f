import { test } from 'tap';

import { KindLabels } from '../../src/telemetry/kind-labels.ts';

void test('a known kind is its group and kind in every version; all else is other', (t) => {
  const labels = new KindLabels(['Pod', 'networking.k8s.io/NetworkPolicy']);
  const cases = [
    ['v1/Pod', 'Pod'],
    ['networking.k8s.io/v1/NetworkPolicy', 'networking.k8s.io/NetworkPolicy'],
    ['networking.k8s.io/v1beta1/NetworkPolicy', 'networking.k8s.io/NetworkPolicy'],
    ['crd.projectcalico.org/v1/NetworkPolicy', 'other'],
    ['v1/NetworkPolicy', 'other'],
    ['example.com/v1/Pod', 'other'],
    ['', 'other'],
    ['constructor', 'other'],
  ] as const;
  for (const [kind, label] of cases) {
    t.equal(labels.of(kind), label, kind);
    t.equal(labels.of(kind), label, `${kind} again`);
  }
  t.end();
});
