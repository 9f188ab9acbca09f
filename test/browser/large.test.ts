import { t as suite } from 'tap';

import { sampleAuditReport } from '../support/audit-reports.ts';
import { pageTest, startBrowser } from './open-page.ts';

const browser = await startBrowser(suite);
const large = sampleAuditReport({ tenants: 400, violations: 5000, toConfirm: 300, exempt: 40, unknown: 60 });

/** Elements of a page that may grow with what is shown at once, not with what there is. */
const bound = 8000;

await pageTest(browser, 'five thousand violations leave the document small', async (t, open) => {
  const page = await open(large);
  const elements = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);
  const opened = await elements();
  t.ok(opened < bound, `${opened} elements`);
  t.equal(await page.locator('#list .card').count(), 50);
  const took = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return `first paint after ${Math.round(paint?.startTime ?? NaN)} ms, ready after ${Math.round(navigation?.domContentLoadedEventEnd ?? NaN)} ms`;
  });
  t.comment(took);
  await page.getByRole('link', { name: 'Last' }).click();
  await page.locator('.pager .here', { hasText: 'Page 100 of 100' }).waitFor();
  t.ok((await elements()) < bound);
});

await pageTest(
  browser,
  'the headline, the figures and the heat map need no script, so they are painted before it runs',
  async (t, open) => {
    const page = await open(large, { javaScriptEnabled: false });
    t.equal(await page.locator('h1').textContent(), '2 of 400 tenants are fully isolated');
    t.equal(await page.locator('#tenants .heat-map').first().locator('tbody tr').count(), 100);
  },
);

await pageTest(browser, 'searching goes over all entries and shows a screenful', async (t, open) => {
  const page = await open(large);
  const took = await page.evaluate(() => {
    const field = document.querySelector<HTMLInputElement>('#by-q')!;
    const began = performance.now();
    for (const letter of 'allow-internet') {
      field.value += letter;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    return Math.round((performance.now() - began) / 'allow-internet'.length);
  });
  t.comment(`${took} ms for each letter`);
  const found = large.results.filter(
    ({ rule, writer, exemption }) =>
      rule === 'network/bounded-addresses' && writer === 'any' && exemption === undefined,
  );
  t.match((await page.locator('#status').textContent())?.replaceAll('\u202f', ''), `${found.length} of 5000 entries`);
  t.ok((await page.locator('#list .card').count()) <= 50);
});

await pageTest(browser, 'further tenants come when they are asked for', async (t, open) => {
  const page = await open(large);
  const rows = page.locator('#tenants tbody tr');
  for (const count of [200, 300, 400]) {
    await page.locator('#more-tenants button').click();
    t.equal(await rows.count(), count);
  }
  t.equal(await page.locator('#more-tenants button').count(), 0);
});

await pageTest(browser, 'names are suggested by the part that is typed, never all of them', async (t, open) => {
  const page = await open(large);
  await page.getByRole('combobox', { name: 'Tenant' }).fill('cyberdyne-3');
  const options = await page
    .locator('#known-tenant option')
    .evaluateAll((all) => all.map((option) => option.getAttribute('value')));
  t.ok(options.includes('cyberdyne-30') && options.every((name) => name?.includes('cyberdyne-3')), options.join());
  await page.getByRole('combobox', { name: 'Tenant' }).fill('');
  t.equal(await page.locator('#known-tenant option').count(), 50);
});
