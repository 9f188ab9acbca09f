import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { t as suite } from 'tap';

import { sampleAuditReport } from '../support/audit-reports.ts';
import { pageTest, startBrowser } from './open-page.ts';

const browser = await startBrowser(suite);
const report = sampleAuditReport({ tenants: 12, violations: 120, toConfirm: 5, exempt: 2, unknown: 3, compared: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Something of everything, and little of it: axe looks at each element. */
const small = sampleAuditReport({ tenants: 12, violations: 12, toConfirm: 2, exempt: 2, unknown: 3, compared: true });

/** What axe finds: rule and elements. */
async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate<AxeResults>(`axe.run({ runOnly: ${JSON.stringify(tags)} })`);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const fragment of ['', '#tenant=initech', '#show=unknown']) {
    await pageTest(
      browser,
      `axe finds nothing in ${colorScheme} colours at ${fragment || 'the start'}`,
      async (t, open) => {
        const page = await open(small, { colorScheme, fragment });
        t.strictSame(await accessibilityFaults(page), []);
      },
    );
  }
}

await pageTest(browser, 'axe finds nothing on a narrow screen', async (t, open) => {
  const page = await open(small, { viewport: { width: 360, height: 740 } });
  t.strictSame(await accessibilityFaults(page), []);
});

await pageTest(browser, 'a narrow screen shows all without scrolling sideways', async (t, open) => {
  const page = await open(report, {
    viewport: { width: 360, height: 740 },
    fragment: '#tenant=initech',
  });
  t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

await pageTest(browser, 'colours follow the system, and the switch, which is remembered', async (t, open) => {
  const page = await open(report, { colorScheme: 'light' });
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await background();
  t.not(dark, light);
  await page.getByLabel('Colours').selectOption('light');
  t.equal(await background(), light);
  await page.reload();
  t.equal(await background(), light);
  await page.getByLabel('Colours').selectOption('auto');
  t.equal(await background(), dark);
});

await pageTest(browser, 'the keyboard alone reaches cells, tenants and the search', async (t, open) => {
  const page = await open(report);
  await page.keyboard.press('Tab');
  t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the findings');
  await page.locator('#tenants tbody th a').first().focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
  const [row, column] = await page.evaluate(() => {
    const cell = document.activeElement?.closest('td');
    return [(cell?.parentElement as HTMLTableRowElement).rowIndex, cell?.cellIndex];
  });
  t.strictSame([row, column], [2, 1]);
  await page.keyboard.press('Enter');
  await page.locator('#tenant h3').waitFor();
  t.equal(await page.evaluate(() => document.activeElement?.id), 'tenant-layer-labels');
  await page.keyboard.press('/');
  t.equal(await page.evaluate(() => document.activeElement?.id), 'by-q');
  await page.keyboard.type('a/b');
  t.equal(await page.getByLabel('Search').inputValue(), 'a/b');
});

await pageTest(
  browser,
  'on paper the whole list is there, in dark colours on white, without what can only be clicked',
  async (t, open) => {
    const page = await open(report, { colorScheme: 'dark' });
    await page.evaluate(() => {
      addEventListener('beforeprint', () => {
        document.documentElement.dataset['printed'] = String(document.querySelectorAll('#list .card').length);
      });
    });
    await page.pdf();
    t.equal(await page.evaluate(() => document.documentElement.dataset['printed']), '120');
    t.equal(await page.locator('#list .card').count(), 50, 'the screen is as it was');
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    t.notOk(await page.locator('#filters').isVisible());
    t.notOk(await page.locator('.copy').first().isVisible());
    t.ok(await page.locator('#list .fix').first().isVisible());
    t.equal(
      await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
      'rgb(255, 255, 255)',
    );
  },
);
