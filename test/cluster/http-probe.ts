import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Certificate } from './certificates.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface TrustAndIdentity {
  readonly caPem?: string;
  readonly client?: Certificate;
}

/** One GET on a connection of its own; `undefined` when nobody answers, which is what a probe waits through. */
export function httpProbe(url: string, identity: TrustAndIdentity = {}, timeoutMs = 5000): Promise<Answer | undefined> {
  const options = {
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    ca: identity.caPem,
    cert: identity.client?.certificatePem,
    key: identity.client?.privateKeyPem,
  };
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const silence = (): void => {
      resolve(undefined);
    };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
      response.on('error', silence);
    });
    sent.on('error', silence);
    sent.end();
  });
}
