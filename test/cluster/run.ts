/**
 * Runs the tests that need a real control plane: node test/cluster/run.ts [FILE…] [tap options]
 * All files share one control plane, which lives as long as this process.
 */
import { giveUp } from '../support/give-up.ts';
import { runInterruptibly } from '../support/run-interruptibly.ts';
import { runTap } from '../support/run-tap.ts';
import { findBinaries } from './binaries.ts';
import { withControlPlane } from './with-control-plane.ts';

const SECONDS_PER_FILE = 300;

process.exitCode = await runInterruptibly(say, (signal) => runTests(process.argv.slice(2), signal));

async function runTests(args: readonly string[], signal: AbortSignal): Promise<number> {
  const found = await findBinaries({ progress: say, signal });
  if (!found.ok) return giveUp(say, found);
  return withControlPlane({ binaries: found.binaries, say, signal }, (environment) =>
    runTap({ folder: import.meta.dirname, args, environment, secondsPerFile: SECONDS_PER_FILE, signal }),
  );
}

function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, 'cluster: ')}\n`);
}
