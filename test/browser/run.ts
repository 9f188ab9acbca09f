/**
 * Tests the audit's page in a real browser: node test/browser/run.ts [FILE…] [tap options]
 */
import { giveUp } from '../support/give-up.ts';
import { runInterruptibly } from '../support/run-interruptibly.ts';
import { runTap } from '../support/run-tap.ts';
import { findChromium, programVariable } from './find-chromium.ts';

const secondsPerFile = 300;

process.exitCode = await runInterruptibly(say, (signal) => runTests(process.argv.slice(2), signal));

async function runTests(args: readonly string[], signal: AbortSignal): Promise<number> {
  const found = findChromium(process.env);
  if (!found.ok) return giveUp(say, found);
  const environment = { [programVariable]: found.program };
  return runTap({ folder: import.meta.dirname, args, environment, secondsPerFile, signal });
}

function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, 'browser: ')}\n`);
}
