import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { auditCommand } from './commands/audit.ts';
import { checkCommand } from './commands/check.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { rulesCommand } from './commands/rules.ts';
import { serveCommand } from './commands/serve.ts';
import { testCommand } from './commands/test.ts';
import { waitCommand } from './commands/wait.ts';
import type { Terminal } from './terminal.ts';

/** The version of the package that this file is part of. */
function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** The whole command line. Exit codes: 0 success, 1 violations, 2 bad usage or something that could not be judged. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('tenantgate')
    .description('Proves that what a tenant applies to a shared Kubernetes cluster stays inside its tenant.')
    .version(packageVersion());
  for (const command of [
    serveCommand,
    checkCommand,
    auditCommand,
    testCommand,
    rulesCommand,
    doctorCommand,
    waitCommand,
    demoCommand,
  ])
    program.addCommand(command(terminal));
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error) => {
      // Commander ends with 1 on bad usage; 1 means violations here.
      process.exit(error.exitCode === 0 ? 0 : 2);
    });
  }
  return program;
}
