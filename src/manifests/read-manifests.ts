import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { isJsonObject } from '../algebra/json-object.ts';
import { expandList } from './expand-list.ts';
import { displayPath, fileFault, findManifestFiles, unreadable } from './find-manifest-files.ts';
import { readJsonDocuments } from './json-documents.ts';
import type { ManifestDocument, ManifestFault } from './manifest-document.ts';
import type { ParsedDocument } from './parsed-source.ts';
import { decodeSource, SourceText } from './source-text.ts';
import { readYamlDocuments } from './yaml-documents.ts';

/** The path that stands for standard input. */
export const stdinPath = '-';

/** What standard input is called in reports. */
export const stdinFile = '<stdin>';

/** Larger files are not read: no list that kubectl could apply comes near. */
const largestFileMiB = 64;

/** Every object of the files, and everything in them that could not be read. */
export interface Manifests {
  readonly documents: readonly ManifestDocument[];
  readonly faults: readonly ManifestFault[];
}

/**
 * Reads the manifests of files, folders and, for `-`, standard input. A file that several paths lead to is read once. A
 * fault in one place never hides another.
 */
export function readManifests(paths: readonly string[], stdin: Uint8Array | undefined): Manifests {
  const collected = new ManifestCollection();
  for (const start of new Set(paths)) {
    if (start === stdinPath) collected.add(stdinFile, [readBytes(stdinFile, stdin ?? new Uint8Array())]);
    else collected.addFiles(start);
  }
  return collected;
}

/** Gathers what is read, path by path. */
class ManifestCollection implements Manifests {
  readonly documents: ManifestDocument[] = [];
  readonly faults: ManifestFault[] = [];
  readonly #seen = new Set<string>();

  addFiles(start: string): void {
    const found = findManifestFiles(start);
    const fresh = found.files.filter((file) => !this.#seen.has(path.resolve(file)));
    for (const file of fresh) this.#seen.add(path.resolve(file));
    this.faults.push(...found.faults);
    if (fresh.length > 0) this.add(start, fresh.map(readFile));
  }

  /** A path that held nothing is a fault: a check of nothing would look clean, and what made it may have failed. */
  add(start: string, parts: Iterable<Manifests>): void {
    let isEmpty = true;
    for (const { documents, faults } of parts) {
      for (const document of documents) this.documents.push(document);
      for (const fault of faults) this.faults.push(fault);
      isEmpty &&= documents.length + faults.length === 0;
    }
    if (isEmpty) this.faults.push(fileFault(start, 'holds no manifests'));
  }
}

function readFile(file: string): Manifests {
  try {
    if (statSync(file).size > largestFileMiB * 1024 ** 2) return tooLarge(file);
    return readBytes(displayPath(file, path.sep), readFileSync(file));
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return { documents: [], faults: [unreadable(file, error)] };
    throw error;
  }
}

function tooLarge(file: string): Manifests {
  return { documents: [], faults: [fileFault(file, `is larger than ${largestFileMiB} MiB; split it`)] };
}

function readBytes(file: string, bytes: Uint8Array): Manifests {
  if (bytes.length > largestFileMiB * 1024 ** 2) return tooLarge(file);
  const source = decodeSource(file, bytes);
  return source instanceof SourceText ? readSource(source) : { documents: [], faults: [source] };
}

function readSource(source: SourceText): Manifests {
  const json = /^\s*\{/.test(source.text) ? readJsonDocuments(source) : undefined;
  const parsed = json ?? readYamlDocuments(source);
  const documents: ManifestDocument[] = [];
  const faults: ManifestFault[] = [...parsed.faults];
  for (const document of parsed.documents) {
    if (document.value === null) continue;
    const expanded = expandList(source, isBuildFile(source.file, document) ? asBuildFile(document) : document);
    for (const object of expanded.documents) documents.push(object);
    for (const fault of expanded.faults) faults.push(fault);
  }
  return { documents, faults };
}

/** kustomize knows its own file by name, and lets it go without kind and apiVersion. */
function isBuildFile(file: string, { value }: ParsedDocument): boolean {
  const name = path.posix.basename(file);
  if (name !== 'kustomization.yaml' && name !== 'kustomization.yml') return false;
  return isJsonObject(value) && !Object.hasOwn(value, 'kind') && !Object.hasOwn(value, 'apiVersion');
}

function asBuildFile(document: ParsedDocument): ParsedDocument {
  const own = isJsonObject(document.value) ? document.value : {};
  const value = { ...own, apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
  return { ...document, value };
}
