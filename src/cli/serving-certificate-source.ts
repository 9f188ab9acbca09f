import type { OperationLog } from '../admission/telemetry-ports.ts';
import type { CertificateTiming } from '../server/self-managed-certificate.ts';
import type { TlsMaterial } from '../server/serving-certificate.ts';

/** The certificate that is served: from files that are followed, made and renewed, or thrown away at the end. */
export interface ServingCertificateSource {
  /** Resolves when there is a certificate. Rejects only when aborted: one that is to come is waited for. */
  available(signal: AbortSignal): Promise<void>;
  isAvailable(): boolean;
  /** Only once it is available. */
  material(): TlsMaterial;
  /** The CA of a throw-away certificate, PEM. */
  readonly caCertificate: string | undefined;
  expiry(): Date | undefined;
  detail(): string;
  stop(): Promise<void> | void;
}

export interface CertificateHooks {
  readonly install: (material: TlsMaterial) => void;
  /** Counts each reload that was tried. */
  readonly count: (result: 'success' | 'failure') => void;
  readonly log: OperationLog;
  readonly now: () => Date;
  /** Other times than those that ship, for tests. */
  readonly timing?: Partial<CertificateTiming> | undefined;
}
