import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type ImageDescription } from './build-image.ts';
import { type NpmSecrets } from './npm-secrets.ts';

/** Names the file through which the runner tells its test files of the image that it has built. */
const SESSION_VARIABLE = 'TENANTGATE_IMAGE';

/** The image under test. */
export interface ImageSession {
  /** Everything that belongs to the run lies here, buildah's store among it, and goes with it. */
  readonly folder: string;
  /** A digest of all that is in the image. */
  readonly id: string;
  readonly description: ImageDescription;
  /** Root file system as it was built; nobody runs in it. */
  readonly root: string;
  /** Another copy, in which containers run. */
  readonly runRoot: string;
  /** Root file system of the base, without us. */
  readonly baseRoot: string;
  readonly secrets: NpmSecrets;
}

/** Hands the image to test files; gives the environment that leads them to it. */
export async function shareImage(session: ImageSession): Promise<Readonly<Record<string, string>>> {
  const path = join(session.folder, 'session.json');
  await writeFile(path, JSON.stringify(session), { mode: 0o600 });
  return { [SESSION_VARIABLE]: path };
}

/** Finds the image that `test/image/run.ts` has built. */
export async function connectImage(): Promise<ImageSession> {
  const path = process.env[SESSION_VARIABLE] ?? '';
  if (path === '') {
    const how = 'run this file with "node test/image/run.ts FILE"';
    throw new Error(`${SESSION_VARIABLE} is not set: ${how}, which builds the image first`);
  }
  return JSON.parse(await readFile(path, 'utf8')) as ImageSession;
}
