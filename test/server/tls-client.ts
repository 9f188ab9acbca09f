import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import * as x509 from '@peculiar/x509';

/** A connection on which requests are written by hand, so that tests decide about every byte. */
export interface Client {
  readonly socket: TLSSocket;
  /** All that arrived so far. */
  received(): string;
  /** Sends a request and resolves to its answer. Rejects when the connection ends before the answer does. */
  ask(path: string, body?: string): Promise<ClientAnswer>;
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>;
}

export interface ClientAnswer {
  readonly statusCode: number;
  readonly body: string;
  readonly isLast: boolean;
}

/** Node takes `allowHalfOpen` here, its types do not know it. */
export interface ClientOptions extends ConnectionOptions {
  readonly allowHalfOpen?: boolean;
}

/** Opens a connection; rejects when the handshake fails. */
export async function openClient(port: number, ca: string, options: ClientOptions = {}): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  let text = '';
  let wake: (() => void) | undefined;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    wake?.();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
      wake?.();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);

  async function answer(): Promise<ClientAnswer> {
    for (;;) {
      const parsed = parseAnswer(text);
      if (parsed !== undefined) {
        text = text.slice(parsed.length);
        return parsed.answer;
      }
      if (socket.closed) throw new Error('The connection ended before the answer.');
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    socket,
    received: () => text,
    closed,
    ask: (path, body = '{}') => {
      socket.write(post(path, body));
      return answer();
    },
  };
}

/** A POST as text. */
export function post(path: string, body: string): string {
  const headers = ['Host: localhost', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return [`POST ${path} HTTP/1.1`, ...headers, '', body].join('\r\n');
}

function parseAnswer(text: string): { answer: ClientAnswer; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? '0');
  const length = end + 4 + size;
  if (text.length < length) return undefined;
  return {
    length,
    answer: {
      statusCode: Number(head.slice(9, 12)),
      body: text.slice(end + 4, length),
      isLast: /connection: close/i.test(head),
    },
  };
}

/** What a load saw. */
export interface LoadReport {
  answered: number;
  lost: number;
  connections: number;
  toldToClose: number;
}

export interface Load {
  readonly report: LoadReport;
  stop(): Promise<LoadReport>;
}

/** Keeps connections busy: each asks again as soon as it was answered, and reconnects to `port()` when its connection ends. */
export function startLoad(connections: number, port: () => number, ca: string): Load {
  const report: LoadReport = { answered: 0, lost: 0, connections: 0, toldToClose: 0 };
  let stopped = false;
  async function work(): Promise<void> {
    while (!stopped) {
      try {
        const client = await openClient(port(), ca);
        report.connections += 1;
        await askWhileOpen(client);
        client.socket.destroy();
      } catch {
        report.lost += 1;
      }
    }
  }
  async function askWhileOpen(client: Client): Promise<void> {
    // As an HTTP client does, take another connection once the server has closed this one between two requests.
    while (!stopped && client.socket.writable && !client.socket.readableEnded) {
      try {
        const answer = await client.ask('/validate', '{"load":true}');
        if (answer.statusCode === 200) report.answered += 1;
        else report.lost += 1;
        if (!answer.isLast) continue;
        report.toldToClose += 1;
        return;
      } catch {
        report.lost += 1;
        return;
      }
    }
  }
  const workers = Array.from({ length: connections }, () => work());
  return {
    report,
    stop: async () => {
      stopped = true;
      await Promise.all(workers);
      return report;
    },
  };
}

export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ClientAuthority {
  readonly ca: string;
  issue(commonName: string): Promise<ClientCertificate>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A CA for client certificates. */
export async function createClientAuthority(): Promise<ClientAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=client CA',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    ca: ca.toString('pem'),
    async issue(commonName) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create({
        ...validity,
        issuer: ca.subject,
        subject: `CN=${commonName}`,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: leaf.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}
