import { execFile } from 'node:child_process';

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const LINES_OF_FAULT = 40;

/** Runs a program to its end and gives its standard output. Rejects with the end of what it said when it fails. */
export function outputOf(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { timeoutMs, ...rest } = options;
  return new Promise((resolve, reject) => {
    const settings = { ...rest, timeout: timeoutMs, maxBuffer: MOST_OUTPUT_BYTES, encoding: 'utf8' as const };
    execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = `${stdout}${stderr}`.trimEnd().split('\n').slice(-LINES_OF_FAULT).join('\n');
      const how = error.killed === true ? `was ended after at most ${timeoutMs / 1000} s` : 'failed';
      reject(new Error(`${[command, ...args].join(' ')} ${how}:\n${said}`, { cause: error }));
    });
  });
}
