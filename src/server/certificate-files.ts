import { realpathSync, statSync } from 'node:fs';

import {
  type CertificateError,
  type CertificatePaths,
  type CertificateReading,
  readServingCertificate,
  type ServingCertificate,
} from './serving-certificate.ts';

export interface CertificateFilesOptions {
  readonly paths: CertificatePaths;
  /** Takes a checked certificate into service. May throw: then the old one stays in force. */
  readonly install: (certificate: ServingCertificate) => void;
  /** Told of each reload, and once of each new fault. */
  readonly report?: ((outcome: CertificateReading) => void) | undefined;
  readonly now?: () => Date;
  readonly pollMs?: number;
}

/** What is in force, for readiness, log and metric. */
export interface CertificateState {
  readonly notAfter: Date;
  readonly fingerprint: string;
  /** Why the files on disk are not the ones in force. */
  readonly lastError?: CertificateError;
}

export interface CertificateFiles {
  current(): ServingCertificate;
  state(): CertificateState;
  stop(): void;
}

export type CertificateFilesOpening =
  { readonly ok: true; readonly value: CertificateFiles } | { readonly ok: false; readonly error: CertificateError };

/** Short enough that a new certificate is served within two seconds. */
const defaultPollMs = 1_000;

/**
 * Reads the files once and looks for changes from then on. The files are polled, not watched: the kubelet swaps a link two
 * levels up (`..data`), other writers replace or truncate, mounts may drop events, and a stat each second is as good as free.
 */
export function openCertificateFiles(options: CertificateFilesOptions): CertificateFilesOpening {
  const { paths, install, report, now = () => new Date(), pollMs = defaultPollMs } = options;
  const mark = markOf(paths);
  const first = readServingCertificate(paths, now());
  if (!first.ok) return first;
  const reloader = new CertificateReloader({ paths, install, report, now }, first.value, mark);
  const timer = setInterval(() => {
    reloader.poll();
  }, pollMs);
  timer.unref();
  return {
    ok: true,
    value: {
      current: () => reloader.current,
      state: () => reloader.state(),
      stop: () => {
        clearInterval(timer);
      },
    },
  };
}

/** Holds the certificate in force and why the files differ from it. */
class CertificateReloader {
  readonly #options: CertificateFilesOptions & { readonly now: () => Date };
  #mark: string;
  #lastError: CertificateError | undefined;
  current: ServingCertificate;

  constructor(
    options: CertificateFilesOptions & { readonly now: () => Date },
    first: ServingCertificate,
    mark: string,
  ) {
    this.#options = options;
    this.current = first;
    this.#mark = mark;
  }

  state(): CertificateState {
    const { notAfter, fingerprint } = this.current;
    return this.#lastError === undefined
      ? { notAfter, fingerprint }
      : { notAfter, fingerprint, lastError: this.#lastError };
  }

  /** Looks once. Files that were at fault are read again each time: a certificate may become valid as time passes. */
  poll(): void {
    const { paths, now, report } = this.#options;
    const mark = markOf(paths);
    if (mark === this.#mark && this.#lastError === undefined) return;
    const reading = readServingCertificate(paths, now());
    // Written to while they were read: the next look finds them whole.
    if (markOf(paths) !== mark) return;
    const outcome = reading.ok ? this.#install(reading.value) : reading;
    if (outcome.ok) {
      this.#mark = mark;
      this.current = outcome.value;
      this.#lastError = undefined;
      report?.(outcome);
      return;
    }
    const isRepeated = this.#lastError?.message === outcome.error.message;
    this.#lastError = outcome.error;
    if (!isRepeated) report?.(outcome);
  }

  #install(certificate: ServingCertificate): CertificateReading {
    try {
      this.#options.install(certificate);
      return { ok: true, value: certificate };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown cause';
      const message = `The certificate could not be taken into service: ${reason}.`;
      return { ok: false, error: { code: 'certificate-not-installed', message } };
    }
  }
}

/** Changes whenever one of the files does, be it written, replaced, or reached through another link. */
function markOf({ certificate, key, clientCa }: CertificatePaths): string {
  const paths = clientCa === undefined ? [certificate, key] : [certificate, key, clientCa];
  return paths.map(markOfFile).join('|');
}

function markOfFile(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${realpathSync(path)}:${ino.toString()}:${mtimeNs.toString()}:${size.toString()}`;
  } catch {
    // Reading it will tell why.
    return 'unreadable';
  }
}
