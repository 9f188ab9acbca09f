import { createHash } from 'node:crypto';

import { test } from 'tap';

import { contentSecurityPolicyHeader, htmlPage } from '../../../src/audit-output/html/html-page.ts';
import type { PageData } from '../../../src/audit-output/html/view/page-data.ts';
import { visibleText } from '../../../src/audit-output/html/view/visible-text.ts';
import type { AuditReport } from '../../../src/audit/audit-report.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { reportOf, sampleAuditReport } from '../../support/audit-reports.ts';
import { hostileNames } from '../../support/hostile-names.ts';

const sample = sampleAuditReport({ tenants: 12, violations: 37, toConfirm: 5, exempt: 2, unknown: 3, compared: true });

function pageOf(report: AuditReport): string {
  return htmlPage(report, { rules, version: '1.2.3' });
}

/** What stands in the elements of a name, in order. */
function contentsOf(html: string, tag: string): readonly string[] {
  return Array.from(
    html.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, 'gs')),
    ([, content]) => content ?? '',
  );
}

function dataIn(html: string): PageData {
  return JSON.parse(contentsOf(html, 'script')[1] ?? '') as PageData;
}

function hashOf(text: string | undefined): string {
  return `'sha256-${createHash('sha256')
    .update(text ?? '')
    .digest('base64')}'`;
}

await test('its policy lets nothing run or load but its own script and style', (t) => {
  const html = pageOf(sample);
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const [script] = contentsOf(html, 'script');
  const [style] = contentsOf(html, 'style');
  t.strictSame(policy.replaceAll('&#39;', "'").split('; '), [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  t.equal(contentSecurityPolicyHeader(), `${policy.replaceAll('&#39;', "'")}; frame-ancestors 'none'`);
  t.end();
});

await test('it needs no other file, and has neither handlers nor styles inline', (t) => {
  const html = pageOf(sample);
  const markup = html.replaceAll(/<(script|style)\b.*?<\/\1>/gs, '');
  t.notMatch(markup, /<(?:img|iframe|object|embed|audio|video|source|base)\b/);
  t.notMatch(markup, /\s(?:src|srcset|style|on\w+)="/);
  t.strictSame(
    Array.from(markup.matchAll(/<link [^>]*href="([^"]*)"/g), ([, href]) => href?.slice(0, 19)),
    ['data:image/svg+xml,'],
  );
  t.end();
});

await test('the script gets the whole report, and of rules those that it names', (t) => {
  const data = dataIn(pageOf(sample));
  t.strictSame(data.report, sample);
  const named = new Set([...sample.results, ...(sample.fixed ?? []), ...sample.unknown].map(({ rule }) => rule));
  t.strictSame(
    data.rules.map(({ id }) => id),
    [...named].filter((rule) => rule !== undefined).sort(),
  );
  t.end();
});

await test('it has a headline, figures, tenants, scope and rules before any script runs', (t) => {
  const html = pageOf(sample).replaceAll(/<noscript>.*?<\/noscript>/gs, '');
  t.match(html, '<h1>2 of 12 tenants are fully isolated</h1>');
  t.match(html, 'The scan is not complete: 3 things could not be judged and are not counted as clean.');
  t.match(html, 'lockdown of the Flux controllers is drifted');
  t.match(html, '<a href="#change=new">');
  t.match(html, '<a class="cell in-place" href="#tenant=acme&amp;layer=labels">');
  t.match(html, '<td class="outcome">forbidden</td>');
  t.match(html, 'id="rule/network/confined-peers"');
  t.match(html, 'Tenantgate 1.2.3');
  t.end();
});

await test('a report that was narrowed says so where it is read first', (t) => {
  const html = pageOf({ ...sample, scan: { ...sample.scan, filters: ['--tenant acme'] } });
  t.match(html, 'narrowed to <code><bdi>--tenant acme</bdi></code>');
  t.end();
});

await test('without an earlier audit nothing is said of changes', (t) => {
  const html = pageOf(sampleAuditReport({ tenants: 3, violations: 5 }));
  t.notMatch(html, 'id="by-change"');
  t.notMatch(html, 'data-part="fixed"');
  t.notMatch(html, 'Since the earlier audit');
  t.end();
});

await test('a rule’s own page is linked where it is known', (t) => {
  const url = 'https://example.org/rules/confined-peers';
  const html = htmlPage(sample, { rules: rules.map((rule) => ({ ...rule, url })) });
  t.match(html, `<a href="${url}" rel="noreferrer">`);
  t.end();
});

await test('an empty report is a page too', (t) => {
  const html = pageOf(reportOf({ results: [], unknown: [], tenants: [] }));
  t.match(html, '<h1>No tenants were found</h1>');
  t.match(html, 'Nothing that is stored breaks a rule in force.');
  t.end();
});

await test('what exceeds the lists for readers without script is counted', (t) => {
  const html = pageOf(sampleAuditReport({ tenants: 3, violations: 300 }));
  const [, noscript] = /<noscript>(.*?)<\/noscript>/s.exec(html) ?? [];
  t.equal(noscript?.match(/<li class="card /g)?.length, 250);
  t.match(noscript, '50 more entries: switch scripts on, or see the JSON report.');
  t.end();
});

await test('no name breaks out of where it stands', (t) => {
  const [result] = sample.results;
  const [tenant] = sample.posture.tenants;
  for (const name of hostileNames) {
    const object = { apiVersion: name, kind: name, namespace: name, name };
    const report = reportOf({
      results: [{ ...result!, object, rule: name, policy: name, tenant: name, field: name, message: name, fix: name }],
      unknown: [{ object, resource: name, rule: name, message: name }],
      tenants: [{ tenant: name, layers: tenant!.layers, namespaces: [{ namespace: name, layers: tenant!.layers }] }],
    });
    const html = pageOf({ ...report, scan: { ...report.scan, source: name, filters: [name] } });
    t.same(tagsOf(html), tagsOf(harmless(report)), visibleText(name));
    t.strictSame(dataIn(html).report.results[0]?.object, object);
    t.notMatch(
      html.replaceAll(/<script type="application\/json".*?<\/script>/gs, ''),
      /[\u202a-\u202e\u2066-\u2069\0\u001b]/,
    );
  }
  t.end();
});

/** The same page with a name that harms nobody. */
function harmless(report: AuditReport): string {
  const name = 'harmless';
  const object = { apiVersion: name, kind: name, namespace: name, name };
  const [result] = report.results;
  const [tenant] = report.posture.tenants;
  return pageOf({
    ...report,
    scan: { ...report.scan, source: name, filters: [name] },
    results: [{ ...result!, object, rule: name, policy: name, tenant: name, field: name, message: name, fix: name }],
    unknown: [{ object, resource: name, rule: name, message: name }],
    posture: {
      ...report.posture,
      tenants: [{ ...tenant!, tenant: name, namespaces: [{ ...tenant!.namespaces[0]!, namespace: name }] }],
    },
  });
}

/** All tags of a page with the names of their attributes. */
function tagsOf(html: string): readonly string[] {
  return Array.from(html.matchAll(/<[!/]?[a-z][^\s>]*(?:\s[^>]*)?>/gi), ([tag]) => tag.replaceAll(/="[^"]*"/g, ''));
}
