import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { issueCertificate, makeCa } from './certificates.ts';
import { type KubernetesObject } from './cluster.ts';

/** The part of an AdmissionReview's request that stubs look at. */
export interface ReviewedRequest {
  readonly uid: string;
  readonly name: string;
  readonly object: KubernetesObject | null;
}

/** A webhook of a few lines, which is not Tenantgate. */
export interface WebhookServer {
  readonly port: number;
  readonly caBundle: string;
  readonly close: () => void;
}

export interface WebhookServerOptions {
  /** Beside 127.0.0.1, in its certificate. */
  readonly dnsNames?: readonly string[];
  /** Gives the response, without its uid. */
  readonly answer: (path: string, request: ReviewedRequest) => object;
}

export async function startWebhookServer({ dnsNames = [], answer }: WebhookServerOptions): Promise<WebhookServer> {
  const ca = await makeCa('stub CA');
  const { certificatePem, privateKeyPem } = await issueCertificate(ca, {
    commonName: 'stub',
    dnsNames,
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
  });
  const server = createServer({ cert: certificatePem, key: privateKeyPem });
  server.on('request', (incoming, outgoing) => {
    void json(incoming).then((review) => {
      const { request } = review as { readonly request: ReviewedRequest };
      const response = { uid: request.uid, ...answer(incoming.url ?? '', request) };
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: ca.certificatePem,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
