import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { test, type Test } from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { htmlPage } from '../../src/audit-output/html/html-page.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { programVariable } from './find-chromium.ts';

/** How a test opens the page. */
export interface Opening extends BrowserContextOptions {
  /** Such as `#tenant=acme`. */
  readonly fragment?: string;
}

/** One browser for all tests of a file; each page has a profile of its own. */
export async function startBrowser(suite: Test): Promise<Browser> {
  // Chromium has no sandbox for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: process.env[programVariable] ?? 'chromium', args });
  suite.teardown(() => browser.close());
  return browser;
}

/** Opens the page of a report, in a profile of its own. */
type Open = (report: AuditReport, opening?: Opening) => Promise<Page>;

/**
 * A test of pages that are opened as files. It fails where the browser complains of anything, breaches of the page’s policy
 * included, or where a page asks for anything.
 */
export async function pageTest(
  browser: Browser,
  name: string,
  body: (t: Test, open: Open) => Promise<void>,
): Promise<void> {
  await test(name, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tenantgate-page-'));
    const complaints: string[] = [];
    const contexts: BrowserContext[] = [];
    const open: Open = async (report, { fragment = '', ...options } = {}) => {
      const file = join(folder, `audit-${contexts.length}.html`);
      writeFileSync(file, htmlPage(report, { rules, version: '0.0.0' }));
      const context = await browser.newContext({ ...screen, ...options });
      contexts.push(context);
      const page = await context.newPage();
      listen(page, complaints);
      await page.goto(`${pathToFileURL(file).href}${fragment}`);
      return page;
    };
    try {
      await body(t, open);
      t.strictSame(complaints, [], 'the browser has nothing to complain of');
    } finally {
      await Promise.all(contexts.map((context) => context.close()));
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

const screen = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' } as const;

function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    // The page itself, and its icon.
    if (request.isNavigationRequest() || request.url().startsWith('data:image/svg+xml,')) return;
    complaints.push(`request: ${request.url()}`);
  });
}

/** The objects of the cards that are shown. */
export async function shownObjects(page: Page): Promise<readonly string[]> {
  return page.locator('#list .card h3').allTextContents();
}
