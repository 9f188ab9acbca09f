import type { Command } from 'commander';

import type { Terminal } from '../../src/cli/terminal.ts';

/** What a command wrote and ended with. */
export interface CommandRun {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | undefined;
}

/** Runs a command with a terminal of its own, as `tenantgate <command> …`. Rejects on usage that commander refuses. */
export async function runCommand(
  build: (terminal: Terminal) => Command,
  args: readonly string[],
  environment: Terminal['environment'] = {},
  stdin = '',
  columns = 80,
): Promise<CommandRun> {
  const run = { output: '', errors: '', exitCode: undefined as number | undefined };
  const terminal: Terminal = {
    environment,
    isInteractive: false,
    columns,
    hasErrorTerminal: false,
    write: (text) => void (run.output += text),
    writeError: (text) => void (run.errors += text),
    readInput: () => Promise.resolve(Buffer.from(stdin)),
    setExitCode: (code) => void (run.exitCode = code),
    now: () => new Date(),
  };
  const command = build(terminal).exitOverride();
  command.configureOutput({
    writeErr: (text) => void (run.errors += text),
    writeOut: (text) => void (run.output += text),
  });
  await command.parseAsync(args, { from: 'user' });
  return run;
}
