import { t as suite } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { fragmentOf } from '../../src/audit-output/html/view/page-state.ts';
import { visibleText } from '../../src/audit-output/html/view/visible-text.ts';
import { reportOf, sampleAuditReport } from '../support/audit-reports.ts';
import { hostileNames } from '../support/hostile-names.ts';
import { pageTest, shownObjects, startBrowser } from './open-page.ts';

const browser = await startBrowser(suite);

/** A report in which everything that comes from a cluster is hostile. */
function hostileReport(): AuditReport {
  const sample = sampleAuditReport({ tenants: 1, violations: 1, unknown: 1 });
  const [tenant] = sample.posture.tenants;
  const tenants = hostileNames.map((name) => ({
    tenant: name,
    layers: tenant!.layers.map((layer) => ({ ...layer, fix: name, evidence: [{ field: name, message: name }] })),
    namespaces: [{ namespace: name, layers: tenant!.layers }],
  }));
  const results = hostileNames.map((name) => ({
    ...sample.results[0]!,
    object: { apiVersion: name, kind: name, namespace: name, name },
    tenant: name,
    field: name,
    message: name,
    fix: name,
    policy: name,
    rule: name,
  }));
  const unknown = hostileNames.map((name) => ({ resource: name, rule: name, message: name }));
  const report = reportOf({ results, unknown, tenants });
  return { ...report, scan: { ...report.scan, source: hostileNames[0]!, filters: [...hostileNames] } };
}

await pageTest(browser, 'hostile names are shown and do nothing', async (t, open) => {
  const page = await open(hostileReport());
  t.strictSame(
    await shownObjects(page),
    hostileNames.map(visibleText).map((name) => `${name} ${name}/${name}`),
  );
  t.equal(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown), undefined);
  t.equal(await page.locator('body script, body img, body iframe, [onerror], [onload], [onfocus]').count(), 1);
  t.equal(await page.locator('body script').getAttribute('type'), 'application/json');
});

await pageTest(browser, 'hostile tenants are chosen as others are', async (t, open) => {
  const report = hostileReport();
  const page = await open(report);
  for (const tenant of hostileNames.filter((name) => name.isWellFormed())) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, fragmentOf({ tenant }));
    await page.waitForFunction((hash) => location.hash === hash, fragmentOf({ tenant }));
    const heading = page.locator('#tenant h3', { hasText: visibleText(tenant) });
    await heading.waitFor();
    t.equal(await page.locator('#list .card').count(), 1, visibleText(tenant));
  }
  t.equal(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown), undefined);
});

await pageTest(browser, 'hostile fragments do nothing', async (t, open) => {
  const report = sampleAuditReport({ tenants: 3, violations: 10 });
  for (const fragment of [
    '#tenant=<img src=x onerror=alert(1)>&at="]',
    '#%',
    '#%E0%A4%A',
    '#page=1e999',
    '#=',
    '#__proto__=1',
  ]) {
    const page = await open(report, { fragment });
    t.equal(await page.locator('#findings-title').textContent(), 'Findings', fragment);
  }
});

await pageTest(browser, 'without script hostile names do nothing either', async (t, open) => {
  const page = await open(hostileReport(), { javaScriptEnabled: false });
  t.equal(await page.locator('#findings .card').count(), 2 * hostileNames.length);
  t.equal(await page.locator('body img, body iframe, [onerror], [onload], [onfocus]').count(), 0);
});
