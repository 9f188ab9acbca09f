import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, delimiter } from 'node:path';

/** How a command ended. */
export interface CommandEnding {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const commandMs = 110_000;

/** What an outer npm says of its own project would be taken for the inner one's. */
const ofOuterProject =
  /^(?:npm_(?:package|lifecycle)_|npm_command$|npm_execpath$|npm_config_(?:local_)?prefix$|INIT_CWD$)/i;

/** Runs a command in a folder as a user would, under the Node that runs this test. */
export async function runIn(folder: string, command: string, args: readonly string[]): Promise<CommandEnding> {
  const inherited = Object.entries(process.env).filter(([name]) => !ofOuterProject.test(name));
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), PATH: path, npm_config_audit: 'false', npm_config_fund: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: commandMs,
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

/** Runs npm; a failure is an error with what npm said. */
export async function npm(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, output, errors } = await runIn(folder, 'npm', args);
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code ?? 'a signal'}: ${output}${errors}`);
  return output;
}

/** Why the npm registry cannot be used, or undefined when it can: asked for a package that is needed anyway. */
export async function registryProblem(folder: string): Promise<string | undefined> {
  const retries = ['--fetch-retries=0', '--fetch-timeout=15000'];
  const { code, errors } = await runIn(folder, 'npm', ['view', 'fastify', 'version', ...retries]);
  if (code === 0) return undefined;
  return errors.split('\n').find((line) => line.startsWith('npm error')) ?? 'npm says nothing of it';
}
