import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'tap';

import { createInFlightLimit } from '../../src/server/in-flight-limit.ts';

/** As much of a request and its response as the limit looks at. */
function exchange(contentLength?: string): { request: IncomingMessage; response: ServerResponse } {
  const request = { headers: { 'content-length': contentLength } } as unknown as IncomingMessage;
  const response = Object.assign(new EventEmitter(), { req: request }) as unknown as ServerResponse;
  return { request, response };
}

void test('requests are let in up to the bound, and again when one is over', (t) => {
  const limit = createInFlightLimit({ maxRequests: 2, maxBytes: 1_000, bodyLimitBytes: 100 });
  const first = exchange('10');
  const second = exchange('10');
  const third = exchange('10');
  t.ok(limit.enter(first.request, first.response));
  t.ok(limit.enter(second.request, second.response));
  t.notOk(limit.enter(third.request, third.response));
  first.response.emit('close');
  t.ok(limit.enter(third.request, third.response));
  t.end();
});

void test('bytes are bounded by what is declared, and by the body limit where nothing is', (t) => {
  const limit = createInFlightLimit({ maxRequests: 10, maxBytes: 150, bodyLimitBytes: 100 });
  const chunked = exchange();
  const large = exchange('60');
  const small = exchange('50');
  t.ok(limit.enter(chunked.request, chunked.response), 'counts as 100');
  t.notOk(limit.enter(large.request, large.response), '100 + 60 > 150');
  t.ok(limit.enter(small.request, small.response), '100 + 50 fits');
  chunked.response.emit('close');
  t.ok(limit.enter(large.request, large.response), '50 + 60 fits');
  t.end();
});

void test('a request larger than all the room is let in alone, so that it is never refused for ever', (t) => {
  const limit = createInFlightLimit({ maxRequests: 10, maxBytes: 50, bodyLimitBytes: 100 });
  const large = exchange('80');
  const small = exchange('1');
  t.ok(limit.enter(large.request, large.response));
  t.notOk(limit.enter(small.request, small.response));
  large.response.emit('close');
  t.ok(limit.enter(small.request, small.response));
  t.end();
});
