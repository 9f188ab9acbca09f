import { test } from 'tap';

import { mutate } from '../../../../src/policy/mutate.ts';
import { factsOf } from '../../../support/facts.ts';
import {
  accountPrincipal,
  judge,
  linesOf,
  policyOf,
  setOf,
  subjectOf,
  tenancyOf,
  tenantPrincipal,
} from '../../../support/judge.ts';
import { minimalNamespace, tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { compiled } from '../../../support/shipped-policies.ts';

const rule = 'namespaces/pod-security-level';
const prefix = 'pod-security.kubernetes.io/';
const field = (label: string): string => `metadata.labels["${prefix}${label}"]`;

/** A Namespace of acme with these Pod Security labels. */
function labelled(labels: Readonly<Record<string, string>>): Manifest {
  const own = Object.entries(labels).map(([label, value]) => [`${prefix}${label}`, value] as const);
  return tweak(minimalNamespace(), 'metadata.labels', { 'tenantgate.dev/tenant': 'acme', ...Object.fromEntries(own) });
}
const enforced = (level: string, version?: string): Manifest =>
  labelled({ enforce: level, ...(version === undefined ? {} : { 'enforce-version': version }) });
const plain = minimalNamespace();
const onlyThePlatform = 'by a tenant; only the platform may do that';
const missing = `${field('enforce')}: is missing, so the API server enforces no level; the lowest of a tenant’s namespace is "baseline"`;

test('a tenant’s namespace has the policy’s level at least', (t) => {
  const cases = [
    [plain, [missing]],
    [
      enforced('privileged'),
      [`${field('enforce')}: "privileged" is below "baseline", the lowest level of a tenant’s namespace`],
    ],
    [enforced('baseline'), []],
    [enforced('restricted'), []],
  ] as const;
  for (const [manifest, lines] of cases) t.same(linesOf(judge(rule, manifest, { principal: accountPrincipal })), lines);
  t.equal(judge(rule, plain, { principal: accountPrincipal }).outcome, 'denied');
  t.equal(
    judge(rule, plain).violations[0]?.fix,
    'Set the label:\n  metadata:\n    labels:\n      pod-security.kubernetes.io/enforce: baseline',
  );
  t.end();
});

test('params set level and version', (t) => {
  const restricted = { set: setOf(rule, { level: 'restricted', minimumVersion: 'v1.30' }) };
  t.same(linesOf(judge(rule, enforced('baseline', 'v1.9'), restricted)), [
    `${field('enforce')}: "baseline" is below "restricted", the lowest level of a tenant’s namespace`,
    `${field('enforce-version')}: "v1.9" is older than "v1.30", the oldest version that a tenant’s namespace may enforce`,
  ]);
  for (const version of [undefined, 'v1.30', 'v1.100', 'latest']) {
    t.same(linesOf(judge(rule, enforced('restricted', version), restricted)), [], version ?? 'none');
  }
  const latest = { set: setOf(rule, { minimumVersion: 'latest' }) };
  t.equal(judge(rule, enforced('baseline', 'v1.36'), latest).outcome, 'denied');
  t.equal(judge(rule, enforced('baseline'), latest).outcome, 'allowed');
  const none = { set: setOf(rule, { level: 'privileged' }) };
  t.same(linesOf(judge(rule, plain, none)), []);
  t.same(linesOf(judge(rule, enforced('privileged'), none)), []);
  t.end();
});

test('values that the API server would read as something else are refused, whatever they belong to', (t) => {
  const level = (label: string, value: string): string =>
    `${field(label)}: "${value}" is no level of the Pod Security Standards`;
  const version = (label: string, value: string): string =>
    `${field(label)}: "${value}" is no version of the Pod Security Standards`;
  const cases = [
    [{ enforce: 'Restricted' }, [level('enforce', 'Restricted')]],
    [{ enforce: '' }, [level('enforce', '')]],
    [{ enforce: 'constructor' }, [level('enforce', 'constructor')]],
    [{ enforce: 'baseline', 'enforce-version': 'v1.01' }, [version('enforce-version', 'v1.01')]],
    [{ enforce: 'baseline', 'enforce-version': '' }, [version('enforce-version', '')]],
    [
      { enforce: 'baseline', audit: 'x', 'audit-version': '1.30', warn: 'y', 'warn-version': 'v2' },
      [level('audit', 'x'), version('audit-version', '1.30'), level('warn', 'y'), version('warn-version', 'v2')],
    ],
    [{ enforce: 'baseline', audit: 'privileged', warn: 'privileged', 'warn-version': 'latest' }, []],
  ] as const;
  for (const [labels, lines] of cases) t.same(linesOf(judge(rule, labelled(labels))), lines);
  t.end();
});

test('a tenant does not lower the level, on whichever value', (t) => {
  const cases = [
    ['restricted', 'baseline', `is lowered from "restricted" to "baseline" ${onlyThePlatform}`],
    // The API server takes what is no level for restricted.
    ['strict', 'baseline', `is lowered from "strict" to "baseline" ${onlyThePlatform}`],
  ] as const;
  for (const [was, is, message] of cases) {
    const decision = judge(rule, enforced(is), { old: enforced(was) });
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [`${field('enforce')}: ${message}`]);
    t.equal(decision.violations[0]?.fix, `Keep the label at "${was}".`);
  }
  for (const [was, is] of [
    ['baseline', 'restricted'],
    ['strict', 'restricted'],
    ['restricted', 'restricted'],
  ] as const) {
    t.same(linesOf(judge(rule, enforced(is), { old: enforced(was) })), [], `${was} to ${is}`);
  }
  const free = { set: setOf(rule, { level: 'privileged' }), old: enforced('baseline') };
  t.same(linesOf(judge(rule, plain, free)), [`${field('enforce')}: is removed (it was "baseline") ${onlyThePlatform}`]);
  t.same(linesOf(judge(rule, enforced('privileged'), free)), [
    `${field('enforce')}: is lowered from "baseline" to "privileged" ${onlyThePlatform}`,
  ]);
  t.end();
});

test('taking the label away is denied where the policy demands one', (t) => {
  const decision = judge(rule, plain, { old: enforced('baseline') });
  t.same(linesOf(decision), [missing]);
  t.equal(decision.outcome, 'denied');
  const ofNobody = tweak(plain, 'metadata.labels', null);
  t.same(linesOf(judge(rule, ofNobody, { old: enforced('baseline') })), [], 'with the tenant label: another rule’s');
  t.end();
});

test('a tenant neither enforces an older version nor unpins one', (t) => {
  const denied = [
    ['v1.34', 'v1.22', 'is set back from "v1.34" to "v1.22"', 'Keep the label at "v1.34".'],
    ['v1.10', 'v1.9', 'is set back from "v1.10" to "v1.9"', 'Keep the label at "v1.10".'],
    ['latest', 'v1.36', 'is set back from "latest" to "v1.36"', 'Keep the label at "latest".'],
    // The API server takes what is no version for the latest.
    ['newest', 'v1.36', 'is set back from "newest" to "v1.36"', 'Keep the label at "newest".'],
    [undefined, 'v1.36', 'is set back from the latest to "v1.36"', 'Remove the label.'],
    ['v1.34', undefined, 'is removed (it was "v1.34")', 'Keep the label at "v1.34".'],
  ] as const;
  for (const [was, is, message, fix] of denied) {
    const decision = judge(rule, enforced('restricted', is), { old: enforced('restricted', was) });
    t.same(linesOf(decision), [`${field('enforce-version')}: ${message} ${onlyThePlatform}`]);
    t.equal(decision.violations[0]?.fix, fix);
    t.equal(decision.outcome, 'denied');
  }
  for (const [was, is] of [
    ['v1.34', 'v1.36'],
    ['v1.34', 'latest'],
    ['latest', undefined],
    ['newest', undefined],
    [undefined, 'latest'],
    ['v1.34', 'v1.34'],
  ] as const) {
    t.same(linesOf(judge(rule, enforced('restricted', is), { old: enforced('baseline', was) })), [], `${was} to ${is}`);
  }
  t.end();
});

test('what was wrong before is a warning, and may be made better step by step', (t) => {
  for (const old of [plain, enforced('privileged'), enforced('strict'), enforced('baseline', 'newest')]) {
    const decision = judge(rule, tweak(old, ['metadata', 'labels', 'team'], 'x'), { old });
    t.equal(decision.outcome, 'allowed');
    t.match(decision.violations, [{ leniency: { kind: 'preexisting' } }]);
  }
  const strict = { set: setOf(rule, { level: 'restricted' }) };
  t.equal(judge(rule, enforced('privileged'), { ...strict, old: enforced('baseline') }).outcome, 'denied', 'worse');
  t.equal(judge(rule, enforced('restricted'), { ...strict, old: enforced('baseline') }).outcome, 'allowed');
  t.end();
});

test('the platform and the controllers are free; so are namespaces of nobody and of the platform', (t) => {
  for (const kind of ['platform', 'controller'] as const) {
    t.same(linesOf(judge(rule, enforced('privileged'), { principal: { kind } })), []);
    t.same(linesOf(judge(rule, plain, { principal: { kind }, old: enforced('restricted') })), []);
  }
  const ofNobody = tweak(plain, 'metadata.labels', {});
  t.same(linesOf(judge(rule, ofNobody)), []);
  t.same(linesOf(judge(rule, tweak(plain, 'metadata.name', 'kube-system'))), []);
  t.end();
});

test('a manifest may lack the label, since the default may add it; what is stored, or too low, is not excused', (t) => {
  const principal = { kind: 'unknown' } as const;
  t.same(linesOf(judge(rule, plain, { principal })), []);
  const stored = tweak(plain, 'metadata.resourceVersion', '4711');
  t.same(linesOf(judge(rule, stored, { principal })), [missing]);
  t.equal(judge(rule, enforced('privileged'), { principal }).outcome, 'denied');
  t.end();
});

test('with the default, a namespace without labels is admitted, and a removed label does not lower the level', (t) => {
  const rules = [{ rule }, { rule: 'namespaces/pod-security-default' }];
  const set = compiled([tenancyOf(), policyOf({ rules })]);
  /** The labels after the mutation, and what the validation says of them. */
  const stored = (manifest: Manifest, old?: Manifest) => {
    const doing = { principal: old === undefined ? accountPrincipal : tenantPrincipal, ...(old && { old }) };
    const { patch } = mutate(subjectOf(manifest, doing), set, factsOf());
    const added = patch.map(
      ({ path, value }) => [path.replace('/metadata/labels/', '').replaceAll('~1', '/'), value] as const,
    );
    const own = manifest['metadata'] as { readonly labels: object };
    const labels = { ...own.labels, ...(Object.fromEntries(added) as object) };
    return linesOf(judge(rule, tweak(manifest, 'metadata.labels', labels), { ...doing, set }));
  };
  t.same(stored(plain), []);
  t.same(stored(plain, enforced('baseline')), [], 'removed, and added again');
  t.same(stored(plain, enforced('restricted')), [
    `${field('enforce')}: is lowered from "restricted" to "baseline" ${onlyThePlatform}`,
  ]);
  t.end();
});
