import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';

import { type Certificate } from '../certificates.ts';

const timeoutMs = 5_000;

/** The certificate that a server shows to a new connection, trusted or not. */
export async function servedCertificate(host: string, port: number): Promise<X509Certificate> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

/** The status of one GET, with a client certificate or without; undefined when the connection ends unanswered. */
export function statusOf(host: string, port: number, path: string, client?: Certificate): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host,
        port,
        path,
        agent: false,
        rejectUnauthorized: false,
        cert: client?.certificatePem,
        key: client?.privateKeyPem,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    sent.on('error', () => {
      resolve(undefined);
    });
    sent.end();
  });
}
