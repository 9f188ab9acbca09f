/** The memory of a buffer that nobody else has been given; undefined where it is part of the pool that small buffers share. */
export function ownMemoryOf({ buffer }: Uint8Array): ArrayBuffer | undefined {
  return buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize ? buffer : undefined;
}

/** Frees the memory of a buffer that nobody else has been given. Nothing can be read from it afterwards. */
export function free(buffer: Uint8Array): void {
  ownMemoryOf(buffer)?.transfer(0);
}
