import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type Test } from 'tap';

import { createDecisionLog } from '../../src/telemetry/decision-log.ts';
import { createLogger, type LogLevel } from '../../src/telemetry/logger.ts';
import { decisionRecord } from './decision-record.ts';

function subject(t: Test, level: LogLevel = 'info') {
  const target = join(t.testdir({}), 'log');
  const logger = createLogger({ level, target });
  return {
    log: createDecisionLog(logger),
    lines: async (): Promise<unknown[]> => {
      await logger.stop();
      const text = readFileSync(target, 'utf8');
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown);
    },
  };
}

void test('each decision is one line with its fields and no others', async (t) => {
  const { log, lines } = subject(t);
  const violations = [
    { rule: 'confined-peers', mode: 'enforce' },
    { rule: 'host-network', mode: 'audit' },
  ] as const;
  const wouldDeny = [{ rule: 'host-network', mode: 'audit', reason: 'violated', enforcedFrom: '2027-01-31' }] as const;
  log.observe(decisionRecord({ outcome: 'denied', violations, wouldDeny }));
  log.observe(decisionRecord());
  const [denied, allowed, ...more] = await lines();
  t.same(more, []);
  t.match(denied, { time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ });
  t.same(
    { ...(denied as object), time: '' },
    {
      level: 'info',
      time: '',
      msg: 'decision',
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      path: 'validate',
      outcome: 'denied',
      rules: ['confined-peers', 'host-network'],
      wouldDeny: ['host-network'],
      enforcedFrom: '2027-01-31',
      mode: 'enforce',
      kind: 'networking.k8s.io/v1/NetworkPolicy',
      resource: 'networkpolicies',
      subresource: '',
      operation: 'CREATE',
      namespace: 'acme-web',
      name: 'allow-dns',
      user: 'system:serviceaccount:acme-web:deployer',
      dryRun: false,
      durationUs: 120,
      policyHash: 'sha256:0a1b',
    },
  );
  t.match(allowed, { outcome: 'allowed', rules: [], wouldDeny: [], enforcedFrom: undefined });
});

void test('fields that a record has beyond the known ones are never written', async (t) => {
  const { log, lines } = subject(t);
  log.observe({ ...decisionRecord(), ...{ object: { data: 'secret' }, message: 'secret' } });
  t.notMatch(JSON.stringify(await lines()), /secret/);
});

void test('free text is capped and cannot break a line', async (t) => {
  const { log, lines } = subject(t);
  const violations = Array.from({ length: 60 }, (_, index) => ({ rule: `rule-${index}`, mode: 'warn' }) as const);
  log.observe(decisionRecord({ user: 'x'.repeat(10_000), name: 'a\n{"level":"error"}\u2028"', violations }));
  const [line, ...more] = (await lines()) as { user: string; name: string; rules: string[] }[];
  t.same(more, []);
  t.equal(line?.user, `${'x'.repeat(256)}…`);
  t.equal(line?.name, 'a\n{"level":"error"}\u2028"');
  t.equal(line?.rules.length, 50);
});

void test('levels above info leave decisions out', async (t) => {
  const { log, lines } = subject(t, 'warn');
  log.observe(decisionRecord());
  t.same(await lines(), []);
});
