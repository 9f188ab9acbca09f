import { gunzipSync } from 'node:zlib';

/** The API server compresses what is longer than 128 KiB for whoever asks for it: KEP-2338. */
export const acceptGzip = { 'Accept-Encoding': 'gzip' } as const;

/**
 * A body as it was before it was encoded (RFC 9110 section 8.4). Undefined for what is broken off, damaged, or encoded in
 * another way than was asked for.
 */
export function decode(
  body: Buffer,
  encoding: string | undefined,
  largestBytes: number,
): Buffer | 'too large' | undefined {
  const [coding, ...more] = codingsOf(encoding);
  if (coding === undefined) return body.length > largestBytes ? 'too large' : body;
  if (coding !== 'gzip' || more.length > 0) return undefined;
  try {
    return gunzipSync(body, { chunkSize: chunkSizeFor(body, largestBytes), maxOutputLength: largestBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : undefined;
  }
}

/** Section 8.4.1: names in any case, of which `identity` is none and `x-gzip` is another for `gzip`. */
function codingsOf(encoding = ''): readonly string[] {
  const names = encoding.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity').map((name) => name.replace(/^x-gzip$/, 'gzip'));
}

/** A member ends in the length of what was compressed, modulo 2^32: RFC 1952 section 2.3.1. */
const lengthBytes = 4;

/** A chunk that is filled to its end would be followed by another. */
const spareBytes = 64;

/** However little the body says that it holds: many small chunks take long. */
const leastChunkBytes = 64 * 1024;

/** As much as the body says that it holds: what comes in one chunk is not copied. */
function chunkSizeFor(body: Buffer, largestBytes: number): number {
  const expected = body.length < lengthBytes ? 0 : body.readUInt32LE(body.length - lengthBytes);
  return Math.max(Math.min(expected, largestBytes) + spareBytes, leastChunkBytes);
}
