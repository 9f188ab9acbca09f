import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { npm } from '../package/npm.ts';

/** Files for the Dockerfile's secrets. */
export interface NpmSecrets {
  readonly npmrc: string;
  readonly ca: string | undefined;
  /** Stands in the npmrc: where it is found, the secret has left a trace. */
  readonly marker: string;
}

/** Writes how this machine's npm reaches its registry, in the words of the image's build. */
export async function writeNpmSecrets(folder: string): Promise<NpmSecrets> {
  const ask = async (key: string): Promise<string> => (await npm(folder, 'config', 'get', key)).trim();
  const files = await Promise.all([readOrNothing(await ask('globalconfig')), readOrNothing(await ask('userconfig'))]);
  const ca = [await ask('cafile'), process.env['NODE_EXTRA_CA_CERTS'] ?? ''].find(
    (path) => path !== '' && path !== 'null',
  );
  const marker = 'tenantgate-npmrc-of-the-tests';
  const lines = files.flatMap((text) => text.split('\n')).filter((line) => !/^\s*cafile\s*=/.test(line));
  const ours = [`registry=${await ask('registry')}`, ...(ca === undefined ? [] : ['cafile=/run/secrets/npm-ca'])];
  const npmrc = join(folder, 'npmrc');
  await writeFile(npmrc, [...lines, ...ours, `; ${marker}`, ''].join('\n'), { mode: 0o600 });
  return { npmrc, ca, marker };
}

async function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
