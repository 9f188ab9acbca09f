import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { Obstacle } from '../support/give-up.ts';

/** How test files are told which program to start. */
export const programVariable = 'CHROMIUM';

export type FoundChromium = { readonly ok: true; readonly program: string } | ({ readonly ok: false } & Obstacle);

/** The browser that CHROMIUM names, or the one on the path. */
export function findChromium(environment: NodeJS.ProcessEnv): FoundChromium {
  const named = environment[programVariable];
  if (named !== undefined) {
    if (isProgram(named)) return { ok: true, program: named };
    return { ok: false, reason: 'failed', message: `${programVariable} names no program: ${named}` };
  }
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const program = folders.map((folder) => join(folder, 'chromium')).find(isProgram);
  if (program !== undefined) return { ok: true, program };
  return {
    ok: false,
    reason: 'missing',
    message: `The audit’s page is tested in Chromium: no chromium is on the path, and ${programVariable} names none. .ci/packages installs it.`,
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
