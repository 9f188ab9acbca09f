import { test } from 'tap';

import { tooBusy, type Answer, type BoundsOf } from '../../src/admission/ports.ts';
import { buildApp, type AppDependencies } from '../../src/server/app.ts';
import {
  fakeAdmissionService,
  fakeFaultCounter,
  fakeOperationLog,
  fakeReadiness,
} from '../support/fake-admission-service.ts';

interface ErrorBody {
  readonly error: { readonly code: string };
}

const json = { 'content-type': 'application/json' };

function subject(overrides: Partial<AppDependencies> = {}) {
  const service = fakeAdmissionService();
  const faults = fakeFaultCounter();
  const log = fakeOperationLog();
  const app = buildApp({ service, readiness: fakeReadiness(), faults, log, ...overrides });
  return { app, service, faults, log };
}

/** An answer to be given later, and the means to give it. */
function later() {
  return Promise.withResolvers<Answer>();
}

void test('each path hands the untouched bytes to the service and writes its answer', async (t) => {
  const { app, service, faults } = subject();
  const body = Buffer.from('{"__proto__": {"constructor": 1},  "x": "é"}');
  const validated = await app.inject({ method: 'POST', url: '/validate?timeout=3s', headers: json, body });
  t.equal(validated.statusCode, 200);
  t.equal(validated.headers['content-type'], 'application/json');
  t.equal(validated.headers['content-length'], '19');
  t.equal(validated.body, '{"path":"validate"}');
  t.same(service.validated, [body]);
  const type = { 'content-type': 'application/json; charset=utf-8' };
  const mutated = await app.inject({ method: 'POST', url: '/mutate', headers: type, body });
  t.equal(mutated.body, '{"path":"mutate"}');
  t.same(service.mutated, [body]);
  t.same(faults.kinds, []);
});

void test("the service's status code and multi-byte text arrive as they are", async (t) => {
  const service = fakeAdmissionService(() => ({ statusCode: 400, body: '{"error":"é ✓"}' }));
  const { app } = subject({ service });
  const response = await app.inject({ method: 'POST', url: '/validate', headers: json, body: '{' });
  t.equal(response.statusCode, 400);
  t.equal(response.body, '{"error":"é ✓"}');
});

void test('an answer that comes later is written when it comes', async (t) => {
  const service = fakeAdmissionService(async (_body, boundsOf) => {
    t.notOk(boundsOf()!.signal.aborted);
    await new Promise(setImmediate);
    return { statusCode: 200, body: '{"late":true}' };
  });
  const { app } = subject({ service });
  const response = await app.inject({ method: 'POST', url: '/validate', headers: json, body: '{}' });
  t.equal(response.body, '{"late":true}');
});

void test('the bounds end at the timeout of the call', async (t) => {
  const service = fakeAdmissionService(
    (_body, boundsOf) =>
      new Promise((resolve) => {
        boundsOf()!.signal.addEventListener('abort', () => {
          resolve({ statusCode: 200, body: '{"undecided":true}' });
        });
      }),
  );
  const { app, faults } = subject({ service });
  const response = await app.inject({ method: 'POST', url: '/validate?timeout=60ms', headers: json, body: '{}' });
  t.equal(response.body, '{"undecided":true}');
  t.same(faults.kinds, []);
});

void test('a service that ignores its bounds is answered for, and bounds asked for too late are aborted', async (t) => {
  let ask: BoundsOf | undefined;
  const service = fakeAdmissionService((_body, boundsOf) => {
    ask = boundsOf;
    return later().promise;
  });
  const { app, faults, log } = subject({ service, maxCallMs: 30 });
  const response = await app.inject({ method: 'POST', url: '/validate', headers: json, body: '{}' });
  t.equal(response.statusCode, 500);
  t.equal(response.json<ErrorBody>().error.code, 'internal-error');
  t.same(faults.kinds, ['internal-error']);
  t.match(log.lines, [{ level: 'error', cause: { message: /30 ms/ } }]);
  t.ok(ask?.()?.signal.aborted);
});

void test('a service that throws or rejects costs a 500, a count and a log line, and the next request is served', async (t) => {
  const thrown = new Error('secret detail');
  let calls = 0;
  const service = fakeAdmissionService(() => {
    calls += 1;
    if (calls === 1) throw thrown;
    if (calls === 2) return Promise.reject(thrown);
    return { statusCode: 200, body: '{}' };
  });
  const { app, faults, log } = subject({ service });
  for (const kind of ['throws', 'rejects']) {
    const response = await app.inject({ method: 'POST', url: '/validate', headers: json, body: '{}' });
    t.equal(response.statusCode, 500, kind);
    t.equal(response.json<ErrorBody>().error.code, 'internal-error', kind);
    t.notMatch(response.body, /secret/, kind);
  }
  t.same(faults.kinds, ['internal-error', 'internal-error']);
  t.same(
    log.lines.map(({ cause }) => cause),
    [thrown, thrown],
  );
  t.equal((await app.inject({ method: 'POST', url: '/validate', headers: json, body: '{}' })).statusCode, 200);
});

void test('more calls than may wait are told to come again, and counted; those that need not wait are answered', async (t) => {
  const first = later();
  const service = fakeAdmissionService((body, boundsOf) => {
    if (body.equals(Buffer.from('{"at":"once"}'))) return { statusCode: 200, body: '{}' };
    return boundsOf() === undefined ? tooBusy : first.promise;
  });
  const { app, faults } = subject({ service, maxInFlight: 1 });
  const request = { method: 'POST', url: '/validate', headers: json, body: '{}' } as const;
  const pending = app.inject(request);
  await new Promise(setImmediate);
  const shed = await app.inject(request);
  t.equal(shed.statusCode, 503);
  t.equal(shed.headers['retry-after'], '1');
  t.equal(shed.json<ErrorBody>().error.code, 'overloaded');
  t.same(faults.kinds, ['request-shed']);
  t.equal((await app.inject('/readyz')).statusCode, 200, 'readiness is not shed');
  t.equal((await app.inject({ ...request, body: '{"at":"once"}' })).statusCode, 200);
  first.resolve({ statusCode: 200, body: '{}' });
  t.equal((await pending).statusCode, 200);
  t.equal((await app.inject(request)).statusCode, 200, 'there is room again');
});

void test('calls that wait give their room back, however they end', async (t) => {
  const endings: (() => Answer | Promise<Answer>)[] = [
    () => ({ statusCode: 200, body: '{}' }),
    () => Promise.resolve({ statusCode: 200, body: '{}' }),
    () => Promise.reject(new Error('broken')),
    () => {
      throw new Error('broken');
    },
    () => later().promise,
  ];
  const service = fakeAdmissionService((body, boundsOf) => {
    if (boundsOf() === undefined || boundsOf() === undefined) return tooBusy;
    return endings[Number(body.toString())]!();
  });
  const { app, faults } = subject({ service, maxInFlight: 1, maxCallMs: 20 });
  for (const index of endings.keys()) {
    await app.inject({ method: 'POST', url: '/validate', headers: json, body: String(index) });
  }
  t.notOk(faults.kinds.includes('request-shed'));
});

void test('refused requests are told what is wrong, are counted, and never reach the service', async (t) => {
  const cases = [
    {
      name: 'empty body',
      url: '/validate',
      headers: json,
      body: '',
      status: 400,
      code: 'empty-body',
      fault: 'empty-body',
    },
    { name: 'no body', url: '/validate', status: 400, code: 'empty-body', fault: 'empty-body' },
    {
      name: 'other content type',
      url: '/mutate',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
      status: 415,
      code: 'unsupported-media-type',
      fault: 'media-type',
    },
    {
      name: 'no content type',
      url: '/mutate',
      headers: { 'content-type': '' },
      body: '{}',
      status: 415,
      code: 'unsupported-media-type',
      fault: 'media-type',
    },
    {
      name: 'declared over the limit',
      url: '/validate',
      headers: json,
      body: 'x'.repeat(101),
      status: 413,
      code: 'body-too-large',
      fault: 'body-too-large',
    },
    {
      name: 'unknown path',
      url: '/validat',
      headers: json,
      body: '{}',
      status: 404,
      code: 'unknown-path',
      fault: 'unknown-path',
    },
    {
      name: 'trailing slash',
      url: '/validate/',
      headers: json,
      body: '{}',
      status: 404,
      code: 'unknown-path',
      fault: 'unknown-path',
    },
    {
      name: 'broken URL',
      url: '/%zz',
      headers: json,
      body: '{}',
      status: 400,
      code: 'malformed-request',
      fault: 'malformed-request',
    },
  ];
  for (const { name, url, headers, body, status, code, fault } of cases) {
    const { app, service, faults } = subject({ bodyLimitBytes: 100 });
    const response = await app.inject({
      method: 'POST',
      url,
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
    });
    t.equal(response.statusCode, status, name);
    t.equal(response.headers['content-type'], 'application/json', name);
    t.match(response.json(), { error: { code, message: /./ } }, name);
    t.same(Object.keys(response.json()), ['error'], name);
    t.same(faults.kinds, [fault], name);
    t.same([service.validated, service.mutated], [[], []], name);
  }
});

void test('a body of exactly the limit is taken', async (t) => {
  const { app } = subject({ bodyLimitBytes: 100 });
  const response = await app.inject({ method: 'POST', url: '/validate', headers: json, body: 'x'.repeat(100) });
  t.equal(response.statusCode, 200);
});

void test('two copies of a 3 MiB object are within the limit', async (t) => {
  const { app } = subject();
  const body = 'x'.repeat(7 * 1_048_576);
  t.equal((await app.inject({ method: 'POST', url: '/validate', headers: json, body })).statusCode, 200);
});

void test('wrong methods are told the right ones', async (t) => {
  const { app, faults } = subject();
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    const response = await app.inject({ method, url: '/validate?timeout=1s' });
    t.equal(response.statusCode, 405, method);
    t.equal(response.headers.allow, 'POST', method);
    t.equal(response.json<ErrorBody>().error.code, 'method-not-allowed', method);
  }
  const response = await app.inject({ method: 'POST', url: '/readyz', headers: json, body: '{}' });
  t.equal(response.statusCode, 405);
  t.equal(response.headers.allow, 'GET, HEAD');
  t.equal(faults.kinds.length, 6);
});

void test('healthz says that the process answers', async (t) => {
  const response = await subject().app.inject('/healthz');
  t.equal(response.statusCode, 200);
  t.same(response.json(), { status: 'ok' });
});

void test('readyz lists every check and names those that are missing', async (t) => {
  const rules = { name: 'rules', ready: true, detail: '20 rules' };
  const namespaces = { name: 'namespaces', ready: false, detail: 'the cache is not filled yet' };
  const unready = await subject({ readiness: fakeReadiness([rules, namespaces]) }).app.inject('/readyz');
  t.equal(unready.statusCode, 503);
  t.same(unready.json(), {
    ready: false,
    reason: 'namespaces: the cache is not filled yet',
    checks: [rules, namespaces],
  });
  const ready = await subject({ readiness: fakeReadiness([rules]) }).app.inject('/readyz');
  t.equal(ready.statusCode, 200);
  t.same(ready.json(), { ready: true, reason: 'every check passes', checks: [rules] });
});

void test('readiness that cannot be told is no readiness', async (t) => {
  const readiness = {
    checks: () => {
      throw new Error('broken');
    },
  };
  const { app, faults } = subject({ readiness });
  t.equal((await app.inject('/readyz')).statusCode, 500);
  t.same(faults.kinds, ['internal-error']);
});
