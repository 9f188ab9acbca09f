import { delimiter, join } from 'node:path';

import { isExecutable } from '../cluster/go-programs.ts';
import { registryProblem } from '../package/npm.ts';
import { type Obstacle } from '../support/give-up.ts';

/** What builds an image, makes a Debian to build it on, and runs it, without a daemon. */
const PROGRAMS = ['buildah', 'debootstrap', 'runc', 'npm', 'tar'] as const;

/** Why this machine cannot build and run the image, or undefined when it can. */
export async function imageObstacle(folder: string): Promise<Obstacle | undefined> {
  const faults = [
    ...(process.platform === 'linux' ? [] : [`this is ${process.platform}, not Linux`]),
    ...(process.getuid?.() === 0 ? [] : ['this user is not root']),
    ...PROGRAMS.filter((name) => !isOnPath(name)).map((name) => `the command "${name}" is not on the PATH`),
  ];
  if (faults.length > 0) return missing(faults);
  const problem = await registryProblem(folder);
  return problem === undefined ? undefined : missing([`the npm registry cannot be reached (${problem})`]);
}

function missing(faults: readonly string[]): Obstacle {
  const message = [
    `The tests of the container image cannot run: ${faults.join('; ')}.`,
    'They need Linux, root, the npm registry, and buildah, debootstrap and runc.',
    'On Debian and Ubuntu ".ci/packages", run as root, installs the programs.',
  ].join('\n');
  return { reason: 'missing', message };
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));
}
