import type { ServeConfig } from '../config/serve-config.ts';
import { openCertificateFiles } from '../server/certificate-files.ts';
import { createDevelopmentCertificate } from '../server/development-certificate.ts';
import type { TlsMaterial } from '../server/serving-certificate.ts';

/** The certificate that is served: from files that are followed, or thrown away at the end. */
export interface ServingCertificateSource {
  material(): TlsMaterial;
  /** The CA of a throw-away certificate, PEM. */
  readonly caCertificate: string | undefined;
  expiry(): Date;
  detail(): string;
  stop(): void;
}

export interface CertificateHooks {
  readonly install: (material: TlsMaterial) => void;
  /** Told of each reload: undefined when it went well, else why not. */
  readonly report: (problem: string | undefined) => void;
}

/** Opens the files that are configured, or makes a throw-away certificate. A problem is returned as text. */
export async function openServingCertificate(
  tls: ServeConfig['tls'],
  now: Date,
  hooks: CertificateHooks,
): Promise<ServingCertificateSource | string> {
  return tls.files === undefined ? throwAwayCertificate(tls.hosts, now) : certificateFromFiles(tls, tls.files, hooks);
}

async function throwAwayCertificate(hosts: readonly string[], now: Date): Promise<ServingCertificateSource> {
  const { caCertificate, certificate, key } = await createDevelopmentCertificate({ now, dnsNames: hosts });
  const { X509Certificate } = await import('node:crypto');
  const expiry = new X509Certificate(certificate).validToDate;
  return {
    material: () => ({ certificate, key }),
    caCertificate,
    expiry: () => expiry,
    detail: () => `throw-away certificate, valid until ${expiry.toISOString()}`,
    stop: () => undefined,
  };
}

function certificateFromFiles(
  tls: ServeConfig['tls'],
  files: NonNullable<ServeConfig['tls']['files']>,
  hooks: CertificateHooks,
): ServingCertificateSource | string {
  const opened = openCertificateFiles({
    paths: { certificate: files.certFile, key: files.keyFile, clientCa: tls.clientCaFile },
    install: hooks.install,
    report: (outcome) => {
      hooks.report(outcome.ok ? undefined : outcome.error.message);
    },
  });
  if (!opened.ok) return opened.error.message;
  const source = opened.value;
  return {
    material: () => source.current(),
    caCertificate: undefined,
    expiry: () => source.state().notAfter,
    detail: () => {
      const { notAfter, fingerprint, lastError } = source.state();
      const inForce = `${fingerprint} is valid until ${notAfter.toISOString()}`;
      return lastError === undefined
        ? inForce
        : `${inForce}; its files have changed and are wrong: ${lastError.message}`;
    },
    stop: () => {
      source.stop();
    },
  };
}
