import type { IncomingMessage } from 'node:http';

import type { BodyRoom } from './body-room.ts';

/** Takes the whole body, or why there is none; `statusCode` tells what kind of fault it is. */
export type BodyTaker = (error: Error | null, body?: Buffer) => void;

export interface BodyBounds {
  readonly limitBytes: number;
  /** Shared by all bodies that arrive at the same time. */
  readonly room: BodyRoom;
}

/**
 * Reads a body of bounded length. Fastify does the same but copies every body, which costs more than judging it: nearly
 * all bodies come in one piece, and that piece is handed on as it is.
 */
export function readBody(request: IncomingMessage, { limitBytes, room }: BodyBounds, take: BodyTaker): void {
  const text = request.headers['content-length'];
  const declared = text === undefined ? undefined : Number(text);
  if (declared !== undefined && declared > limitBytes) {
    take(bodyError(413, 'the body is too large'));
    return;
  }
  const pieces: Buffer[] = [];
  let length = 0;

  function end(error: Error | null, body?: Buffer): void {
    room.leave(giveUp);
    request.off('data', onData).off('end', onEnd).off('error', end);
    take(error, body);
  }

  function giveUp(): void {
    end(bodyError(503, 'the room is needed for other bodies'));
  }

  function onData(piece: Buffer): void {
    length += piece.length;
    if (length > limitBytes) {
      end(bodyError(413, 'the body is too large'));
      return;
    }
    pieces.push(piece);
    if (length !== declared) room.grow(giveUp, piece.length);
  }

  function onEnd(): void {
    if (declared !== undefined && declared !== length) {
      end(bodyError(400, 'the body is not as long as its headers say'));
      return;
    }
    const [first] = pieces;
    end(null, first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces, length));
  }

  request.on('data', onData).on('end', onEnd).on('error', end);
}

function bodyError(statusCode: 400 | 413 | 503, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
