import { test } from 'tap';

import { withSecondTries } from '../../src/kubernetes/with-second-tries.ts';

interface Tried {
  readonly signal: AbortSignal;
  readonly answered: () => void;
  readonly end: (value: string) => void;
  readonly fail: (error: Error) => void;
}

function start(impatientMs: number) {
  const stop = new AbortController();
  const tries: Tried[] = [];
  const waiting: (() => void)[] = [];
  const result = withSecondTries<string>(
    (signal, answered) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      signal.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
      tries.push({ signal, answered, end: resolve, fail: reject });
      waiting.shift()?.();
      return promise;
    },
    { signal: stop.signal, impatientMs },
  );
  const nextTry = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  return { stop, tries, result, nextTry };
}

void test('a try that is answered in time is the only one, however long it goes on', async (t) => {
  const { tries, result } = start(10);
  tries[0]!.answered();
  await new Promise((resolve) => setTimeout(resolve, 50));
  tries[0]!.end('value');
  t.equal(await result, 'value');
  t.equal(tries.length, 1);
});

void test('second tries follow each other while the first waits; the one that is answered counts', async (t) => {
  const { tries, result, nextTry } = start(5);
  await nextTry();
  await nextTry();
  t.ok(tries[1]!.signal.aborted, 'a second try is short');
  t.notOk(tries[0]!.signal.aborted, 'the first is patient');
  const last = tries.at(-1)!;
  last.answered();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.ok(tries[0]!.signal.aborted);
  t.notOk(last.signal.aborted, 'once answered it is no longer short');
  tries[0]!.answered();
  last.end('second');
  t.equal(await result, 'second');
});

void test('the first may still win', async (t) => {
  const { tries, result, nextTry } = start(5);
  await nextTry();
  tries[0]!.answered();
  tries[0]!.end('first');
  t.equal(await result, 'first');
  t.ok(tries.at(-1)!.signal.aborted);
});

void test('when the first fails all have failed; the failure of a second is nothing', async (t) => {
  const { tries, result, nextTry } = start(5);
  await nextTry();
  tries[1]!.fail(new Error('second'));
  await nextTry();
  tries[0]!.fail(new Error('first'));
  await t.rejects(result, { message: 'first' });
  t.ok(tries.at(-1)!.signal.aborted);
});

void test('a second that was answered and then fails is the failure of all', async (t) => {
  const { tries, result, nextTry } = start(5);
  await nextTry();
  const last = tries.at(-1)!;
  last.answered();
  last.fail(new Error('broken off'));
  await t.rejects(result, { message: 'broken off' });
  t.ok(tries[0]!.signal.aborted);
});

void test('the signal ends every try', async (t) => {
  const { stop, tries, result, nextTry } = start(5);
  await nextTry();
  stop.abort();
  await t.rejects(result, { message: 'aborted' });
  t.ok(tries.every(({ signal }) => signal.aborted));
});
