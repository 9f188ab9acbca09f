import type { ServeConfig } from '../config/serve-config.ts';
import { openCertificateFiles } from '../server/certificate-files.ts';
import { createDevelopmentCertificate } from '../server/development-certificate.ts';
import { selfManagedCertificate } from './self-managed-certificate-source.ts';
import type { CertificateHooks, ServingCertificateSource } from './serving-certificate-source.ts';

/** Opens the source that is configured, or makes a throw-away certificate. A problem is returned as text. */
export async function openServingCertificate(
  { tls, cluster }: Pick<ServeConfig, 'tls' | 'cluster'>,
  hooks: CertificateHooks,
): Promise<ServingCertificateSource | string> {
  if (tls.files !== undefined) return certificateFromFiles(tls, tls.files, hooks);
  if (tls.selfManaged !== undefined && cluster !== undefined)
    return selfManagedCertificate({ ...tls.selfManaged, tls, cluster }, hooks);
  return throwAwayCertificate(tls.hosts, hooks.now());
}

async function throwAwayCertificate(hosts: readonly string[], now: Date): Promise<ServingCertificateSource> {
  const { caCertificate, certificate, key } = await createDevelopmentCertificate({ now, dnsNames: hosts });
  const { X509Certificate } = await import('node:crypto');
  const expiry = new X509Certificate(certificate).validToDate;
  return {
    ...availableAtOnce,
    material: () => ({ certificate, key }),
    caCertificate,
    expiry: () => expiry,
    detail: () => `throw-away certificate, valid until ${expiry.toISOString()}`,
    stop: () => undefined,
  };
}

const availableAtOnce = { available: () => Promise.resolve(), isAvailable: () => true } as const;

function certificateFromFiles(
  tls: ServeConfig['tls'],
  files: NonNullable<ServeConfig['tls']['files']>,
  hooks: CertificateHooks,
): ServingCertificateSource | string {
  const opened = openCertificateFiles({
    paths: { certificate: files.certFile, key: files.keyFile, clientCa: tls.clientCaFile },
    install: hooks.install,
    report: (outcome) => {
      reportReload(hooks, outcome.ok ? undefined : outcome.error.message);
    },
  });
  if (!opened.ok) return opened.error.message;
  const source = opened.value;
  return {
    ...availableAtOnce,
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

/** Tells of a reload of files: undefined when it went well, else why not. */
function reportReload({ count, log }: CertificateHooks, problem: string | undefined): void {
  count(problem === undefined ? 'success' : 'failure');
  if (problem === undefined) log.info('certificate reloaded');
  else log.error('certificate not reloaded; the old one stays in force', { problem });
}
