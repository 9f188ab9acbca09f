import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder as the kubelet mounts a ConfigMap or Secret. */
export interface MountedFolder {
  /** Where a file of it is. */
  pathOf(name: string): string;
  /** Takes other contents into the same files, all at once. */
  swap(files: Readonly<Record<string, string>>): void;
}

/** Files are links through `..data`, a link to a folder that is swapped for another one; the old one is removed. */
export function mountFolder(folder: string, files: Readonly<Record<string, string>>): MountedFolder {
  let version = 0;
  function swap(contents: Readonly<Record<string, string>>): void {
    version += 1;
    const next = `..${version}`;
    mkdirSync(join(folder, next));
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, next, name), text);
    symlinkSync(next, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    if (version > 1) rmSync(join(folder, `..${version - 1}`), { recursive: true });
  }
  swap(files);
  for (const name of Object.keys(files)) symlinkSync(join('..data', name), join(folder, name));
  return { pathOf: (name) => join(folder, name), swap };
}
