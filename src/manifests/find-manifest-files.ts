import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import type { ManifestFault } from './manifest-document.ts';

/** Endings that kubectl knows manifests by. */
const manifestEndings = ['.yaml', '.yml', '.json'];

/** Where git keeps its own data: a branch may be called `x.yaml`. */
const gitFolder = '.git';

/** The kubelet keeps the files of a ConfigMap in a folder of such a name, and links to them: each would be read twice. */
const kubeletPrefix = '..';

export interface FoundFiles {
  readonly files: readonly string[];
  readonly faults: readonly ManifestFault[];
}

/**
 * The manifest files of a path: the file itself whatever it is called, or all below a folder in the order of their names.
 * A folder without any is a fault, since a check of nothing would look clean.
 */
export function findManifestFiles(start: string): FoundFiles {
  let isFolder;
  try {
    isFolder = statSync(start).isDirectory();
  } catch (error) {
    return { files: [], faults: [unreadable(start, error)] };
  }
  if (!isFolder) return { files: [path.normalize(start)], faults: [] };
  const faults: ManifestFault[] = [];
  const files = [...filesBelow(start, faults)];
  if (files.length === 0 && faults.length === 0) {
    faults.push(fileFault(start, `holds no manifests: no file in this folder ends in ${manifestEndings.join(', ')}`));
  }
  return { files, faults };
}

/** Links to files are followed; links to folders are not, as in kubectl, so that a circle of them ends. */
function* filesBelow(folder: string, faults: ManifestFault[]): Iterable<string> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    faults.push(unreadable(folder, error));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== gitFolder && !entry.name.startsWith(kubeletPrefix)) yield* filesBelow(file, faults);
    } else if (manifestEndings.includes(path.extname(entry.name)) && !isLinkedFolder(file, entry.isSymbolicLink())) {
      yield file;
    }
  }
}

function isLinkedFolder(file: string, isLink: boolean): boolean {
  return isLink && (statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** A fault of a file as a whole. */
export function fileFault(file: string, message: string): ManifestFault {
  return { file: displayPath(file, path.sep), line: 1, column: 1, message };
}

export function unreadable(file: string, error: unknown): ManifestFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return fileFault(file, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
}

/** A path as reports show it: with slashes, whatever the system separates folders with. */
export function displayPath(file: string, separator: string): string {
  return separator === '/' ? file : file.replaceAll(separator, '/');
}
