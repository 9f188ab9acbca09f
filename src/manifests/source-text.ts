import type { ManifestFault, Position } from './manifest-document.ts';

/** The text of one file, which tells lines and columns of offsets. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  positionAt(offset: number): Position {
    this.#lineStarts ??= lineStartsOf(this.text);
    const line = lineOf(this.#lineStarts, offset);
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  faultAt(offset: number, message: string): ManifestFault {
    return { file: this.file, ...this.positionAt(offset), message };
  }
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that starts at or before the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Reads the bytes of a file as UTF-8 without its byte order mark; bytes that are no UTF-8 are a fault. */
export function decodeSource(file: string, bytes: Uint8Array): SourceText | ManifestFault {
  try {
    return new SourceText(file, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Anything but bad bytes would fail again below, unguarded.
    const { line, column } = firstBadByte(bytes);
    return { file, line, column, message: 'is not UTF-8 text; save the file as UTF-8' };
  }
}

const newline = 0x0a;

function firstBadByte(bytes: Uint8Array): Position {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(newline, start);
    const row = bytes.subarray(start, end === -1 ? bytes.length : end);
    const column = badColumn(row);
    if (column !== undefined) return { line, column };
    start += row.length + 1;
  }
  return { line: 1, column: 1 };
}

/** The column of the first U+FFFD that stands for bad bytes and was not itself written in the line. */
function badColumn(row: Uint8Array): number | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(row);
  const written = new TextEncoder().encode(text);
  const different = written.findIndex((byte, index) => byte !== row[index]);
  if (different === -1) return undefined;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(written.subarray(0, different)).length + 1;
}
