/**
 * Builds the container image and runs its tests: node test/image/run.ts [FILE…] [tap options]
 * All files share one image, which lives as long as this process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findBinaries } from '../cluster/binaries.ts';
import { startGuardian } from '../cluster/guardian.ts';
import { giveUp } from '../support/give-up.ts';
import { runInterruptibly } from '../support/run-interruptibly.ts';
import { runTap } from '../support/run-tap.ts';
import { baseArchives } from './base-images.ts';
import { buildImage, describeImage, importBases, mountImage } from './build-image.ts';
import { buildahIn, images } from './buildah.ts';
import { removeContainers } from './container.ts';
import { shareImage, type ImageSession } from './image-session.ts';
import { imageObstacle } from './image-tools.ts';
import { writeNpmSecrets } from './npm-secrets.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SECONDS_PER_FILE = 1500;

process.exitCode = await runInterruptibly(say, async (signal) => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantgate-image-'));
  const guardian = startGuardian(folder);
  try {
    return await runTests(folder, process.argv.slice(2), signal);
  } finally {
    await removeContainers(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guardian.dismiss();
  }
});

async function runTests(folder: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const obstacle = await imageObstacle(folder);
  if (obstacle !== undefined) return giveUp(say, obstacle);
  const found = await findBinaries({ progress: say, signal });
  if (!found.ok) return giveUp(say, found);
  const environment = await shareImage(await build(folder, signal));
  return runTap({ folder: import.meta.dirname, args, environment, secondsPerFile: SECONDS_PER_FILE, signal });
}

async function build(folder: string, signal: AbortSignal): Promise<ImageSession> {
  const archives = await baseArchives({ say, signal });
  const secrets = await writeNpmSecrets(folder);
  const buildah = buildahIn(folder, signal);
  const began = performance.now();
  await importBases(buildah, archives);
  const id = await buildImage(buildah, { context: ROOT, tag: images.tenantgate, secrets });
  say(`built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return {
    folder,
    id,
    description: await describeImage(buildah, images.tenantgate),
    root: await mountImage(buildah, images.tenantgate),
    runRoot: await mountImage(buildah, images.tenantgate),
    baseRoot: await mountImage(buildah, images.runtime),
    secrets,
  };
}

function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, 'image: ')}\n`);
}
