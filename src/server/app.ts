import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import type { AdmissionService, Answer, Readiness } from '../admission/ports.ts';
import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { CallDeadline } from './call-deadline.ts';
import { writeError, writeJson } from './error-answer.ts';
import { healthAnswers } from './health.ts';
import { createInFlightLimit } from './in-flight-limit.ts';
import { readBody } from './read-body.ts';
import {
  bodyTooLarge,
  emptyBody,
  internalError,
  malformedRequest,
  noSuchRoute,
  overloaded,
  type Refusal,
  unsupportedMediaType,
} from './refusals.ts';

/** The API server takes bodies of up to 3 MiB, and a review holds two copies of the object (object and oldObject). */
const defaultBodyLimitBytes = 8_388_608;
/** Eight times the 25 connections that one API server keeps per webhook. */
const defaultMaxInFlight = 200;
/** Room for the largest body 32 times; 200 requests of a usual size need 1 MiB. */
const defaultMaxBytesInFlight = 268_435_456;
/** The API server's own default. */
const defaultMaxCallMs = 10_000;

export interface AppDependencies {
  readonly service: AdmissionService;
  readonly readiness: Readiness;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  /** Requests worked on at once, from headers to answer; more are told to come again. */
  readonly maxInFlight?: number;
  /** Bytes of bodies held at once; above it requests are told to come again. */
  readonly maxBytesInFlight?: number;
  readonly bodyLimitBytes?: number;
  /** Longest time for a call, whatever its `?timeout=` says. */
  readonly maxCallMs?: number;
}

type Refuse = (reply: FastifyReply, refusal: Refusal) => void;
type Fail = (reply: FastifyReply, cause: unknown) => void;
type Judge = (request: FastifyRequest, reply: FastifyReply) => void;

/** The webhook's HTTP application. It never listens: a listener calls `app.routing` once `app.ready()` is over. */
export function buildApp(deps: AppDependencies): FastifyInstance {
  const bodyLimit = deps.bodyLimitBytes ?? defaultBodyLimitBytes;
  const app = fastify({
    logger: false,
    bodyLimit,
    requestIdHeader: false,
    return503OnClosing: false,
    frameworkErrors: (_error, _request, reply) => {
      refuse(reply, malformedRequest);
    },
    routerOptions: { querystringParser: () => noQuery },
  });
  const refuse: Refuse = (reply, refusal) => {
    deps.faults.countFault(refusal.fault);
    reply.hijack();
    writeError(reply.raw, refusal);
  };
  const fail: Fail = (reply, cause) => {
    deps.log.error('a request failed inside the server', { path: pathOf(reply.request) }, cause);
    refuse(reply, internalError);
  };
  takeRawJson(app, bodyLimit);
  guardEntry(app, deps, bodyLimit, refuse);
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    // The caller went away or was too slow: the listener has counted that, and there is nobody to answer.
    if (reply.raw.destroyed || reply.request.raw.destroyed) reply.hijack();
    else if (error.statusCode === undefined || error.statusCode >= 500) fail(reply, error);
    else refuse(reply, refusalOf(error, bodyLimit));
  });
  app.post(
    '/validate',
    judgeWith(deps, (body, bounds) => deps.service.validate(body, bounds), refuse, fail),
  );
  app.post(
    '/mutate',
    judgeWith(deps, (body, bounds) => deps.service.mutate(body, bounds), refuse, fail),
  );
  addHealth(app, deps.readiness);
  return app;
}

/** The query is read on demand and by hand: parsing it for each request would be paid for nothing. */
const noQuery: Record<string, unknown> = Object.freeze({});

/** Bodies stay bytes: fastify's own parser refuses legal keys such as `__proto__`, and the decoder judges them anyway. */
function takeRawJson(app: FastifyInstance, bodyLimitBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (_request, payload, done) => {
    readBody(payload, bodyLimitBytes, done);
  });
}

/** Refuses before a body is read: unknown routes, and what exceeds the bounds on work in flight. */
function guardEntry(app: FastifyInstance, deps: AppDependencies, bodyLimitBytes: number, refuse: Refuse): void {
  const limit = createInFlightLimit({
    maxRequests: deps.maxInFlight ?? defaultMaxInFlight,
    maxBytes: deps.maxBytesInFlight ?? defaultMaxBytesInFlight,
    bodyLimitBytes,
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) refuse(reply, noSuchRoute(pathOf(request)));
    else if (request.raw.method !== 'POST' || limit.enter(request.raw, reply.raw)) done();
    else refuse(reply, overloaded);
  });
}

/** The handler of one path. What the service answers at once is written at once: no promise, no timer. */
function judgeWith(deps: AppDependencies, decide: AdmissionService['validate'], refuse: Refuse, fail: Fail): Judge {
  const maxCallMs = deps.maxCallMs ?? defaultMaxCallMs;
  return (request, reply) => {
    const body = request.body;
    if (!Buffer.isBuffer(body) || body.length === 0) {
      refuse(reply, emptyBody);
      return;
    }
    const deadline = new CallDeadline(request.raw, reply.raw, maxCallMs);
    try {
      const answer = decide(body, () => deadline.open());
      if (answer instanceof Promise) {
        answerLater(answer, deadline, reply, fail);
        return;
      }
      sendAnswer(reply, answer);
    } catch (cause) {
      fail(reply, cause);
    }
    deadline.close();
  };
}

function answerLater(pending: Promise<Answer>, deadline: CallDeadline, reply: FastifyReply, fail: Fail): void {
  Promise.race([pending, deadline.overrun()])
    .then((answer) => {
      sendAnswer(reply, answer);
    })
    .catch((cause: unknown) => {
      fail(reply, cause);
    })
    .finally(() => {
      deadline.close();
    });
}

/** Writes past fastify's `send`, which would look up content types and serializers that are known here. */
function sendAnswer(reply: FastifyReply, answer: Answer): void {
  reply.hijack();
  writeJson(reply.raw, answer.statusCode, answer.body);
}

function refusalOf(error: FastifyError, bodyLimit: number): Refusal {
  switch (error.statusCode) {
    case 413:
      return bodyTooLarge(bodyLimit);
    case 415:
      return unsupportedMediaType;
    default:
      return malformedRequest;
  }
}

function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function addHealth(app: FastifyInstance, readiness: Readiness): void {
  for (const [path, answer] of healthAnswers) {
    app.get(path, (_request, reply) => {
      const { statusCode, body } = answer(readiness);
      reply.hijack();
      writeJson(reply.raw, statusCode, body);
    });
  }
}
