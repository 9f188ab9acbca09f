import { test } from 'tap';

import { podKinds, type ObjectByKind } from '../../../src/policy/objects/kinds.ts';
import { podViewOf } from '../../../src/policy/objects/pod-view.ts';
import { minimalObject } from '../../support/minimal-objects.ts';

test('every pod kind shows its pod, with labels, spec and containers', (t) => {
  for (const kind of podKinds) {
    const view = podViewOf(kind, minimalObject(kind) as unknown as ObjectByKind[typeof kind]);
    t.same(view?.labels, kind === 'Pod' ? {} : { app: 'web' }, kind);
    t.same(view?.annotations, {}, kind);
    const prefix = { Pod: '', PodTemplate: 'template.', CronJob: 'spec.jobTemplate.spec.template.' }[kind as string];
    t.same(
      (view?.containers() ?? []).map(({ field }) => field),
      [`${prefix ?? 'spec.template.'}spec.containers[0]`],
      kind,
    );
  }
  t.end();
});

test('no list of containers is forgotten', (t) => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: {
      containers: [{ name: 'c' }],
      initContainers: [{ name: 'i' }, { name: 'sidecar' }],
      ephemeralContainers: [{ name: 'e' }],
    },
  };
  t.same(
    podViewOf('Pod', pod)!
      .containers()
      .map(({ field, container }) => [field, container.name]),
    [
      ['spec.initContainers[0]', 'i'],
      ['spec.initContainers[1]', 'sidecar'],
      ['spec.containers[0]', 'c'],
      ['spec.ephemeralContainers[0]', 'e'],
    ],
  );
  t.end();
});

test('an object without a pod shows none', (t) => {
  t.equal(podViewOf('PodTemplate', { apiVersion: 'v1', kind: 'PodTemplate' }), undefined);
  t.equal(podViewOf('CronJob', { apiVersion: 'batch/v1', kind: 'CronJob', spec: { jobTemplate: null } }), undefined);
  t.same(podViewOf('Pod', { apiVersion: 'v1', kind: 'Pod' })!.containers(), []);
  t.end();
});
