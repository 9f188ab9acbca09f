import type { StoreProblem } from '../admission/certificate-ports.ts';

/** What keeps the serving certificate from being in order. */
export interface CertificateProblem {
  /** Tells one problem from another, whatever the words: a log line is written once for each. */
  readonly mark: string;
  readonly message: string;
}

/** A problem of a store. How an API server is away may change from one attempt to the next, and is not news. */
export function problemOf({ code, message }: StoreProblem): CertificateProblem {
  return { mark: code === 'unavailable' ? code : message, message };
}
