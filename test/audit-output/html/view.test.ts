import { test } from 'tap';

import { pageScript, pageStyle } from '../../../src/audit-output/html/page-assets.ts';
import { renderHtml } from '../../../src/audit-output/html/render-html.ts';
import { FindingIndex } from '../../../src/audit-output/html/view/filter-findings.ts';
import { findingsOf } from '../../../src/audit-output/html/view/findings.ts';
import { el, name } from '../../../src/audit-output/html/view/markup.ts';
import { fragmentOf, initialState, stateOf, type PageState } from '../../../src/audit-output/html/view/page-state.ts';
import { headline } from '../../../src/audit-output/html/view/summary.ts';
import { rankTenants } from '../../../src/audit-output/html/view/tenant-ranking.ts';
import { visibleText } from '../../../src/audit-output/html/view/visible-text.ts';
import { counted, dayText, instantText, layerOrder, listed } from '../../../src/audit-output/html/view/wording.ts';
import { namespaceLayers, type AuditReport, type AuditResult } from '../../../src/audit/audit-report.ts';
import { reportOf, sampleAuditReport } from '../../support/audit-reports.ts';
import { hostileNames } from '../../support/hostile-names.ts';

const sample = sampleAuditReport({ tenants: 12, violations: 40, toConfirm: 4, exempt: 2, unknown: 3, compared: true });

await test('what does not show is written as an escape, and all else stays', (t) => {
  for (const [text, shown] of [
    ['plain', 'plain'],
    ['two\nlines', 'two\nlines'],
    ['tab\tnul\u0000', String.raw`tab\u0009nul\u0000`],
    ['\u202eabc', String.raw`\u202eabc`],
    ['zero\u200bwidth', String.raw`zero\u200bwidth`],
    ['tag\u{e0041}', String.raw`tag\u{e0041}`],
    ['half\ud800', String.raw`half\ud800`],
    ['مستأجر', 'مستأجر'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['5\u202f000', '5\u202f000'],
    ['🙂', '🙂'],
  ] as const)
    t.equal(visibleText(text), shown);
  t.end();
});

await test('markup becomes HTML with every text and value escaped', (t) => {
  const markup = el('p', { title: `"<&'>`, hidden: true, lang: undefined, dir: false }, name('<b>'), ['&', el('br')]);
  t.equal(renderHtml(markup), '<p title="&quot;&lt;&amp;&#39;&gt;" hidden><bdi>&lt;b&gt;</bdi>&amp;<br></p>');
  t.end();
});

await test('a state survives its address, whatever the names', (t) => {
  for (const text of hostileNames.filter((candidate) => candidate.isWellFormed())) {
    const state: PageState = { ...initialState, tenant: text, q: text, at: text, show: 'confirm', page: 3 };
    t.strictSame(stateOf(fragmentOf(state)), state, visibleText(text));
    t.match(fragmentOf(state), /^#[\w%.*&=-]+$/);
  }
  t.strictSame(stateOf(fragmentOf(initialState)), initialState);
  t.end();
});

await test('fragments that say nothing of use are read all the same', (t) => {
  t.strictSame(stateOf(''), initialState);
  t.strictSame(stateOf('#show=nonsense&page=-1&more=1'), initialState);
  t.strictSame(stateOf('#page=1.5'), initialState);
  t.equal(stateOf('#scope'), undefined, 'a plain anchor');
  t.end();
});

await test('ids of entries are their own, and stay when object and message are made anew', (t) => {
  const idsOf = (report: AuditReport): readonly string[] => findingsOf(report).map(({ id }) => id);
  const ids = idsOf(sample);
  t.equal(new Set(ids).size, ids.length);
  const anew = (result: AuditResult): AuditResult => ({
    ...result,
    message: 'said otherwise',
    object: { ...result.object, uid: 'another', apiVersion: result.object.apiVersion.replace(/v\d\w*$/, 'v9') },
  });
  t.strictSame(idsOf({ ...sample, results: sample.results.map(anew) }), ids);
  t.strictSame(
    idsOf({ ...sample, results: sample.results.slice(1) }).slice(0, 5),
    ids.slice(1, 6),
    'when others are mended',
  );
  t.end();
});

await test('several violations of one rule in one field are told apart', (t) => {
  const [result] = sample.results;
  const [first, second] = findingsOf(reportOf({ results: [result!, result!], unknown: [], tenants: [] }));
  t.equal(second?.id, `${first?.id ?? ''}-2`);
  t.end();
});

await test('entries go into the list that they belong to', (t) => {
  const [result] = sample.results;
  const exemption = { owner: 'o', reason: 'r', expires: 'e' };
  const report = reportOf({
    results: [result!, { ...result!, writer: 'tenant' }, { ...result!, writer: 'tenant', exemption }],
    fixed: [result!],
    unknown: [{ message: 'why' }],
    tenants: [],
  });
  t.strictSame(
    findingsOf(report).map(({ part }) => part),
    ['violations', 'confirm', 'exempt', 'fixed', 'unknown'],
  );
  t.end();
});

await test('only a comparison tells what is new', (t) => {
  const [result] = sample.results;
  const { startedAt } = sample.scan;
  const undated = { ...result! };
  delete undated.since;
  const results = [{ ...result!, since: startedAt }, { ...result!, since: '2020-01-01T00:00:00Z' }, undated];
  const changes = (compared: boolean): readonly unknown[] =>
    findingsOf(reportOf({ results, unknown: [], tenants: [], compared })).map((one) => 'change' in one && one.change);
  t.strictSame(changes(true), ['new', 'unchanged', 'new']);
  t.strictSame(changes(false), [undefined, undefined, undefined]);
  t.end();
});

await test('a whole name means itself; part of one means all that have it', (t) => {
  const [result] = sample.results;
  const results = ['acme', 'acme-2', 'globex'].map((tenant) => ({ ...result!, tenant }));
  const findings = findingsOf(reportOf({ results, unknown: [{ message: 'why' }], tenants: [] }));
  const index = new FindingIndex(findings, new Map());
  const count = (state: Partial<PageState>): number => index.matching({ ...initialState, ...state }).length;
  t.equal(count({ tenant: 'acme' }), 1);
  t.equal(count({ tenant: 'acm' }), 2);
  t.equal(count({ tenant: 'nobody' }), 0);
  t.equal(count({ show: 'unknown' }), 1);
  t.equal(count({ show: 'unknown', tenant: 'acme' }), 0);
  t.equal(count({ q: 'GLOBEX' }), 1);
  t.end();
});

await test('a namespace is the one that an object is in, or is', (t) => {
  const [result] = sample.results;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'web' };
  const inside = { apiVersion: 'v1', kind: 'Pod', namespace: 'web', name: 'a' };
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: null, name: 'web' };
  const results = [namespace, inside, role].map((object) => ({ ...result!, object }));
  const findings = findingsOf(reportOf({ results, unknown: [], tenants: [] }));
  const found = new FindingIndex(findings, new Map()).matching({ ...initialState, namespace: 'web' });
  t.strictSame(found, findings.slice(0, 2));
  t.end();
});

await test('tenants are ranked by what is worst, and only real violations count', (t) => {
  const [clean] = sample.posture.tenants;
  const [result] = sample.results;
  const tenants = ['a', 'b', 'c', 'd'].map((tenant) => ({ ...clean!, tenant }));
  const low = { ...result!, severity: 'low' as const };
  const critical = { ...result!, severity: 'critical' as const };
  const exemption = { owner: 'o', reason: 'r', expires: 'e' };
  const standings = rankTenants(
    reportOf({
      results: [
        { ...low, tenant: 'b' },
        { ...critical, tenant: 'c' },
        { ...critical, tenant: 'a', exemption },
        { ...critical, tenant: 'd', writer: 'tenant' },
        { ...low, tenant: 'unheard-of' },
      ],
      unknown: [],
      tenants,
    }),
  );
  t.strictSame(
    standings.map(({ tenant, isIsolated }) => [tenant, isIsolated]),
    [
      ['c', false],
      ['b', true],
      ['unheard-of', false],
      ['a', true],
      ['d', true],
    ],
  );
  t.equal(headline(standings), '3 of 5 tenants are fully isolated');
  t.end();
});

await test('the headline speaks as people do', (t) => {
  const [isolated] = rankTenants(sampleAuditReport({ tenants: 1, violations: 0 }));
  const other = { ...isolated!, isIsolated: false };
  for (const [standings, text] of [
    [[], 'No tenants were found'],
    [[isolated!], 'The only tenant is fully isolated'],
    [[other], 'The only tenant is not fully isolated'],
    [[isolated!, isolated!], 'All 2 tenants are fully isolated'],
    [[other, other], 'None of 2 tenants is fully isolated'],
    [[other, isolated!], '1 of 2 tenants is fully isolated'],
  ] as const)
    t.equal(headline(standings), text);
  t.end();
});

await test('counts, lists and times are written for people', (t) => {
  t.equal(counted(1, 'tenant'), '1 tenant');
  t.equal(counted(1234567, 'entry', 'entries'), '1\u202f234\u202f567 entries');
  t.equal(listed(['a']), 'a');
  t.equal(listed(['a', 'b', 'c']), 'a, b and c');
  t.equal(instantText('2026-11-02T14:03:59.123Z'), '2026-11-02 14:03 UTC');
  t.equal(instantText('yesterday'), 'yesterday');
  t.equal(dayText('2026-11-02T14:03:59Z'), '2026-11-02');
  t.end();
});

await test('the page knows the layers of the report, in its order', (t) => {
  t.strictSame(layerOrder, namespaceLayers);
  t.end();
});

await test('what browsers get is small, and has no library in it', (t) => {
  t.ok(pageScript.length < 40_000, `${pageScript.length} characters`);
  t.ok(pageStyle.length < 20_000, `${pageStyle.length} characters`);
  t.notMatch(pageScript, /additionalProperties|innerHTML|eval\(|document\.write/);
  t.notMatch(pageStyle, /@import|url\(/);
  t.end();
});
