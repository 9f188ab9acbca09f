/** The process as commands see it: everything they read and write goes through here, so tests can stand in for it. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isInteractive: boolean;
  /** Width, as far as it is known. */
  readonly columns: number;
  /** Whether somebody looks at what {@link writeError} writes. */
  readonly hasErrorTerminal: boolean;
  write(text: string): void;
  writeError(text: string): void;
  readInput(): Promise<Uint8Array>;
  setExitCode(code: number): void;
  /** Now, as Date; commands hand the date on to the engine. */
  now(): Date;
}

/** Lines that fit most places where output is read later: logs of CI, mails, issues. */
const widthWithoutTerminal = 100;

/** The real process. */
export function processTerminal(): Terminal {
  return {
    environment: process.env,
    isInteractive: process.stdout.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : widthWithoutTerminal,
    hasErrorTerminal: process.stderr.isTTY,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
    now: () => new Date(),
  };
}

/** Whether colours are wanted. https://no-color.org: any value but an empty one turns them off. */
export function hasColour({ isInteractive, environment }: Terminal): boolean {
  return isInteractive && (environment['NO_COLOR'] ?? '') === '';
}

const dayMs = 86_400_000;

/** Today, put into words once a day: decisions ask for it by the thousand. */
export function todayOf(now: () => Date): () => string {
  let day: number | undefined;
  let text = '';
  return () => {
    const date = now();
    const current = Math.floor(date.getTime() / dayMs);
    if (current !== day) text = fullDateOf(date);
    day = current;
    return text;
  };
}

/** A date as the engine takes it: an RFC 3339 full-date in UTC. */
export function fullDateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
