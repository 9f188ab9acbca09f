import { test } from 'tap';

import type { AuditReport, Evidence, LayerPosture, Posture, PostureState } from '../../../src/audit/audit-report.ts';
import { auditReportSchema } from '../../../src/audit/audit-report.ts';
import { carryPosture } from '../../../src/audit/posture/carry-posture.ts';
import { postureChanges } from '../../../src/audit/posture/posture-changes.ts';
import { createSchemaCompiler } from '../../../src/policy/schema-compiler.ts';

const at = (hour: number) => `2026-06-01T${String(hour).padStart(2, '0')}:00:00.000Z`;

function postureWith(state: PostureState, evidence: readonly Evidence[] = []): Posture {
  const layer: LayerPosture = { layer: 'quota', state, evidence: [...evidence] };
  return {
    cluster: [{ layer: 'network-enforcement', state, evidence: [...evidence] }],
    tenants: [{ tenant: 'acme', layers: [layer], namespaces: [{ namespace: 'acme-dev', layers: [layer] }] }],
  };
}

function written(writtenAt: string | undefined): Evidence {
  const object = { apiVersion: 'v1', kind: 'ResourceQuota', namespace: 'acme-dev', name: 'all' };
  return { object: { ...object, ...(writtenAt === undefined ? {} : { writtenAt }) }, message: 'is wrong' };
}

/** One audit an hour, each with a state. */
function audits(...states: readonly (PostureState | Posture)[]) {
  let previous: { readonly posture: Posture; readonly at: string } | undefined;
  return states.map((state, hour) => {
    const fresh = typeof state === 'string' ? postureWith(state) : state;
    const now = { posture: carryPosture(previous?.posture, fresh, at(hour)), at: at(hour) };
    const changes = postureChanges(previous, now);
    previous = now;
    return { ...now, changes };
  });
}

const timesOf = (posture: Posture) => {
  const { since, outOfPlaceSince, lastKnown } = posture.tenants[0]!.namespaces[0]!.layers[0]!;
  return [since, outOfPlaceSince, lastKnown];
};

test('a state that stays keeps its time, and one that changes begins now', (t) => {
  const all = audits('in-place', 'in-place', 'drifted', 'drifted', 'missing', 'in-place');
  t.strictSame(
    all.map(({ posture }) => timesOf(posture)),
    [
      [at(0), undefined, undefined],
      [at(0), undefined, undefined],
      [at(2), at(2), undefined],
      [at(2), at(2), undefined],
      [at(4), at(2), undefined],
      [at(5), undefined, undefined],
    ],
  );
  const last = all.at(-2)!.posture;
  t.equal(last.cluster[0]?.since, at(4));
  t.equal(last.tenants[0]?.layers[0]?.since, at(4));
  t.end();
});

test('what becomes unknown keeps what was known', (t) => {
  const all = audits('unknown', 'drifted', 'unknown', 'unknown', 'in-place', 'unknown');
  t.strictSame(
    all.map(({ posture }) => timesOf(posture)),
    [
      [at(0), undefined, undefined],
      [at(1), at(1), undefined],
      [at(2), at(1), 'drifted'],
      [at(2), at(1), 'drifted'],
      [at(4), undefined, undefined],
      [at(5), undefined, 'in-place'],
    ],
  );
  t.end();
});

test('a posture of before, without times, gets them', (t) => {
  const carried = carryPosture(postureWith('drifted'), postureWith('drifted'), at(3));
  t.strictSame(timesOf(carried), [at(3), at(3), undefined]);
  t.end();
});

test('what carries times is still a report', (t) => {
  const { posture } = audits('drifted', 'unknown')[1]!;
  const report = {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'AuditReport',
    scan: { source: 'x', startedAt: at(0), finishedAt: at(1), policyHash: 'h', filters: [], listings: [] },
    summary: {
      objects: 0,
      judged: 0,
      namespaces: 1,
      tenants: 1,
      violations: { enforce: 0, warn: 0, audit: 0 },
      toConfirm: 0,
      exempt: 0,
      unknown: 0,
    },
    results: [],
    unknown: [],
    posture,
  } satisfies AuditReport;
  const validate = createSchemaCompiler({ allErrors: true }).compile(auditReportSchema);
  t.ok(validate(report), JSON.stringify(validate.errors));
  t.end();
});

const dev = { tenant: 'acme', namespace: 'acme-dev', layer: 'quota' };
const enforcement = { tenant: undefined, namespace: undefined, layer: 'network-enforcement' };

test('drift and repair are told once, for the namespace and for the cluster', (t) => {
  const all = audits('in-place', 'drifted', 'missing', 'in-place', 'in-place');
  const drift = { change: 'drift', state: 'drifted', detectedAt: at(1), beganAt: at(0), beganBy: 'audit' };
  const repair = { change: 'repair', detectedAt: at(1), repairedAt: at(3) };
  t.strictSame(
    all.map(({ changes }) => changes),
    [
      [],
      [
        { ...enforcement, ...drift },
        { ...dev, ...drift },
      ],
      [],
      [
        { ...enforcement, ...repair },
        { ...dev, ...repair },
      ],
      [],
    ],
  );
  t.end();
});

test('what was never seen in place has not drifted, but can be repaired', (t) => {
  const all = audits('missing', 'drifted', 'in-place', 'missing');
  t.strictSame(
    all.map(({ changes }) => changes.map(({ change, detectedAt }) => [change, detectedAt])),
    [
      [],
      [],
      [
        ['repair', at(0)],
        ['repair', at(0)],
      ],
      [
        ['drift', at(3)],
        ['drift', at(3)],
      ],
    ],
  );
  t.end();
});

test('what could not be read for a while is neither', (t) => {
  const kinds = (...states: readonly PostureState[]) =>
    audits(...states).map(({ changes }) => changes.map(({ change }) => change)[0]);
  t.strictSame(kinds('in-place', 'unknown', 'in-place'), [undefined, undefined, undefined]);
  t.strictSame(kinds('drifted', 'unknown', 'drifted'), [undefined, undefined, undefined]);
  t.strictSame(kinds('in-place', 'unknown', 'drifted', 'unknown', 'in-place'), [
    undefined,
    undefined,
    'drift',
    undefined,
    'repair',
  ]);
  t.strictSame(kinds('unknown', 'drifted'), [undefined, undefined]);
  const [, , drift] = audits('in-place', 'unknown', 'drifted');
  t.match(drift?.changes[0], { beganAt: undefined, beganBy: undefined }, 'since when is not known');
  t.end();
});

test('writes tell since when at the latest, where they came between the two audits', (t) => {
  const begun = (...writes: readonly (string | undefined)[]) => {
    const [, now] = audits('in-place', postureWith('drifted', [{ message: 'is wrong' }, ...writes.map(written)]));
    const [change] = now!.changes;
    return change?.change === 'drift' ? [change.beganAt, change.beganBy] : undefined;
  };
  t.strictSame(begun('2026-06-01T00:40:00Z', '2026-06-01T00:20:00Z'), ['2026-06-01T00:20:00Z', 'write']);
  t.strictSame(begun('2026-06-01T00:20:00Z', '2026-06-01T00:40:00Z'), ['2026-06-01T00:20:00Z', 'write']);
  t.strictSame(begun('2026-06-01T01:00:00Z'), ['2026-06-01T01:00:00Z', 'write'], 'when the audit was made');
  t.strictSame(begun('2026-05-01T00:00:00Z'), [at(0), 'audit'], 'was in place after that');
  t.strictSame(begun('2026-06-01T02:00:00Z'), [at(0), 'audit'], 'a clock that goes wrong');
  t.strictSame(begun(undefined), [at(0), 'audit']);
  t.end();
});

test('a namespace that comes, goes or changes hands is none', (t) => {
  const other = (tenant: string): Posture => {
    const posture = postureWith('drifted');
    return { ...posture, cluster: [], tenants: posture.tenants.map((one) => ({ ...one, tenant })) };
  };
  const none: Posture = { cluster: [], tenants: [] };
  const changesOf = (...states: readonly (PostureState | Posture)[]) =>
    audits(...states).flatMap(({ changes }) => changes);
  t.strictSame(changesOf(none, 'drifted'), []);
  t.strictSame(changesOf('in-place', none), []);
  t.strictSame(changesOf('in-place', other('globex')), []);
  t.end();
});
