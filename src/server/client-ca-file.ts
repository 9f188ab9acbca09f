import { type ClientCaReading, readClientCa } from './serving-certificate.ts';

export interface ClientCaFileOptions {
  readonly path: string;
  /** Takes a changed CA into service. May throw: then the old one stays in force. */
  readonly install: () => void;
  /** Told of each change, and once of each new fault. */
  readonly report: (problem: string | undefined) => void;
  readonly pollMs?: number;
}

/** A client CA that follows its file. */
export interface ClientCaFile {
  current(): string;
  /** Why the file is not what is in force, or undefined when it is. */
  problem(): string | undefined;
  stop(): void;
}

export type ClientCaFileOpening =
  { readonly ok: true; readonly value: ClientCaFile } | Extract<ClientCaReading, { readonly ok: false }>;

/** As often as certificate files are looked at. */
const defaultPollMs = 1_000;

/** Reads the CA of clients and looks for changes from then on; a file that is wrong changes nothing. */
export function openClientCaFile(options: ClientCaFileOptions): ClientCaFileOpening {
  const { path, install, report, pollMs = defaultPollMs } = options;
  const first = readClientCa(path);
  if (!first.ok) return first;
  let current = first.value;
  let problem: string | undefined;

  function poll(): void {
    const reading = readClientCa(path);
    const before = { current, problem };
    problem = reading.ok ? undefined : reading.error.message;
    if (reading.ok && reading.value !== current) {
      current = reading.value;
      try {
        install();
      } catch (cause) {
        current = before.current;
        problem = `The client CA could not be taken into service: ${cause instanceof Error ? cause.message : 'unknown cause'}.`;
      }
    }
    if (problem !== before.problem || current !== before.current) report(problem);
  }

  const timer = setInterval(poll, pollMs);
  timer.unref();
  return {
    ok: true,
    value: {
      current: () => current,
      problem: () => problem,
      stop: () => {
        clearInterval(timer);
      },
    },
  };
}
