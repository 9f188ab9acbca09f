import { test } from 'tap';

import { podViewOf } from '../../../src/policy/objects/pod-view.ts';
import { controls, newestMinor } from '../../../src/policy/pod-security/controls.ts';
import { judgePod } from '../../../src/policy/pod-security/judge-pod.ts';
import { standardOf } from '../../../src/policy/pod-security/standard.ts';

/** A pod that the restricted level takes at every version. */
const compliant = {
  apiVersion: 'v1',
  kind: 'Pod',
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      { name: 'web', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
    ],
  },
};

/** Which controls hold at a level, as facts of the standard. */
const history: readonly (readonly [minor: number, baseline: number, restrictedOnly: readonly string[]])[] = [
  [0, 11, ['restrictedVolumes', 'runAsNonRoot']],
  [7, 11, ['restrictedVolumes', 'runAsNonRoot']],
  [8, 11, ['allowPrivilegeEscalation', 'restrictedVolumes', 'runAsNonRoot']],
  [19, 11, ['allowPrivilegeEscalation', 'restrictedVolumes', 'runAsNonRoot', 'seccompProfile_restricted']],
  [
    22,
    11,
    [
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'restrictedVolumes',
      'runAsNonRoot',
      'seccompProfile_restricted',
    ],
  ],
  [
    23,
    11,
    [
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'restrictedVolumes',
      'runAsNonRoot',
      'runAsUser',
      'seccompProfile_restricted',
    ],
  ],
  [
    34,
    12,
    [
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'restrictedVolumes',
      'runAsNonRoot',
      'runAsUser',
      'seccompProfile_restricted',
    ],
  ],
  [
    35,
    12,
    [
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'procMount_restricted',
      'restrictedVolumes',
      'runAsNonRoot',
      'runAsUser',
      'seccompProfile_restricted',
    ],
  ],
];

function namesAt(level: 'baseline' | 'restricted', minor: number): ReadonlySet<string> {
  const { podJudgements, containerJudgements } = standardOf(level, minor);
  return new Set([...podJudgements, ...containerJudgements].map(({ control }) => control));
}

test('each control came in its version, and replaces what it is stricter than', (t) => {
  const replaced: Readonly<Record<string, string>> = {
    restrictedVolumes: 'hostPathVolumes',
    capabilities_restricted: 'capabilities_baseline',
    seccompProfile_restricted: 'seccompProfile_baseline',
    procMount_restricted: 'procMount',
  };
  for (const [minor, count, added] of history) {
    const baseline = namesAt('baseline', minor);
    t.equal(baseline.size, count, `baseline v1.${minor}`);
    const gone = added.map((id) => replaced[id]);
    const kept = [...baseline].filter((id) => !gone.includes(id));
    t.same(namesAt('restricted', minor), new Set([...kept, ...added]), `restricted v1.${minor}`);
  }
  t.equal(newestMinor, 37);
  t.equal(standardOf('restricted', 1000), standardOf('restricted', newestMinor));
  t.same(standardOf('privileged', 0).podJudgements, []);
  t.equal(standardOf('baseline', -1).level, 'privileged', 'before the first version nothing holds');
  t.end();
});

test('a pod that keeps to the restricted level keeps to it at every version', (t) => {
  const pod = podViewOf('Pod', compliant)!;
  for (let minor = 0; minor <= newestMinor; minor += 1)
    t.same(judgePod(pod, standardOf('restricted', minor)), [], `v1.${minor}`);
  t.end();
});

test('versions of a control are told oldest first, and only the restricted level replaces', (t) => {
  for (const { id, level, versions } of controls) {
    const sinces = versions.map(({ since }) => since);
    t.same(
      sinces,
      sinces.toSorted((a, b) => a - b),
      id,
    );
    t.equal(new Set(sinces).size, sinces.length, id);
    t.ok(level === 'restricted' || versions.every(({ replaces }) => replaces === undefined), id);
  }
  t.end();
});
