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
const pieceBytes = 32_768;
/** What a unit of a string takes in UTF-8, at most. */
const longestUnitBytes = 3;
/** A reader that stands still must not make the process grow without bound. */
const maxPendingBytes = 16_777_216;
const stopMs = 1_000;

/** A buffer in front of a file, pipe or terminal, written when a piece is full and at each flush interval. */
export function createLineBuffer({ target, flushMs }: LineBufferOptions): LineBuffer {
  const limits = { minLength: 0, maxLength: maxPendingBytes };
  const stream = destination({ dest: target, sync: false, contentMode: 'buffer', ...limits });
  // Bytes, not text: a long text that grows line by line is a chain of its lines, and slow to be written.
  let piece = Buffer.allocUnsafe(pieceBytes);
  let used = 0;
  let dropped = 0;
  stream.on('drop', (lost: Buffer) => {
    dropped += lost.toString('latin1').split('\n').length - 1;
  });
  // A broken pipe is no reason to stop judging: what cannot be written is lost.
  stream.on('error', () => {
    dropped += 1;
  });
  function writeBytes(bytes: Buffer): void {
    // The library's types leave out what `contentMode` changes.
    (stream as unknown as { write(bytes: Buffer): void }).write(bytes);
  }
  function flush(): void {
    if (used === 0) return;
    writeBytes(piece.subarray(0, used));
    piece = Buffer.allocUnsafe(pieceBytes);
    used = 0;
  }
  const timer = setInterval(flush, flushMs);
  timer.unref();
  return {
    write: (line) => {
      const bytes = line.length * longestUnitBytes;
      if (bytes > pieceBytes - used) flush();
      if (bytes > pieceBytes) writeBytes(Buffer.from(line));
      else used += piece.write(line, used);
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
