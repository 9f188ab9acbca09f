import { rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Removes build output: node scripts/clean.ts FOLDER… Only folders inside the repository can be named. */
for (const folder of process.argv.slice(2)) {
  const path = relative(root, join(root, folder));
  if (path === '' || path.split(sep).includes('..')) throw new Error(`${folder} is not a folder inside the repository`);
  rmSync(join(root, path), { recursive: true, force: true });
}
