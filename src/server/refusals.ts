import type { ErrorAnswer } from './error-answer.ts';

/** An error answer and the fault it is counted as. */
export interface Refusal extends ErrorAnswer {
  readonly fault: string;
}

/** `Retry-After` makes the API server try again within its timeout; without it a 503 would fail the user's request. */
export const overloaded: Refusal = {
  statusCode: 503,
  code: 'overloaded',
  message: 'There are too many requests. Try again in a second; if this lasts, add replicas.',
  headers: ['Retry-After', '1'],
  fault: 'request-shed',
};

export const internalError: Refusal = {
  statusCode: 500,
  code: 'internal-error',
  message: 'The request could not be judged because of a fault of the server; its log has the cause.',
  fault: 'internal-error',
};

export const emptyBody: Refusal = {
  statusCode: 400,
  code: 'empty-body',
  message: 'The body is empty. Send an AdmissionReview of admission.k8s.io/v1 as JSON.',
  fault: 'empty-body',
};

export const malformedRequest: Refusal = {
  statusCode: 400,
  code: 'malformed-request',
  message: 'The request cannot be read as HTTP/1.1. Send one that follows RFC 9112.',
  fault: 'malformed-request',
};

export const slowRequest: Refusal = {
  statusCode: 408,
  code: 'slow-request',
  message: 'The request did not arrive in time. Send its headers and body without a pause.',
  fault: 'slow-request',
};

export const requestAborted: Refusal = {
  statusCode: 400,
  code: 'request-aborted',
  message: 'The connection ended before the request did. Send as many bytes as the content length says.',
  fault: 'request-aborted',
};

export const headersTooLarge: Refusal = {
  statusCode: 431,
  code: 'headers-too-large',
  message: 'The headers of the request are too large. Send fewer or shorter ones.',
  fault: 'headers-too-large',
};

export const unsupportedMediaType: Refusal = {
  statusCode: 415,
  code: 'unsupported-media-type',
  message: 'The content type is not JSON. Send the AdmissionReview with "Content-Type: application/json".',
  fault: 'media-type',
};

/** Refuses a body over the limit. */
export function bodyTooLarge(limitBytes: number): Refusal {
  return {
    statusCode: 413,
    code: 'body-too-large',
    message: `The body is larger than ${limitBytes} bytes, which is room for two copies of the largest legal object. Send a smaller object.`,
    fault: 'body-too-large',
  };
}

/** Which methods each path of the application takes. */
const methodsByPath: ReadonlyMap<string, string> = new Map([
  ['/healthz', 'GET, HEAD'],
  ['/mutate', 'POST'],
  ['/readyz', 'GET, HEAD'],
  ['/validate', 'POST'],
]);

/** Refuses a path that does not exist, or a method that its path does not take. */
export function noSuchRoute(path: string): Refusal {
  const methods = methodsByPath.get(path);
  if (methods !== undefined) {
    return {
      statusCode: 405,
      code: 'method-not-allowed',
      message: `The path "${path}" takes ${methods} only.`,
      headers: ['Allow', methods],
      fault: 'method-not-allowed',
    };
  }
  return {
    statusCode: 404,
    code: 'unknown-path',
    message: `No such path. Known paths: ${[...methodsByPath.keys()].join(', ')}.`,
    fault: 'unknown-path',
  };
}

export const unknownPagePath: Refusal = {
  statusCode: 404,
  code: 'unknown-path',
  message: 'No such path. Send GET / or GET /report.json.',
  fault: 'unknown-path',
};

export const noReport: Refusal = {
  statusCode: 503,
  code: 'no-report',
  message: 'There is no report here: the first audit is not done, or another server audits. Its Lease names it.',
  fault: 'no-report',
};

/** The page of another site that lets its name lead to this port is no operator. */
export const foreignHost: Refusal = {
  statusCode: 421,
  code: 'foreign-host',
  message: 'Ask by the name localhost, as through `kubectl port-forward`.',
  fault: 'foreign-host',
};
