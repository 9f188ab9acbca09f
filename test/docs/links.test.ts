import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { test } from 'tap';

import { markdownFiles } from './markdown-files.ts';

const root = join(import.meta.dirname, '../..');

/** Markdown without code, in which brackets are no links. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '`code`');
}

function linksIn(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** Anchors of the headings, as the repository's host makes them. */
function anchorsIn(text: string): ReadonlySet<string> {
  const headings = [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link inside the repository leads somewhere', (t) => {
  const broken = markdownFiles().flatMap(({ path, text }) =>
    linksIn(text)
      .filter((link) => !/^[a-z][a-z+.-]*:/.test(link))
      .filter((link) => !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`),
  );
  t.same(broken, []);
  t.end();
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = join(root, file === '' ? from : join(dirname(from), decodeURIComponent(file)));
  if (!existsSync(target)) return false;
  if (anchor === undefined || statSync(target).isDirectory()) return true;
  return anchorsIn(readFileSync(target, 'utf8')).has(anchor);
}
