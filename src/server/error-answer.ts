import type { ServerResponse } from 'node:http';

/** An HTTP error: what is wrong and how the caller mends it. */
export interface ErrorAnswer {
  readonly statusCode: number;
  /** Kebab-case and stable: programs may rely on it. */
  readonly code: string;
  readonly message: string;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers?: readonly string[];
}

/** The body of an error answer. */
export function errorBody({ code, message }: Pick<ErrorAnswer, 'code' | 'message'>): string {
  return JSON.stringify({ error: { code, message } });
}

/** Writes a JSON answer at once, headers and body in one piece; nothing when the caller is gone or was answered before. */
export function writeJson(
  response: ServerResponse,
  statusCode: number,
  body: string,
  headers: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(statusCode, ['Content-Type', 'application/json', 'Content-Length', length, ...headers]);
  response.end(body);
}

/** Writes an error answer. */
export function writeError(response: ServerResponse, error: ErrorAnswer): void {
  writeJson(response, error.statusCode, errorBody(error), error.headers);
}
