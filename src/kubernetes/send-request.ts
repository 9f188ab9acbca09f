import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

/** Sends a request to an `http:` or `https:` URL. Resolves when its answer begins. */
export function sendRequest(url: URL, options: RequestOptions, body?: Buffer): Promise<IncomingMessage> {
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    send(url, options, resolve).on('error', reject).end(body);
  });
}
