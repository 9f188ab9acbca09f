import { test } from 'tap';

import { parseGoDuration } from '../../src/server/go-duration.ts';

void test('durations as Go writes them become milliseconds', (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ['10s', 10_000],
    ['3s', 3_000],
    ['1m0s', 60_000],
    ['2.5s', 2_500],
    ['1h2m3s', 3_723_000],
    ['250ms', 250],
    ['500us', 0.5],
    ['500µs', 0.5],
    ['1e3s', Number.NaN],
    ['.5s', 500],
  ];
  for (const [text, ms] of cases) {
    t.equal(parseGoDuration(text), Number.isNaN(ms) ? undefined : ms, text);
  }
  t.end();
});

void test('what is not a positive duration is undefined', (t) => {
  for (const text of [
    '',
    '10',
    's',
    '-3s',
    '+3s',
    '0s',
    '3 s',
    ' 3s',
    '3s ',
    '3sx',
    'x3s',
    '3S',
    '1'.repeat(100) + 's',
  ]) {
    t.equal(parseGoDuration(text), undefined, JSON.stringify(text));
  }
  t.end();
});
