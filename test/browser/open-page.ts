import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Test } from 'tap';

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

/**
 * Opens the page of a report as a file. The test fails where the browser complains of anything, breaches of the page’s policy
 * included, or where the page asks for anything.
 */
export async function openPage(t: Test, browser: Browser, report: AuditReport, opening: Opening = {}): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'tenantgate-page-'));
  const file = join(folder, 'audit.html');
  writeFileSync(file, htmlPage(report, { rules, version: '0.0.0' }));
  const { fragment = '', ...options } = opening;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const address = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url().startsWith(address) || request.url().startsWith('data:image/svg+xml,')) return;
    complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`${address}${fragment}`);
  t.teardown(async () => {
    t.strictSame(complaints, [], 'the browser has nothing to complain of');
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return page;
}

/** The objects of the cards that are shown. */
export async function shownObjects(page: Page): Promise<readonly string[]> {
  return page.locator('#list .card h3').allTextContents();
}
