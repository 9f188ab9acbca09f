import { test } from 'tap';

import type { AuditReport, AuditResult, AuditUnknown } from '../../src/audit/audit-report.ts';
import { changesIn, compareAudits, isNew } from '../../src/audit/compare-audits.ts';
import { earlierAt, namespaceOf, objectOf, reportOf, resultOf, startedAt, tenantOf } from '../support/sample-audit.ts';

function earlierOf(results: readonly AuditResult[], parts: Parameters<typeof reportOf>[0] = {}): AuditReport {
  return reportOf({ ...parts, results, scan: { startedAt: earlierAt } });
}

const other = resultOf({ object: objectOf('NetworkPolicy', 'acme-dev', 'other', 'networking.k8s.io/v1') });

test('what is there again keeps the day on which it was found first; what is not is fixed', (t) => {
  const gone = resultOf({ rule: 'network/bounded-addresses' });
  const old = resultOf({ since: '2026-01-01T00:00:00.000Z' });
  const report = compareAudits(reportOf({ results: [resultOf(), other] }), earlierOf([gone, old]));
  t.strictSame(
    report.results.map(({ since }) => since),
    [old.since, startedAt],
  );
  t.strictSame(report.fixed, [gone]);
  t.strictSame(changesIn(report), { new: 1, fixed: 1, unchanged: 1 });
  t.strictSame(
    report.results.map((result) => isNew(report, result)),
    [false, true],
  );
  t.equal(report.scan.comparedWith, earlierAt);
  const first = compareAudits(reportOf({ results: [other] }), earlierOf([other]));
  t.equal(first.results[0]?.since, earlierAt, 'the earlier audit was the first that found it');
  t.end();
});

test('without a comparison nothing is new', (t) => {
  const report = reportOf({ results: [resultOf({ since: startedAt })] });
  t.equal(changesIn(report), undefined);
  t.notOk(isNew(report, report.results[0]!));
  t.end();
});

const same: readonly (readonly [how: string, before: Partial<AuditResult>, now: Partial<AuditResult>])[] = [
  ['in another version of its API', {}, { object: { ...resultOf().object, apiVersion: 'networking.k8s.io/v2' } }],
  ['in an object that was made anew', { object: { ...resultOf().object, uid: 'a' } }, {}],
  ['with another message', {}, { message: 'lets in others' }],
  ['in a list that has got shorter', {}, { field: 'spec.ingress[0].from[0]' }],
  ['with an exemption', {}, { exemption: { owner: 'ops', reason: 'x', expires: '2027-01-01' } }],
];

for (const [how, before, now] of same) {
  test(`a violation is the same ${how}`, (t) => {
    const report = compareAudits(reportOf({ results: [resultOf(now)] }), earlierOf([resultOf(before)]));
    t.strictSame(changesIn(report), { new: 0, fixed: 0, unchanged: 1 });
    t.end();
  });
}

const different: readonly (readonly [how: string, now: Partial<AuditResult>])[] = [
  ['of another rule', { rule: 'network/bounded-addresses' }],
  ['in an object of another API group', { object: objectOf('NetworkPolicy', 'acme-dev', 'web', 'crd.example/v1') }],
  ['in another namespace', { object: objectOf('NetworkPolicy', 'acme-prod', 'web', 'networking.k8s.io/v1') }],
  ['with another message in another field', { field: 'spec.egress[0]', message: 'y' }],
];

for (const [how, now] of different) {
  test(`a violation is another one ${how}`, (t) => {
    const report = compareAudits(reportOf({ results: [resultOf(now)] }), earlierOf([resultOf()]));
    t.strictSame(changesIn(report), { new: 1, fixed: 1, unchanged: 0 });
    t.end();
  });
}

test('several violations of one field are matched one to one, the closest first', (t) => {
  const one = (message: string, since: string) => resultOf({ message, since: `2026-0${since}-01T00:00:00.000Z` });
  const now = ['b', 'c', 'a'].map((message) => resultOf({ message }));
  const report = compareAudits(reportOf({ results: now }), earlierOf([one('a', '1'), one('b', '2')]));
  t.strictSame(
    report.results.map(({ since }) => since),
    ['2026-02-01T00:00:00.000Z', startedAt, '2026-01-01T00:00:00.000Z'],
  );
  t.strictSame(report.fixed, []);
  t.end();
});

const policies = 'networkpolicies.networking.k8s.io';
const hiding: readonly (readonly [how: string, unknown: readonly AuditUnknown[]])[] = [
  ['its object could not be judged', [{ object: resultOf().object, message: 'x' }]],
  ['its rule could not judge its object', [{ object: resultOf().object, rule: resultOf().rule, message: 'x' }]],
  ['its namespace could not be judged', [{ object: objectOf('Namespace', null, 'acme-dev'), message: 'x' }]],
  ['some objects of its kind could not be listed', [{ resource: policies, message: 'x' }]],
  ['its rule could not judge', [{ rule: resultOf().rule, message: 'x' }]],
  ['the scan was ended', [{ message: 'x' }]],
];

for (const [how, unknown] of hiding) {
  test(`a violation is not fixed where ${how}`, (t) => {
    const report = compareAudits(reportOf({ unknown }), earlierOf([resultOf()]));
    t.strictSame(report.fixed, []);
    t.end();
  });
}

const elsewhere: readonly AuditUnknown[] = [
  { object: other.object, message: 'x' },
  { object: other.object, message: 'y' },
  { object: resultOf().object, rule: 'pods/pod-security', message: 'x' },
  { rule: 'pods/pod-security', message: 'x' },
  { resource: 'pods', message: 'x' },
];

test('what could not be judged elsewhere hides nothing', (t) => {
  const report = compareAudits(reportOf({ unknown: elsewhere }), earlierOf([resultOf()]));
  t.equal(report.fixed?.length, 1);
  t.end();
});

for (const [state, fixed] of [
  ['read', 1],
  ['absent', 1],
  ['forbidden', 0],
  ['failed', 0],
] as const) {
  test(`where its kind is ${state}, ${fixed} is fixed`, (t) => {
    const listings = [{ resource: policies, state, objects: 0, judged: 0 }];
    t.equal(compareAudits(reportOf({ listings }), earlierOf([resultOf()])).fixed?.length, fixed);
    t.end();
  });
}

test('what nobody listed is not fixed, nor what no rule knows', (t) => {
  t.strictSame(compareAudits(reportOf({ listings: [] }), earlierOf([resultOf()])).fixed, []);
  const odd = resultOf({ object: objectOf('Odd', null, 'x') });
  t.strictSame(compareAudits(reportOf({}), earlierOf([odd])).fixed, []);
  t.end();
});

test('a state of posture is as old as it lasts', (t) => {
  const missing = { state: 'missing' } as const;
  const before = { state: 'missing', since: '2026-01-01T00:00:00.000Z' } as const;
  const now = [
    tenantOf('acme', namespaceOf('acme-dev', { quota: missing }), namespaceOf('acme-new')),
    tenantOf('globex', namespaceOf('globex-prod')),
  ];
  const old = [tenantOf('acme', namespaceOf('acme-dev', { quota: before, flux: missing }))];
  const { posture } = compareAudits(reportOf({ tenants: now }), earlierOf([], { tenants: old }));
  const [acme, globex] = posture.tenants;
  const sinceOf = (layers: readonly { readonly layer: string; readonly since?: string }[] = []) =>
    Object.fromEntries(layers.map(({ layer, since }) => [layer, since]));
  const expected = { quota: before.since, flux: startedAt, labels: earlierAt };
  t.match(sinceOf(acme?.layers), expected);
  t.match(sinceOf(acme?.namespaces[0]?.layers), expected);
  t.match(sinceOf(acme?.namespaces[1]?.layers), { quota: startedAt });
  t.match(sinceOf(globex?.layers), { quota: startedAt });
  t.match(sinceOf(posture.cluster), { 'flux-controllers': earlierAt });
  t.end();
});
