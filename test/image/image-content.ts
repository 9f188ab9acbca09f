import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file, folder or link of a root file system; times are left out. */
export interface Entry {
  /** Such as `/app/package.json`. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permissions in octal, with setuid, setgid and sticky. */
  readonly mode: string;
  readonly owner: string;
  readonly bytes: number;
  /** Of a file its SHA-256, of a link its target. */
  readonly content: string;
}

/** All that is below a root, sorted by path. */
export async function contentOf(root: string): Promise<readonly Entry[]> {
  const names = await readdir(root, { recursive: true });
  const paths = names.map((name) => `/${name}`).sort();
  const entries: Entry[] = [];
  for (const path of paths) entries.push(await entryAt(root, path));
  return entries;
}

async function entryAt(root: string, path: string): Promise<Entry> {
  const file = join(root, path);
  const stats = await lstat(file);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const common = { path, mode, owner: `${stats.uid}:${stats.gid}` };
  if (stats.isDirectory()) return { ...common, type: 'folder', bytes: 0, content: '' };
  if (stats.isSymbolicLink()) return { ...common, type: 'link', bytes: 0, content: await readlink(file) };
  if (!stats.isFile()) return { ...common, type: 'other', bytes: 0, content: '' };
  const content = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return { ...common, type: 'file', bytes: stats.size, content };
}

/** Bytes of all files. */
export function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** One digest over paths, types, modes, owners and bytes. */
export function digestOf(entries: readonly Entry[]): string {
  const lines = entries.map(({ path, type, mode, owner, content }) => [path, type, mode, owner, content].join('\0'));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
