import { test } from 'tap';

import { postureStates, type NamespacePosture, type PostureState } from '../../../src/audit/audit-report.ts';
import { namespaceLayers } from '../../../src/audit/audit-report.ts';
import { postureOfNamespace, postureOfTenant } from '../../../src/audit/posture/namespace-posture.ts';
import { namespaceEvidence } from '../../support/posture.ts';
import { randomOf } from '../../support/random.ts';

function namespace(name: string, quota: PostureState): NamespacePosture {
  return {
    namespace: name,
    layers: [
      {
        layer: 'quota',
        state: quota,
        evidence: [{ message: `${quota} in ${name}` }],
        since: '2026-01-01T00:00:00Z',
        ...(quota === 'in-place' ? {} : { fix: `Mend ${name}.` }),
      },
    ],
  };
}

test('a tenant with one namespace shows that namespace', (t) => {
  const posture = postureOfTenant('acme', [postureOfNamespace(namespaceEvidence())]);
  t.equal(posture.tenant, 'acme');
  t.strictSame(posture.layers, posture.namespaces[0]?.layers);
  t.strictSame(
    posture.layers.map(({ layer }) => layer),
    namespaceLayers,
  );
  t.end();
});

test('a layer is as in the worst namespace, with its evidence and fix, and says in how many it is so', (t) => {
  const { layers, namespaces } = postureOfTenant('acme', [
    namespace('c', 'drifted'),
    namespace('b', 'drifted'),
    namespace('a', 'unknown'),
  ]);
  t.strictSame(layers, [
    {
      layer: 'quota',
      state: 'drifted',
      evidence: [
        {
          object: { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'b' },
          message: 'drifted in 2 of 3 namespaces; shown is "b"',
        },
        { message: 'drifted in b' },
      ],
      fix: 'Mend b.',
    },
  ]);
  t.strictSame(
    namespaces.map((one) => one.namespace),
    ['a', 'b', 'c'],
  );
  t.end();
});

test('property: the state of a tenant is the worst of its namespaces', (t) => {
  const random = randomOf(7);
  for (let run = 0; run < 200; run += 1) {
    const states = Array.from({ length: 1 + random.below(5) }, () => random.pick(postureStates));
    const posture = postureOfTenant(
      'acme',
      states.map((state, index) => namespace(`n${index}`, state)),
    );
    const worst = [...postureStates].reverse().find((state) => states.includes(state));
    t.equal(posture.layers[0]?.state, worst, states.join());
  }
  t.end();
});
