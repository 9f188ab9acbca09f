import { t as suite } from 'tap';

import { sampleAuditReport } from '../support/audit-reports.ts';
import { pageTest, shownObjects, startBrowser } from './open-page.ts';

const browser = await startBrowser(suite);
const report = sampleAuditReport({ tenants: 12, violations: 120, toConfirm: 5, exempt: 2, unknown: 3, compared: true });
const violations = report.results.filter(({ writer, exemption }) => writer === 'any' && exemption === undefined);

await pageTest(browser, 'everything is there when the page opens', async (t, open) => {
  const page = await open(report);
  t.equal(await page.locator('h1').textContent(), '2 of 12 tenants are fully isolated');
  t.equal(await page.locator('#tenants tbody tr').count(), 12);
  t.equal(await page.locator('#list .card').count(), 50);
  t.match(await page.locator('#status').textContent(), /^120 entries, 1 to 50 are shown\./);
});

await pageTest(browser, 'a card says what, where, why and how to mend it', async (t, open) => {
  const page = await open(report);
  const [first] = violations;
  const text = (await page.locator('#list .card').first().textContent()) ?? '';
  for (const part of [first!.field, first!.message, first!.fix, first!.rule, first!.object.name, first!.tenant!])
    t.match(text, part);
});

await pageTest(browser, 'filters narrow the list, and their state stands in the address', async (t, open) => {
  const page = await open(report);
  await page.getByLabel('Severity').selectOption('medium');
  const medium = violations.filter(({ severity }) => severity === 'medium');
  t.match(await page.locator('#status').textContent(), `${medium.length} of 120 entries`);
  t.equal(await page.locator('#list .card').count(), medium.length);
  t.equal(new URL(page.url()).hash, '#severity=medium');
  await page.getByLabel('Change').selectOption('new');
  const fresh = medium.filter(({ since }) => since === report.scan.startedAt);
  t.match(await page.locator('#status').textContent(), `${fresh.length} of 120 entries`);
  await page.getByRole('button', { name: 'Clear' }).click();
  t.match(await page.locator('#status').textContent(), /^120 entries/);
});

await pageTest(browser, 'filters for tenant, namespace, rule and mode fit the report', async (t, open) => {
  const page = await open(report);
  const { tenant, rule, mode, object } = violations.find(({ object }) => object.namespace !== null)!;
  await page.getByLabel('Mode').selectOption(mode);
  t.match(await page.locator('#status').textContent(), `${violations.filter((one) => one.mode === mode).length} of`);
  await page.getByRole('combobox', { name: 'Rule' }).selectOption(rule);
  await page.getByRole('combobox', { name: 'Tenant' }).fill(tenant!);
  await page.getByRole('combobox', { name: 'Namespace' }).fill(object.namespace!);
  const fitting = violations.filter(
    (one) => one.rule === rule && one.tenant === tenant && one.object.namespace === object.namespace,
  );
  t.strictSame(
    await shownObjects(page),
    fitting.map((one) => `${one.object.kind} ${one.object.namespace ?? ''}/${one.object.name}`),
  );
});

await pageTest(browser, 'search finds words anywhere in an entry, in any order and case', async (t, open) => {
  const page = await open(report);
  await page.getByLabel('Search').fill('FORBIDDEN address');
  const found = violations.filter(({ rule }) => rule === 'network/bounded-addresses');
  t.match(await page.locator('#status').textContent(), `${found.length} of 120 entries`);
  await page.getByLabel('Search').fill('there is no such thing');
  t.equal(await page.locator('#list').textContent(), 'Nothing here fits.');
});

await pageTest(browser, 'lists of what is to confirm, exempt, fixed and not judged stand apart', async (t, open) => {
  const page = await open(report);
  for (const [name, count] of Object.entries({ 'To confirm': 5, Exempt: 2, Fixed: 3, 'Not judged': 3 })) {
    await page.getByRole('link', { name: `${name} ${count}` }).click();
    t.equal(await page.locator('#list .card').count(), count, name);
    t.equal(await page.locator('.parts a[aria-current]').textContent(), `${name} ${count}`);
  }
});

await pageTest(browser, 'pages of the list lead through all of it', async (t, open) => {
  const page = await open(report);
  const seen = [...(await shownObjects(page))];
  for (let count = 2; count <= 3; count += 1) {
    await page.getByRole('link', { name: 'Next' }).click();
    await page.locator('.pager .here', { hasText: `Page ${count} of 3` }).waitFor();
    seen.push(...(await shownObjects(page)));
  }
  t.equal(seen.length, 120);
  t.equal(await page.getByRole('link', { name: 'Next' }).count(), 0);
});

await pageTest(browser, 'a cell of the heat map leads to the layer of the tenant', async (t, open) => {
  const page = await open(report);
  const row = page.locator('#tenants tbody tr').first();
  const tenant = (await row.locator('th').textContent()) ?? '';
  await row.locator('td a').nth(4).click();
  t.equal(await page.locator('#tenant h3').textContent(), `Tenant ${tenant}`);
  t.equal(await page.evaluate(() => document.activeElement?.id), 'tenant-layer-network-isolation');
  t.ok(await page.locator('#tenant-layer-network-isolation').isVisible());
  await page.goBack();
  t.equal(await page.locator('#tenant').textContent(), '', 'going back takes the choice away');
});

await pageTest(browser, 'a link restores tenant, filters and search', async (t, open) => {
  const { tenant } = violations[0]!;
  const page = await open(report, { fragment: `#tenant=${tenant!}&severity=critical&q=namespace` });
  t.equal(await page.locator('#tenant h3').textContent(), `Tenant ${tenant!}`);
  t.equal(await page.getByRole('combobox', { name: 'Tenant' }).inputValue(), tenant);
  t.equal(await page.getByLabel('Severity').inputValue(), 'critical');
  t.equal(await page.getByLabel('Search').inputValue(), 'namespace');
});

await pageTest(browser, 'a link to an entry finds it on whichever page it is', async (t, open) => {
  const page = await open(report, { fragment: '#page=3' });
  const last = page.locator('#list .card').last();
  const object = await last.locator('h3').textContent();
  const fragment = await last.locator('.permalink').getAttribute('href');
  const other = await open(report, { fragment: fragment! });
  t.equal(await other.locator('.card[aria-current] h3').textContent(), object);
  t.equal(await other.evaluate(() => document.activeElement?.textContent), object);
});

await pageTest(browser, 'a link to an entry that is gone says so', async (t, open) => {
  const page = await open(report, { fragment: '#at=gone' });
  t.match(await page.locator('#status').textContent(), /^This report has no entry "gone"/);
});

await pageTest(browser, 'a requirement leads to what the page says of the rule', async (t, open) => {
  const page = await open(report);
  await page.locator('#list .card .note a').first().click();
  t.match(new URL(page.url()).hash, /^#rule\//);
  t.ok(await page.locator(`[id="${new URL(page.url()).hash.slice(1)}"]`).isVisible());
  t.equal(await page.locator('#list .card').count(), 50, 'the list stays as it was');
});

await pageTest(browser, 'a fix is copied, or selected where the clipboard is closed', async (t, open) => {
  const page = await open(report);
  const fix = page.locator('#list .card .fix').first();
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('closed')) } });
  });
  await fix.getByRole('button').click();
  await fix.getByRole('button', { name: 'Selected' }).waitFor();
  t.equal(await page.evaluate(() => getSelection()?.toString()), violations[0]!.fix);
});

await pageTest(browser, 'all is readable without script', async (t, open) => {
  const page = await open(report, { javaScriptEnabled: false });
  t.equal(await page.locator('h1').textContent(), '2 of 12 tenants are fully isolated');
  t.equal(await page.locator('#findings .card').count(), 120 + 5 + 2 + 3 + 3);
  t.notOk(await page.locator('#filters').isVisible());
  const cell = page.locator('#tenants td a').first();
  const target = decodeURIComponent((await cell.getAttribute('href'))!.slice(1));
  t.equal(await page.locator(`[id="${target}"]`).count(), 1, 'links of the heat map lead somewhere');
});
