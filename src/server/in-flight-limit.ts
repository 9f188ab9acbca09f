import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bounds of what is worked on at once. */
export interface InFlightBounds {
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** What a request without a content length may turn out to hold. */
  readonly bodyLimitBytes: number;
}

/** Lets requests in while there is room, and frees their room when their answer is over. */
export interface InFlightLimit {
  /** False when there is no room: the request must be refused before its body is read. */
  enter(request: IncomingMessage, response: ServerResponse): boolean;
}

/** The API server sets no limit of its own for webhook calls, so the server bounds requests and their memory itself. */
export function createInFlightLimit({ maxRequests, maxBytes, bodyLimitBytes }: InFlightBounds): InFlightLimit {
  let requests = 0;
  let bytes = 0;

  function sizeOf(request: IncomingMessage): number {
    const declared = Number(request.headers['content-length']);
    return declared <= bodyLimitBytes ? declared : bodyLimitBytes;
  }

  /** One function for all requests: a closure each would cost more than the counting. */
  function leave(this: ServerResponse): void {
    requests -= 1;
    bytes -= sizeOf(this.req);
  }

  return {
    enter(request, response) {
      const size = sizeOf(request);
      if (requests >= maxRequests || (bytes + size > maxBytes && requests > 0)) return false;
      requests += 1;
      bytes += size;
      response.once('close', leave);
      return true;
    },
  };
}
