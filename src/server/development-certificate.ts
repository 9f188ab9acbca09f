import { issueCertificate, type IssuedCertificate } from './issue-certificate.ts';

export interface DevelopmentCertificateOptions {
  readonly now: Date;
  /** Names besides `localhost`, such as `tenantgate.tenantgate-system.svc`. */
  readonly dnsNames?: readonly string[];
}

/** A throw-away CA and a serving certificate of it, as PEM. The CA's key is forgotten at once. */
export interface DevelopmentCertificate extends IssuedCertificate {
  /** The CA as a webhook registration takes it: base64 of its PEM. */
  readonly caBundle: string;
}

const validMs = 30 * 86_400_000;
/** The other side's clock may be a little behind. */
const backdateMs = 300_000;

/** Makes a CA and a serving certificate for this machine and the given names: ECDSA P-256, valid for 30 days. */
export async function createDevelopmentCertificate({
  now,
  dnsNames = [],
}: DevelopmentCertificateOptions): Promise<DevelopmentCertificate> {
  const issued = await issueCertificate({
    now,
    names: ['localhost', ...dnsNames, '127.0.0.1', '::1'],
    caName: 'CN=Tenantgate development CA',
    validMs,
    backdateMs,
  });
  return { ...issued, caBundle: Buffer.from(issued.caCertificate).toString('base64') };
}
