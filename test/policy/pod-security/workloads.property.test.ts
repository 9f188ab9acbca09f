import { test } from 'tap';

import { podKinds } from '../../../src/policy/objects/kinds.ts';
import { linesOf } from '../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../support/minimal-objects.ts';
import { randomPod } from '../../support/pod-generator.ts';
import { podPath } from '../../support/pod-path.ts';
import { judgeAt, setAt } from '../../support/pod-security.ts';
import { randomOf } from '../../support/random.ts';

const pods = 2_000;
const seed = Number(process.env['TENANTGATE_TEST_SEED'] ?? 20_260_601);

interface RandomPod extends Manifest {
  readonly metadata: { readonly annotations: Manifest };
  readonly spec: Manifest & { readonly containers: readonly Manifest[]; readonly initContainers?: readonly Manifest[] };
}

function podsOf(): readonly RandomPod[] {
  const random = randomOf(seed);
  return Array.from({ length: pods }, (_, index) => randomPod(random, `p-${index}`) as RandomPod);
}

const standards = [
  ['restricted', 'latest'],
  ['baseline', 'v1.18'],
] as const;

for (const [level, version] of standards) {
  const set = setAt(level, version);
  const wordsOf = (manifest: Manifest): readonly string[] => linesOf(judgeAt(set, manifest));

  test(`${pods} Pods get the same verdict in all eight workload kinds at ${level}:${version}`, (t) => {
    const wrong: string[] = [];
    let denied = 0;
    for (const { metadata, spec } of podsOf()) {
      const pod = tweak(tweak(minimalObject('Pod'), 'spec', spec), 'metadata.annotations', metadata.annotations);
      const wanted = wordsOf(pod);
      if (wanted.length > 0) denied += 1;
      for (const kind of podKinds) {
        const prefix = podPath(kind);
        if (prefix === '') continue;
        const steps = prefix.slice(0, -1).split('.');
        const template = { metadata: { annotations: metadata.annotations }, spec };
        const found = wordsOf(tweak(minimalObject(kind), steps, template));
        if (found.join() !== wanted.map((line) => `${prefix}${line}`).join())
          wrong.push(`${kind} ${JSON.stringify(spec)}`);
      }
    }
    t.same(wrong.slice(0, 5), []);
    t.ok(denied > pods / 10 && denied < pods, `${denied} of ${pods} Pods are denied`);
    t.end();
  });

  for (const list of ['initContainers', 'ephemeralContainers']) {
    test(`${pods} Pods get the same verdict with their containers moved to ${list} at ${level}:${version}`, (t) => {
      const wrong: string[] = [];
      for (const pod of podsOf()) {
        const { containers, initContainers = [], ...spec } = pod.spec;
        const regular = { ...pod, spec: { ...spec, containers: [...initContainers, ...containers] } };
        const moved = { ...pod, spec: { ...spec, [list]: [...initContainers, ...containers] } };
        const wanted = wordsOf(regular).map((line) => line.replace('spec.containers[', `spec.${list}[`));
        if (wordsOf(moved).join() !== wanted.join()) wrong.push(JSON.stringify(pod.spec));
      }
      t.same(wrong.slice(0, 5), []);
      t.end();
    });
  }
}
