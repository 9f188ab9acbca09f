import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { mountFolder } from '../support/mounted-folder.ts';

type Mode = 'audit' | 'warn' | 'enforce';

const shipped = join(import.meta.dirname, '../../policies');
const modeOfPolicy = /^ {2}mode: enforce$/m;

/** The policies that ship, as a platform team keeps them in a ConfigMap of its own while it rolls them out. */
export interface RolloutPolicies {
  readonly folder: string;
  /** Every policy in another mode, all at once; rules with a mode of their own keep it. */
  switchTo(mode: Mode): void;
}

export function rolloutPolicies(folder: string, mode: Mode): RolloutPolicies {
  const mounted = mountFolder(folder, documentsIn(mode));
  return {
    folder,
    switchTo: (next) => {
      mounted.swap(documentsIn(next));
    },
  };
}

function documentsIn(mode: Mode): Readonly<Record<string, string>> {
  const names = readdirSync(shipped).filter((name) => name.endsWith('.yaml') && name !== 'tenancy.yaml');
  return Object.fromEntries(
    names.map((name) => {
      const text = readFileSync(join(shipped, name), 'utf8');
      if (!modeOfPolicy.test(text)) throw new Error(`${name} has no policy in mode enforce`);
      return [name, text.replace(modeOfPolicy, `  mode: ${mode}`)];
    }),
  );
}
