import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GoCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type GoAnswer =
  { readonly ok: true; readonly stdout: string } | { readonly ok: false; readonly message: string };

/** Runs the `go` command; a missing one and a failing one are values, for the caller to explain. */
export async function go(call: GoCall): Promise<GoAnswer> {
  try {
    const { stdout } = await run('go', call.args, {
      cwd: call.cwd,
      env: { ...process.env, ...call.env },
      timeout: call.timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
      signal: call.signal,
    });
    return { ok: true, stdout };
  } catch (error) {
    call.signal?.throwIfAborted();
    const { code, stdout, stderr, message } = error as Error & { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') return { ok: false, message: 'the command "go" is not on the PATH' };
    return { ok: false, message: [stderr, stdout, message].find((text) => text !== undefined && text !== '') ?? '' };
  }
}

export interface GoBuild {
  readonly packagePath: string;
  readonly output: string;
  readonly ldflags: string;
  readonly moduleFolder: string;
  /** Where the compiler works; it belongs to the caller, who removes it. */
  readonly workFolder: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Builds one program without cgo. SIGINT rather than SIGTERM ends it early: that is the signal on which go tidies up. */
export function goBuild(build: GoBuild): Promise<GoAnswer> {
  const deadline = AbortSignal.timeout(build.timeoutMs);
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', build.ldflags, '-o', build.output];
  const child = spawn('go', [...args, build.packagePath], {
    cwd: build.moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0', GOTMPDIR: build.workFolder },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.any([deadline, ...(build.signal === undefined ? [] : [build.signal])]),
    killSignal: 'SIGINT',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  child.on('error', (error) => {
    stderr += deadline.aborted ? `not done after ${build.timeoutMs / 1000} s` : error.message;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve(code === 0 ? { ok: true, stdout: '' } : { ok: false, message: stderr });
    });
  });
}
