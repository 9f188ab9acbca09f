import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'tap';

import { CallDeadline, timeoutOf } from '../../src/server/call-deadline.ts';

function deadlineOf(url: string, maxMs = 10_000) {
  const response = Object.assign(new EventEmitter(), { destroyed: false });
  const deadline = new CallDeadline(
    { url } as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    maxMs,
  );
  return { deadline, response };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

void test("the caller's timeout holds up to the cap; what cannot be read is the cap", (t) => {
  t.equal(timeoutOf('/validate?timeout=3s', 10_000), 3_000);
  t.equal(timeoutOf('/validate?a=b&timeout=2.5s', 10_000), 2_500);
  t.equal(timeoutOf('/validate?timeout=1m0s', 10_000), 10_000);
  for (const url of [
    '/validate',
    '/validate?timeout=',
    '/validate?timeout=soon',
    '/validate?timeout=-1s',
    '/validate?',
  ]) {
    t.equal(timeoutOf(url, 10_000), 10_000, url);
  }
  t.end();
});

void test('the bounds abort before the timeout of the caller is over', async (t) => {
  const { deadline } = deadlineOf('/validate?timeout=40ms');
  const { signal } = deadline.open();
  t.notOk(signal.aborted);
  await aborted(signal);
  t.match(signal.reason, { message: /40 ms/ });
  deadline.close();
});

void test('the bounds abort when the caller is gone', (t) => {
  const { deadline, response } = deadlineOf('/validate');
  const { signal } = deadline.open();
  t.notOk(signal.aborted);
  response.emit('close');
  t.ok(signal.aborted);
  t.match(signal.reason, { message: /gone/ });
  t.end();
});

void test('nothing is watched until the bounds are asked for, and nothing after the answer', (t) => {
  const { deadline, response } = deadlineOf('/validate');
  t.equal(response.listenerCount('close'), 0);
  const bounds = deadline.open();
  t.equal(deadline.open().signal, bounds.signal, 'the same bounds each time');
  t.equal(response.listenerCount('close'), 1);
  deadline.close();
  t.equal(response.listenerCount('close'), 0);
  t.notOk(bounds.signal.aborted);
  t.end();
});

void test('the timer ends with the answer', async (t) => {
  const { deadline } = deadlineOf('/validate?timeout=10ms');
  const { signal } = deadline.open();
  deadline.close();
  await new Promise((resolve) => setTimeout(resolve, 40));
  t.notOk(signal.aborted);
});

void test('bounds asked for after the answer, or of a caller already gone, are aborted ones', (t) => {
  const late = deadlineOf('/validate');
  late.deadline.close();
  t.ok(late.deadline.open().signal.aborted);
  const gone = deadlineOf('/validate');
  gone.response.destroyed = true;
  t.ok(gone.deadline.open().signal.aborted);
  t.end();
});
