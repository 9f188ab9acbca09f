/**
 * Runs the tests that take long or need Go: node test/resilience/run.ts [FILE…] [tap options]
 */
import { giveUp } from '../support/give-up.ts';
import { runInterruptibly } from '../support/run-interruptibly.ts';
import { runTap } from '../support/run-tap.ts';
import { buildLoadClient } from './build-load-client.ts';
import { programVariable } from './load-client.ts';

const secondsPerFile = 300;

process.exitCode = await runInterruptibly(say, (signal) => runTests(process.argv.slice(2), signal));

async function runTests(args: readonly string[], signal: AbortSignal): Promise<number> {
  const built = await buildLoadClient(say, signal);
  if (!built.ok) return giveUp(say, built);
  const environment = { [programVariable]: built.program };
  return runTap({ folder: import.meta.dirname, args, environment, secondsPerFile, signal });
}

function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, 'resilience: ')}\n`);
}
