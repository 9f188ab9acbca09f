import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import { twoTenants, type World } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';
import { controlsOf } from '../../../support/pod-security.ts';

const rule = 'pods/pod-security';
const container = 'spec.containers.0.';
const privileged = tweak(minimalPod(), `${container}securityContext.privileged`, true);

/** What a plain pod lacks for the restricted level. */
const unrestricted = [
  'allowPrivilegeEscalation',
  'capabilities_restricted',
  'runAsNonRoot',
  'seccompProfile_restricted',
];

/** A world in which namespace acme-dev has these labels too. */
const labelled = (labels: Readonly<Record<string, string>>): World => ({
  namespaces: { ...twoTenants, 'acme-dev': { ...twoTenants['acme-dev'], ...labels } },
});
const enforced = (level: string, version?: string): World =>
  labelled({
    'pod-security.kubernetes.io/enforce': level,
    ...(version === undefined ? {} : { 'pod-security.kubernetes.io/enforce-version': version }),
  });

for (const kind of podKinds) {
  test(`a ${kind} is refused where it breaks a control, in the words of the standard`, (t) => {
    const path = `${podPath(kind)}spec.containers`;
    const broken = tweak(minimalObject(kind), `${path}.0.securityContext.privileged`, true);
    const decision = judge(rule, broken);
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [
      `${path}[0].securityContext.privileged: violates PodSecurity "baseline:latest": privileged: container "web" must not set securityContext.privileged=true`,
    ]);
    t.equal(decision.violations[0]?.fix, 'Remove the field or set it to false.');
    t.same(linesOf(judge(rule, minimalObject(kind))), []);
    t.end();
  });
}

test('all violated controls are told at once', (t) => {
  const set = setOf(rule, { level: 'restricted' });
  t.same(linesOf(judge(rule, minimalPod(), { set })), [
    'spec.containers[0].securityContext.allowPrivilegeEscalation: violates PodSecurity "restricted:latest": allowPrivilegeEscalation: container "web" must set securityContext.allowPrivilegeEscalation=false',
    'spec.containers[0].securityContext.capabilities.drop: violates PodSecurity "restricted:latest": capabilities_restricted: container "web" must set securityContext.capabilities.drop=["ALL"]',
    'spec.containers[0].securityContext.runAsNonRoot: violates PodSecurity "restricted:latest": runAsNonRoot: pod or container "web" must set securityContext.runAsNonRoot=true',
    'spec.containers[0].securityContext.seccompProfile.type: violates PodSecurity "restricted:latest": seccompProfile_restricted: pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  ]);
  t.end();
});

test('level and version are the operator’s', (t) => {
  const sysctl = tweak(minimalPod(), 'spec.securityContext.sysctls', [{ name: 'net.ipv4.tcp_rmem', value: '1' }]);
  const found = (manifest: Manifest, params: Manifest) =>
    controlsOf(judge(rule, manifest, { set: setOf(rule, params) }));
  t.same(found(privileged, { level: 'privileged' }), []);
  t.same(found(minimalPod(), { level: 'baseline' }), []);
  t.same(found(minimalPod(), { level: 'restricted' }), unrestricted);
  t.same(found(minimalPod(), { level: 'restricted', version: 'v1.0' }), ['runAsNonRoot']);
  t.same(found(sysctl, { version: 'v1.31' }), ['sysctls']);
  t.same(found(sysctl, { version: 'v1.32' }), []);
  t.same(found(sysctl, { version: 'v1.999' }), [], 'what is newer than all that is known is the newest');
  for (const version of ['1.25', 'v1', 'v1.07', 'v2.0', 'Latest', ''])
    t.throws(() => setOf(rule, { version }), /version/, version);
  t.throws(() => setOf(rule, { level: 'strict' }), /level/);
  t.end();
});

test('the namespace’s own label counts where it is stricter', (t) => {
  const decision = judge(rule, minimalPod(), { world: enforced('restricted') });
  t.equal(decision.outcome, 'denied');
  t.same(controlsOf(decision), unrestricted);
  t.match(
    decision.violations[0]?.message,
    /^violates PodSecurity "restricted:latest", which the namespace’s label enforces: allowPrivilegeEscalation: /,
  );
  t.same(controlsOf(judge(rule, privileged, { world: enforced('privileged') })), ['privileged'], 'and not where laxer');
  const set = setOf(rule, { level: 'restricted' });
  t.match(
    judge(rule, minimalPod(), { set, world: enforced('baseline') }).violations[0]?.message,
    /"restricted:latest": /,
  );
  t.same(
    linesOf(judge(rule, minimalPod(), { set: setOf(rule, { namespaceLabels: false }), world: enforced('restricted') })),
    [],
  );
  t.end();
});

test('labels are read as the API server reads them', (t) => {
  const found = (world: World) =>
    controlsOf(judge(rule, minimalPod(), { set: setOf(rule, { level: 'privileged' }), world }));
  t.same(found(labelled({})), [], 'without a label nothing is enforced');
  t.same(found(labelled({ 'pod-security.kubernetes.io/enforce-version': 'v1.0' })), []);
  t.same(found(enforced('Baseline')), unrestricted, 'a level that is none is restricted');
  t.same(found(enforced('')), unrestricted);
  t.same(found(enforced('restricted', 'v1.18')), ['allowPrivilegeEscalation', 'runAsNonRoot']);
  t.same(found(enforced('restricted', '1.18')), unrestricted, 'a version that is none is the latest');
  t.end();
});

test('of two versions neither is stricter, so a pod keeps to both, and what both find is told once', (t) => {
  const world = enforced('restricted', 'v1.18');
  const probe = tweak(minimalPod(), `${container}livenessProbe`, { httpGet: { port: 80, host: '192.0.2.1' } });
  const both = tweak(probe, `${container}securityContext`, { privileged: true, allowPrivilegeEscalation: true });
  const decision = judge(rule, both, { world });
  t.same(
    decision.violations.map(({ message }) => /"(.*?)".*?: (\w+): /.exec(message)?.slice(1)),
    [
      ['baseline:latest', 'hostProbesAndHostLifecycle'],
      ['baseline:latest', 'privileged'],
      ['restricted:v1.18', 'allowPrivilegeEscalation'],
      ['restricted:v1.18', 'runAsNonRoot'],
    ],
  );
  t.end();
});

test('controls that another rule holds are left out, whoever asks for them', (t) => {
  const set = setOf(rule, { exclude: ['privileged'] });
  t.same(linesOf(judge(rule, privileged, { set })), []);
  t.same(linesOf(judge(rule, privileged, { set, world: enforced('baseline', 'v1.0') })), []);
  t.throws(() => setOf(rule, { exclude: ['Privileged'] }), /exclude/);
  t.end();
});

test('a namespace that is not known is not guessed at, and one that is not there asks for nothing', (t) => {
  const unknown = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(judge(rule, minimalPod(), { world: unknown }).outcome, 'undecided');
  t.equal(judge(rule, privileged, { world: unknown }).outcome, 'denied', 'what is certain stands');
  t.same(linesOf(judge(rule, minimalPod(), { world: { namespaces: {} } })), []);
  t.end();
});

test('an UPDATE that runs nothing new is not denied for what was there', (t) => {
  const relabelled = tweak(privileged, 'metadata.labels.app', 'web');
  const decision = judge(rule, relabelled, { old: privileged });
  t.equal(decision.outcome, 'allowed');
  t.match(decision.violations, [{ leniency: { kind: 'preexisting' } }]);
  const resized = tweak(privileged, `${container}resources`, { requests: { cpu: '1' } });
  t.equal(judge(rule, resized, { old: privileged }).outcome, 'allowed');
  t.end();
});

test('an UPDATE that runs another image is judged like a new pod', (t) => {
  const newer = tweak(privileged, `${container}image`, 'web:2');
  t.equal(judge(rule, newer, { old: privileged }).outcome, 'denied');
  const good = tweak(minimalPod(), `${container}image`, 'web:2');
  t.equal(judge(rule, good, { old: minimalPod() }).outcome, 'allowed');
  t.end();
});

test('an ephemeral container is judged, and the pod that it joins as well', (t) => {
  const debug = (securityContext: Manifest) => [{ name: 'debug', image: 'debug:1', securityContext }];
  const joined = (pod: Manifest, securityContext: Manifest) =>
    judge(rule, tweak(pod, 'spec.ephemeralContainers', debug(securityContext)), { old: pod });
  t.equal(joined(minimalPod(), {}).outcome, 'allowed');
  t.same(linesOf(joined(minimalPod(), { privileged: true })), [
    'spec.ephemeralContainers[0].securityContext.privileged: violates PodSecurity "baseline:latest": privileged: container "debug" must not set securityContext.privileged=true',
  ]);
  t.equal(joined(privileged, {}).outcome, 'denied');
  t.end();
});

test('an old workload is repaired step by step, and gets no new violation', (t) => {
  const old = tweak(minimalObject('Deployment'), 'spec.template.spec.containers', [
    { name: 'a', image: 'a:1', securityContext: { privileged: true } },
    { name: 'b', image: 'b:1', securityContext: { privileged: true } },
    { name: 'c' },
  ]);
  const better = tweak(old, 'spec.template.spec.containers.0.securityContext', undefined);
  t.equal(judge(rule, better, { old }).outcome, 'allowed');
  const fewer = tweak(old, 'spec.template.spec.containers', [
    { name: 'b', image: 'b:1', securityContext: { privileged: true } },
  ]);
  t.equal(judge(rule, fewer, { old }).outcome, 'allowed');
  t.equal(judge(rule, tweak(old, 'spec.template.spec.hostPID', true), { old }).outcome, 'denied');
  const path = (value: string) => tweak(old, 'spec.template.spec.volumes', [{ name: 'v', hostPath: { path: value } }]);
  t.equal(judge(rule, tweak(path('/var/log'), 'spec.replicas', 3), { old: path('/var/log') }).outcome, 'allowed');
  t.equal(judge(rule, path('/'), { old: path('/var/log') }).outcome, 'denied', 'another path is another violation');
  t.end();
});

test('a workload that had no template before gets everything new', (t) => {
  const old = tweak(minimalObject('PodTemplate'), 'template', null);
  const now = tweak(minimalObject('PodTemplate'), 'template.spec.hostPID', true);
  t.equal(judge(rule, now, { old }).outcome, 'denied');
  t.end();
});

test('who asks makes no difference, and deletion is not judged', (t) => {
  for (const kind of ['platform', 'controller', 'unknown'] as const)
    t.equal(judge(rule, privileged, { principal: { kind } }).outcome, 'denied', kind);
  t.equal(judge(rule, privileged, { operation: 'DELETE' }).outcome, 'allowed');
  t.equal(judge(rule, tweak(privileged, 'metadata.namespace', 'kube-system')).outcome, 'allowed', 'the platform’s may');
  t.end();
});

test('objects without a pod spec or template have nothing to refuse', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec', undefined))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', null))), []);
  t.end();
});

test('what a hostile pod is called is quoted and cut', (t) => {
  const name = `a"\n${'b'.repeat(500)}`;
  const pod = tweak(minimalPod(), 'spec.containers', [{ name, securityContext: { privileged: true } }]);
  const [violation] = judge(rule, pod).violations;
  t.notMatch(violation?.message, '\n');
  t.ok(violation!.message.length < 250);
  t.end();
});
