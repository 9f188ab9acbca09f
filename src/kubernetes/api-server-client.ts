import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

import type { KubeConfig } from '@kubernetes/client-node';

/** The API server answered with a status that is not the one hoped for. */
export class ApiServerError extends Error {
  readonly statusCode: number;

  constructor(path: string, statusCode: number) {
    super(`the API server answered ${statusCode} to GET ${path}`);
    this.name = 'ApiServerError';
    this.statusCode = statusCode;
  }
}

/** A live answer larger than this is not read: no namespace has so many policies or pods. */
const largestAnswerBytes = 64 * 1024 * 1024;

/**
 * GETs of plain JSON. The typed API of the client library renames fields (`from` becomes `_from`), and objects are to be
 * judged as they are; authentication, with its reload of tokens, is the library's.
 */
export class ApiServerClient {
  readonly #kubeConfig: KubeConfig;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
  }

  /** Reads JSON, within the signal's deadline. Rejects with {@link ApiServerError} for any status but 200. */
  async getJson(path: string, signal: AbortSignal): Promise<unknown> {
    const cluster = this.#kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster');
    const url = new URL(`${cluster.server}${path}`);
    const options: RequestOptions = { method: 'GET', headers: { Accept: 'application/json' }, signal };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = send(url, options, (response) => {
        readJson(path, response).then(resolve, reject);
      });
      request.on('error', reject);
      request.end();
    });
  }
}

async function readJson(path: string, response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestAnswerBytes) throw new Error(`the API server’s answer to GET ${path} is too large`);
    chunks.push(chunk);
  }
  if (response.statusCode !== 200) throw new ApiServerError(path, response.statusCode ?? 0);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
