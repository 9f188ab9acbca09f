import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Folders of the root that hold no documentation of the project. */
const leftOut: ReadonlySet<string> = new Set(['.git', '.tap', 'dist', 'node_modules']);

export interface MarkdownFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** All Markdown files of the repository. */
export function markdownFiles(): readonly MarkdownFile[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => !leftOut.has(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(entry.name) : [entry.name]))
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
}
