import { Command } from 'commander';

import type { FlagValues } from '../../config/option-reader.ts';
import { environmentName, serveOptions, type ServeOption } from '../../config/serve-options.ts';
import { startServer, type RunningServer } from '../start-server.ts';
import type { Terminal } from '../terminal.ts';

/** `tenantgate serve`: the admission webhook, in a cluster or in development mode. */
export function serveCommand(terminal: Terminal): Command {
  const command = new Command('serve').description(
    'Serve the admission webhook over HTTPS: in a cluster, or in development mode when there is none',
  );
  for (const option of serveOptions as readonly ServeOption[]) {
    const value = option.type === 'list' ? `<${option.flag.split('-').at(-1) ?? ''}...>` : '<value>';
    const preset = option.default === undefined ? '' : ` (default ${option.default})`;
    command.option(`--${option.flag} ${value}`, `${option.description}${preset} [${environmentName(option.flag)}]`);
  }
  return command.action((options: Readonly<Record<string, string | readonly string[] | undefined>>) =>
    serve(terminal, flagsOf(options)),
  );
}

/** Commander names options in camel case; the configuration goes by flags. */
function flagsOf(options: Readonly<Record<string, string | readonly string[] | undefined>>): FlagValues {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** Runs until SIGTERM or SIGINT. */
async function serve(terminal: Terminal, flags: FlagValues): Promise<void> {
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        ending.abort();
        resolve();
      });
    }
  });
  const started = await startServer(flags, terminal, ending.signal).catch((error: unknown) => {
    if (ending.signal.aborted) return undefined;
    return { ok: false as const, message: `Tenantgate could not start: ${String(error)}\n` };
  });
  if (started === undefined) return;
  if (!started.ok) {
    terminal.writeError(started.message);
    terminal.setExitCode(2);
    return;
  }
  announce(terminal, started.server);
  await ended;
  await started.server.stop();
}

/** In development people need the port and the CA; in a cluster the log line tells enough. */
function announce(terminal: Terminal, { port, metricsPort, caCertificate, isDevelopment }: RunningServer): void {
  if (isDevelopment) {
    terminal.writeError(
      `Development mode: https://localhost:${port}, metrics at http://localhost:${metricsPort}/metrics\n`,
    );
  }
  if (caCertificate !== undefined) {
    terminal.writeError(`caBundle: ${Buffer.from(caCertificate).toString('base64')}\n`);
  }
}
