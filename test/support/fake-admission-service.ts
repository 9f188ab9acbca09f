import type { AdmissionService, Answer, BoundsOf, Readiness, ReadinessCheck } from '../../src/admission/ports.ts';
import type { FaultCounter, LogFields, OperationLog } from '../../src/admission/telemetry-ports.ts';

type Decide = (body: Buffer, boundsOf: BoundsOf) => Answer | Promise<Answer>;

/** A service that answers as told and remembers the bodies it was given. */
export interface FakeAdmissionService extends AdmissionService {
  readonly validated: Buffer[];
  readonly mutated: Buffer[];
}

/** By default every review is answered at once with `{"path": …}`. */
export function fakeAdmissionService(decide?: Decide): FakeAdmissionService {
  const validated: Buffer[] = [];
  const mutated: Buffer[] = [];
  return {
    validated,
    mutated,
    validate(body, boundsOf) {
      validated.push(body);
      return decide?.(body, boundsOf) ?? { statusCode: 200, body: '{"path":"validate"}' };
    },
    mutate(body, boundsOf) {
      mutated.push(body);
      return decide?.(body, boundsOf) ?? { statusCode: 200, body: '{"path":"mutate"}' };
    },
  };
}

export interface FakeFaultCounter extends FaultCounter {
  readonly kinds: string[];
}

export function fakeFaultCounter(): FakeFaultCounter {
  const kinds: string[] = [];
  return { kinds, countFault: (kind) => kinds.push(kind) };
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
  readonly cause?: unknown;
}

export interface FakeOperationLog extends OperationLog {
  readonly lines: LogLine[];
}

export function fakeOperationLog(): FakeOperationLog {
  const lines: LogLine[] = [];
  return {
    lines,
    info: (message, fields = {}) => lines.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => lines.push({ level: 'warn', message, fields }),
    error: (message, fields = {}, cause) => lines.push({ level: 'error', message, fields, cause }),
  };
}

/** Ready unless given checks. */
export function fakeReadiness(checks: readonly ReadinessCheck[] = []): Readiness {
  return { checks: () => checks };
}
