/** Lets go of a body that is still arriving; also its identity. */
export type GiveUp = () => void;

/**
 * Bounds the memory of bodies that are still arriving, by what has arrived and not by what is announced: a client that
 * announces much and sends nothing takes no room. When there is none left, the body that has been arriving for longest goes.
 */
export class BodyRoom {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #bodies = new Map<GiveUp, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Holds more bytes of a body. */
  grow(body: GiveUp, bytes: number): void {
    this.#bodies.set(body, (this.#bodies.get(body) ?? 0) + bytes);
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#bodies.size > 1) {
      const [longest] = this.#bodies.keys();
      if (longest === undefined) return;
      this.leave(longest);
      longest();
    }
  }

  /** The body has arrived, or is not waited for any more. */
  leave(body: GiveUp): void {
    this.#bytes -= this.#bodies.get(body) ?? 0;
    this.#bodies.delete(body);
  }
}
