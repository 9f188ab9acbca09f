import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import { tooBusy, type AdmissionService, type Answer, type BoundsOf, type Readiness } from '../admission/ports.ts';
import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { BodyRoom } from './body-room.ts';
import { CallDeadline } from './call-deadline.ts';
import { writeError, writeJson } from './error-answer.ts';
import { healthAnswers } from './health.ts';
import { createInFlightLimit, type InFlightLimit } from './in-flight-limit.ts';
import { type BodyBounds, readBody } from './read-body.ts';
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
import { TurnClock } from './turn-clock.ts';

/** The API server takes bodies of up to 3 MiB, and a review holds two copies of the object (object and oldObject). */
const defaultBodyLimitBytes = 8_388_608;
/** Eight times the 25 connections that one API server keeps per webhook. */
const defaultMaxInFlight = 200;
/** Room for the largest body 16 times, arriving or waiting; 200 calls of a usual size need 1 MiB. */
const defaultMaxBytes = 134_217_728;
/**
 * Short, so that what is shed is shed soon: the longer callers wait, the more connections they open meanwhile. Pauses of the
 * process shed nothing as long as no more calls pile up than a turn of the event loop always takes.
 */
const defaultMaxQueueMs = 50;
/** The API server's own default. */
const defaultMaxCallMs = 10_000;

export interface AppDependencies {
  readonly service: AdmissionService;
  readonly readiness: Readiness;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  /** Calls that wait for facts at once; more are told to come again. */
  readonly maxInFlight?: number;
  /** Bytes of bodies that are still arriving, and as many again of calls that wait. */
  readonly maxBytes?: number;
  /** A call that may have waited longer than this before it is looked at is told to come again. */
  readonly maxQueueMs?: number;
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
  const room = new BodyRoom(deps.maxBytes ?? defaultMaxBytes);
  takeRawJson(app, { limitBytes: bodyLimit, room });
  guardEntry(app, deps.maxQueueMs ?? defaultMaxQueueMs, refuse);
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    // The caller went away or was too slow: the listener has counted that, and there is nobody to answer.
    if (reply.raw.destroyed || reply.request.raw.destroyed) reply.hijack();
    else if (error.statusCode === 503) refuse(reply, overloaded);
    else if (error.statusCode === undefined || error.statusCode >= 500) fail(reply, error);
    else refuse(reply, refusalOf(error, bodyLimit));
  });
  const limit = createInFlightLimit({
    maxCalls: deps.maxInFlight ?? defaultMaxInFlight,
    maxBytes: deps.maxBytes ?? defaultMaxBytes,
  });
  const judging = { limit, maxCallMs: deps.maxCallMs ?? defaultMaxCallMs, refuse, fail };
  app.post(
    '/validate',
    judgeWith(judging, (body, boundsOf) => deps.service.validate(body, boundsOf)),
  );
  app.post(
    '/mutate',
    judgeWith(judging, (body, boundsOf) => deps.service.mutate(body, boundsOf)),
  );
  addHealth(app, deps.readiness);
  return app;
}

/** The query is read on demand and by hand: parsing it for each request would be paid for nothing. */
const noQuery: Record<string, unknown> = Object.freeze({});

/** Bodies stay bytes: fastify's own parser refuses legal keys such as `__proto__`, and the decoder judges them anyway. */
function takeRawJson(app: FastifyInstance, bounds: BodyBounds): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (_request, payload, done) => {
    readBody(payload, bounds, done);
  });
}

/** Refuses before a body is read: unknown routes, and calls that come up too late. */
function guardEntry(app: FastifyInstance, maxQueueMs: number, refuse: Refuse): void {
  const clock = new TurnClock();
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) refuse(reply, noSuchRoute(pathOf(request)));
    else if (request.raw.method !== 'POST' || !clock.isLate(maxQueueMs)) done();
    else refuse(reply, overloaded);
  });
}

interface Judging {
  readonly limit: InFlightLimit;
  readonly maxCallMs: number;
  readonly refuse: Refuse;
  readonly fail: Fail;
}

/** The handler of one path. What the service answers at once is written at once: no promise, no timer. */
function judgeWith(judging: Judging, decide: AdmissionService['validate']): Judge {
  const { limit, maxCallMs, refuse, fail } = judging;
  return (request, reply) => {
    const body = request.body;
    if (!Buffer.isBuffer(body) || body.length === 0) {
      refuse(reply, emptyBody);
      return;
    }
    const deadline = new CallDeadline(request.raw, reply.raw, maxCallMs);
    let isWaiting = false;
    const boundsOf: BoundsOf = () => {
      isWaiting ||= limit.enter(body.length);
      return isWaiting ? deadline.open() : undefined;
    };
    const end = (): void => {
      deadline.close();
      if (isWaiting) limit.leave(body.length);
    };
    try {
      const answer = decide(body, boundsOf);
      if (answer instanceof Promise) {
        answerLater(answer, deadline, reply, fail, end);
        return;
      }
      if (answer === tooBusy) refuse(reply, overloaded);
      else sendAnswer(reply, answer);
    } catch (cause) {
      fail(reply, cause);
    }
    end();
  };
}

function answerLater(
  pending: Promise<Answer>,
  deadline: CallDeadline,
  reply: FastifyReply,
  fail: Fail,
  end: () => void,
): void {
  Promise.race([pending, deadline.overrun()])
    .then((answer) => {
      sendAnswer(reply, answer);
    })
    .catch((cause: unknown) => {
      fail(reply, cause);
    })
    .finally(end);
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
