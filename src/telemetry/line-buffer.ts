import { destination } from 'pino';

export interface LineBufferOptions {
  /** File descriptor or path. */
  readonly target: number | string;
  readonly flushMs: number;
}

/** Collects lines and writes many at once. */
export interface LineBuffer {
  /** `line` ends in a line feed. */
  write(line: string): void;
  /** Lines that were lost because their reader was too slow or gone. */
  droppedLines(): number;
  /** Writes what is buffered and ends; resolves within a second even when nobody reads. */
  stop(): Promise<void>;
}

/** Written in pieces of this size: handing over each line by itself costs several times what making it does. */
const pieceLength = 32_768;
/** A reader that stands still must not make the process grow without bound. */
const maxPendingLength = 16_777_216;
const stopMs = 1_000;

/** A buffer in front of a file, pipe or terminal, written when a piece is full and at each flush interval. */
export function createLineBuffer({ target, flushMs }: LineBufferOptions): LineBuffer {
  const stream = destination({ dest: target, sync: false, minLength: 0, maxLength: maxPendingLength });
  let piece = '';
  let dropped = 0;
  stream.on('drop', (lost: string) => {
    dropped += lost.split('\n').length - 1;
  });
  // A broken pipe is no reason to stop judging: what cannot be written is lost.
  stream.on('error', () => {
    dropped += 1;
  });
  function flush(): void {
    if (piece !== '') stream.write(piece);
    piece = '';
  }
  const timer = setInterval(flush, flushMs);
  timer.unref();
  return {
    write: (line) => {
      piece += line;
      if (piece.length >= pieceLength) flush();
    },
    droppedLines: () => dropped,
    stop: () => {
      clearInterval(timer);
      flush();
      return ended(stream);
    },
  };
}

function ended(stream: ReturnType<typeof destination>): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      stream.destroy();
      resolve();
    }, stopMs);
    stream.once('close', () => {
      clearTimeout(deadline);
      resolve();
    });
    stream.end();
  });
}
