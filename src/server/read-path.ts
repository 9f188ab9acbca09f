import type { IncomingMessage } from 'node:http';

/** The path of a GET or HEAD, without its query; empty for any other method. */
export function pathOfRead({ method, url = '' }: IncomingMessage): string {
  return method === 'GET' || method === 'HEAD' ? (url.split('?', 1)[0] ?? '') : '';
}
