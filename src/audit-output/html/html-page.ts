import { createHash } from 'node:crypto';

import type { AuditReport } from '../../audit/audit-report.ts';
import { pageScript, pageStyle } from './page-assets.ts';
import { pageBody } from './page-body.ts';
import { renderHtml } from './render-html.ts';
import { el } from './view/markup.ts';
import type { PageData, RuleText } from './view/page-data.ts';
import { headline } from './view/summary.ts';
import { rankTenants } from './view/tenant-ranking.ts';

/** What the page knows beside the report. */
export interface HtmlPageOptions {
  /** Rules that may stand in the report; their metadata will do. Those that it does not name are left out. */
  readonly rules: readonly RuleText[];
  /** Version of Tenantgate. */
  readonly version?: string | undefined;
}

/** A shield in the colours of the page. */
const icon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E%3Cpath fill=%22%231f6f5c%22 d=%22M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z%22/%3E%3C/svg%3E';

/**
 * The report as one HTML file that needs nothing else. Names and messages in it were written by those who are audited: they
 * are shown as text, and by the page’s policy nothing runs but its own script, found by its hash.
 */
export function htmlPage(report: AuditReport, { rules, version }: HtmlPageOptions): string {
  const data: PageData = { report, rules: rulesOf(report, rules), version };
  const title = `${headline(rankTenants(report))} – ${report.scan.startedAt.slice(0, 10)}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    renderHtml(el('meta', { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy() })),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="color-scheme" content="light dark">',
    renderHtml(el('title', {}, title)),
    renderHtml(el('link', { rel: 'icon', href: icon })),
    `<style>${pageStyle}</style>`,
    `<script>${pageScript}</script>`,
    '</head>',
    renderHtml(pageBody(data)).replace(/<\/body>$/, ''),
    `<script type="application/json" id="data">${jsonInHtml(data)}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** For a server that sends the page: the same as in the page itself, and that nobody may frame it. */
export function contentSecurityPolicyHeader(): string {
  return `${contentSecurityPolicy()}; frame-ancestors 'none'`;
}

/** CSP3; trusted types keep the script from ever making nodes out of text. */
function contentSecurityPolicy(): string {
  return [
    "default-src 'none'",
    `script-src '${sourceHash(pageScript)}'`,
    `style-src '${sourceHash(pageStyle)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

function rulesOf({ results, fixed = [], unknown }: AuditReport, rules: readonly RuleText[]): readonly RuleText[] {
  const named = new Set([...results, ...fixed, ...unknown].map(({ rule }) => rule));
  return rules
    .filter(({ id }) => named.has(id))
    .map(({ id, title, rationale, remediation, references, url }) => ({
      id,
      title,
      rationale,
      remediation,
      references,
      url,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Without `<`, nothing in it ends the element or begins a comment: https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements */
function jsonInHtml(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', String.raw`\u003c`);
}
