import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A Go module of this folder, and what is built of it. */
export interface GoModule<Name extends string> {
  /** Of its folder in the cache. */
  readonly name: string;
  readonly folder: string;
  /** Name of the file → the program. */
  readonly programs: Readonly<Record<Name, GoProgram>>;
}

export interface GoProgram {
  /** Import path, or a folder of the module, such as `./cert-manager-controller`. */
  readonly package: string;
  /** Variables that the linker sets, such as those of a version, which a build by name would leave empty. */
  readonly variables?: (goMod: GoMod) => Readonly<Record<string, string>>;
}

export interface GoMod {
  /** The version of Go that the module needs, such as `1.26.0`. */
  readonly goVersion: string;
  /** The version that the module names of another; it stands nowhere else. */
  readonly versionOf: (module: string) => string;
}

export async function readGoMod(folder: string): Promise<GoMod> {
  const path = join(folder, 'go.mod');
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  return {
    goVersion: lines.find(([word]) => word === 'go')?.[1] ?? '',
    versionOf: (module) => {
      const version = lines.find(([first, second]) => first === module && second?.startsWith('v'))?.[1];
      if (version === undefined) throw new Error(`no version of ${module} in ${path}`);
      return version;
    },
  };
}

/** Names everything that a program is made of: what the module requires, sources of its own, and the toolchain. */
export async function buildKey(folder: string, toolchain: string): Promise<string> {
  const hash = createHash('sha256');
  const sources = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.go')).sort();
  for (const name of ['go.mod', 'go.sum', ...sources]) hash.update(await readFile(join(folder, name)));
  return hash.update(toolchain).digest('hex').slice(0, 16);
}
