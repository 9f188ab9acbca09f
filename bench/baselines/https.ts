import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

interface Review {
  readonly request: { readonly uid: string };
}

/** Usage: https.ts PORT CERTIFICATE KEY. The same with nothing but Node: the floor of the platform. */
const [port, certificate = '', key = ''] = process.argv.slice(2);
const server = createServer(
  { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.3', ALPNProtocols: ['http/1.1'] },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { uid } = (JSON.parse(Buffer.concat(chunks).toString()) as Review).request;
      const body = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: true },
      });
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    });
  },
);

// Connections rest while the others are measured.
server.keepAliveTimeout = 120_000;
server.listen(Number(port), '127.0.0.1');
