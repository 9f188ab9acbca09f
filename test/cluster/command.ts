import { spawn } from 'node:child_process';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** All of it: nothing of the caller's environment reaches the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; whatever code it ends with is an outcome, and only an endless one is an error. */
export async function runCommand({ program, args, env, stdin, timeoutMs = 60_000 }: Command): Promise<CommandOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, { env, stdio: 'pipe', signal: timeout, killSignal: 'SIGKILL' });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  // A program may refuse its arguments before it reads what we write.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => {
      const what = [program, ...args].join(' ');
      reject(new Error(timeout.aborted ? `${what}: no end after ${timeoutMs / 1000} s` : what, { cause }));
    });
    child.once('close', (exitCode) => {
      resolve(exitCode ?? -1);
    });
  });
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

async function text(stream: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}
