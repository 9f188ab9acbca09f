import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Artefact } from './artefact.ts';

/** How the files on disk differ from what the code generates. */
export interface Drift {
  readonly missing: readonly string[];
  readonly different: readonly string[];
  /** Files in a generated folder that nothing generates: pages of rules that are gone. */
  readonly stale: readonly string[];
}

/** Compares byte for byte. `folders` hold generated files only. */
export function driftOf(root: string, artefacts: readonly Artefact[], folders: readonly string[]): Drift {
  const paths = new Set(artefacts.map(({ path }) => path));
  const missing = artefacts.filter(({ path }) => !existsSync(join(root, path)));
  const different = artefacts.filter((one) => !missing.includes(one) && readText(root, one.path) !== one.text);
  return {
    missing: missing.map(({ path }) => path),
    different: different.map(({ path }) => path),
    stale: folders.flatMap((folder) => filesIn(root, folder)).filter((path) => !paths.has(path)),
  };
}

/** Writes what differs and removes what is stale. */
export function writeArtefacts(root: string, artefacts: readonly Artefact[], drift: Drift): void {
  const changed = new Set([...drift.missing, ...drift.different]);
  for (const { path, text } of artefacts.filter((one) => changed.has(one.path))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const path of drift.stale) rmSync(join(root, path));
}

function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function filesIn(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
