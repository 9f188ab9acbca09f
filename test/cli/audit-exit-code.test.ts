import { test } from 'tap';

import { auditExitCode } from '../../src/cli/audit-exit-code.ts';
import { durationMs } from '../../src/cli/duration.ts';
import { reportOf, resultOf } from '../support/sample-audit.ts';

void test('what is not known wins over violations', (t) => {
  const unknown = [{ message: 'x' }];
  t.equal(auditExitCode(reportOf({ results: [resultOf()], unknown }), 'audit'), 2);
  t.equal(auditExitCode(reportOf({ unknown }), 'never'), 2);
  t.equal(auditExitCode(reportOf({}), 'audit'), 0);
  t.end();
});

for (const [mode, failOn, code] of [
  ['enforce', 'enforce', 1],
  ['warn', 'enforce', 0],
  ['warn', 'warn', 1],
  ['audit', 'warn', 0],
  ['audit', 'audit', 1],
  ['enforce', 'never', 0],
] as const) {
  void test(`a violation in mode ${mode} ends with ${code} where ${failOn} fails`, (t) => {
    t.equal(auditExitCode(reportOf({ results: [resultOf({ mode })] }), failOn), code);
    t.end();
  });
}

void test('what an exemption lets pass, and what depends on who wrote it, is no violation', (t) => {
  const exemption = { owner: 'ops', reason: 'x', expires: '2027-01-01' };
  const results = [resultOf({ exemption }), resultOf({ writer: 'tenant' })];
  t.equal(auditExitCode(reportOf({ results }), 'audit'), 0);
  t.end();
});

for (const [text, ms] of [
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0s', undefined],
  ['5', undefined],
  ['5 m', undefined],
  ['1.5m', undefined],
  ['9999999s', undefined],
] as const) {
  void test(`${text} is ${ms} ms`, (t) => {
    t.equal(durationMs(text), ms);
    t.end();
  });
}
