import type { StoreAnswer, StoreProblem } from '../admission/certificate-ports.ts';
import { ApiServerError, type JsonAnswer } from './api-server-client.ts';

/** Longer than an API server takes when it is well; a round of several requests must not take minutes when it is not. */
const defaultDeadlineMs = 5_000;

/** One request about one object, in the words of RBAC. */
export interface StoreRequest {
  readonly verb: 'get' | 'update' | 'patch';
  /** Such as `secrets "tenantgate-tls" in namespace "tenantgate-system"`. */
  readonly object: string;
  /** What to do when the object does not exist. */
  readonly remedy: string;
  readonly signal: AbortSignal;
  readonly deadlineMs?: number | undefined;
}

/** Sends a request within its deadline and reads its answer; what an API server may say to it becomes a value. */
export async function askStore<T>(
  request: StoreRequest,
  send: (signal: AbortSignal) => Promise<JsonAnswer>,
  read: (answer: JsonAnswer) => T | undefined,
): Promise<StoreAnswer<T>> {
  const deadlineMs = request.deadlineMs ?? defaultDeadlineMs;
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const value = read(await send(AbortSignal.any([request.signal, deadline])));
    if (value !== undefined) return { ok: true, value };
    return { ok: false, problem: unavailable(request, 'what it answers cannot be read') };
  } catch (error) {
    const isLate = deadline.aborted && !request.signal.aborted;
    return {
      ok: false,
      problem: isLate ? unavailable(request, `no answer within ${deadlineMs} ms`) : problemOf(request, error),
    };
  }
}

function problemOf(request: StoreRequest, error: unknown): StoreProblem {
  const { verb, object, remedy } = request;
  const statusCode = error instanceof ApiServerError ? error.statusCode : undefined;
  switch (statusCode) {
    case 403:
      return {
        code: 'forbidden',
        message: `the API server refuses (403) to ${verb} ${object}: grant the service account the verb "${verb}" on it`,
      };
    case 404:
      return { code: 'missing', message: `${object} does not exist: ${remedy}` };
    case 409:
      return { code: 'conflict', message: `${object} was changed by somebody else at the same time` };
    default:
      return unavailable(request, error instanceof Error ? error.message : 'unknown cause');
  }
}

function unavailable({ verb, object }: StoreRequest, why: string): StoreProblem {
  return { code: 'unavailable', message: `the API server cannot be asked to ${verb} ${object}: ${why}` };
}
