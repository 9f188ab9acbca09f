import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { artefactOf, type Artefact } from './artefact.ts';
import { block, page } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const longestRunMs = 30_000;

/** `docs/reference/cli.md`: what the program itself prints as help. */
export async function cliPage(): Promise<Artefact> {
  const whole = helpOf([]);
  return artefactOf(
    'docs/reference/cli.md',
    page(
      '# Command line',
      'Exit codes: 0 clean, 1 violations, 2 bad usage or something that could not be judged. Which violations count, `--fail-on` says: for `check` warnings alone are clean, for `audit` nothing is.',
      block('text', whole),
      ...commandsIn(whole).flatMap((command) => [`## tenantgate ${command}`, block('text', helpOf([command]))]),
      'The options of `serve` with their environment variables: [configuration](configuration.md).',
    ),
  );
}

/** The help of a command. Without a terminal commander prints 80 columns, so the page is the same everywhere. */
function helpOf(command: readonly string[]): string {
  const args = ['src/cli/main.ts', ...command, '--help'];
  const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  const help = execFileSync(process.execPath, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: longestRunMs,
  });
  return help.trimEnd();
}

/** The names under `Commands:`; `help` itself needs no section. */
function commandsIn(help: string): readonly string[] {
  const [, list = ''] = help.split(/^Commands:$/m);
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]));
}
