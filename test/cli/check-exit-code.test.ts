import { test } from 'tap';

import { exitCodeOf, failOnChoices, isFailing, type FailOn } from '../../src/cli/check-exit-code.ts';
import { reportOf } from '../../src/manifests/check-manifests.ts';
import type { CheckReport } from '../../src/manifests/check-report.ts';
import type { Mode } from '../../src/policy/policy-document.ts';
import { sampleOutcome } from '../manifests/sample-outcome.ts';

const sample = reportOf(sampleOutcome);
const clean = reportOf({ objects: [], faults: [] });

function resultsOf(mode: Mode): CheckReport {
  return {
    ...clean,
    results: sample.results.filter((result) => result.leniency === undefined && result.mode === mode),
  };
}

function gapOf(mode: Mode, undecided: 'deny' | 'admit'): CheckReport {
  return { ...clean, undecided: sample.undecided.map((gap) => ({ ...gap, mode, undecided })) };
}

const codes: readonly (readonly [string, CheckReport, Readonly<Record<FailOn, 0 | 1 | 2>>])[] = [
  ['nothing', clean, { audit: 0, warn: 0, enforce: 0, never: 0 }],
  ['an enforced violation', resultsOf('enforce'), { audit: 1, warn: 1, enforce: 1, never: 0 }],
  ['a violation that warns', resultsOf('warn'), { audit: 1, warn: 1, enforce: 0, never: 0 }],
  ['a violation in audit', resultsOf('audit'), { audit: 1, warn: 0, enforce: 0, never: 0 }],
  [
    'an exempt violation',
    { ...clean, results: sample.results.filter((result) => result.leniency !== undefined) },
    { audit: 0, warn: 0, enforce: 0, never: 0 },
  ],
  [
    'an expired exemption alone',
    { ...clean, expiredExemptions: sample.expiredExemptions },
    { audit: 0, warn: 0, enforce: 0, never: 0 },
  ],
  ['an unreadable file', { ...clean, faults: sample.faults }, { audit: 2, warn: 2, enforce: 2, never: 2 }],
  ['an enforced rule that is undecided', gapOf('enforce', 'deny'), { audit: 2, warn: 2, enforce: 2, never: 2 }],
  ['a warning rule that is undecided', gapOf('warn', 'deny'), { audit: 2, warn: 2, enforce: 0, never: 0 }],
  ['an undecided rule whose policy admits', gapOf('enforce', 'admit'), { audit: 0, warn: 0, enforce: 0, never: 0 }],
  ['violations and an unreadable file', sample, { audit: 2, warn: 2, enforce: 2, never: 2 }],
];

for (const [name, report, expected] of codes) {
  void test(`exit code for ${name}`, (t) => {
    for (const failOn of failOnChoices) t.equal(exitCodeOf(report, failOn), expected[failOn], `--fail-on ${failOn}`);
    t.end();
  });
}

void test('a violation fails from its own mode upwards, unless it is let pass', (t) => {
  const failing = (failOn: FailOn) =>
    sample.results.filter((result) => isFailing(result, failOn)).map((result) => result.mode);
  t.strictSame(failing('audit'), ['enforce', 'warn', 'audit']);
  t.strictSame(failing('warn'), ['enforce', 'warn']);
  t.strictSame(failing('enforce'), ['enforce']);
  t.strictSame(failing('never'), []);
  t.end();
});
