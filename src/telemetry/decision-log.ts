import type { DecisionObserver, DecisionRecord } from '../admission/telemetry-ports.ts';
import type { Logger } from './logger.ts';

/** Names in Kubernetes have up to 253 characters; users and groups are free text. */
const maxLength = 256;
/** As many as a line can show; the response and the audit annotation have them all. */
const maxRules = 50;

/**
 * Writes one line per decision: who asked for what, and what came of it. Nothing of the object but its identity.
 * The line has the shape of all others but is made here: the general logger takes thrice as long over it.
 */
export function createDecisionLog(logger: Pick<Logger, 'isEnabled' | 'writeLine'>): DecisionObserver {
  const isEnabled = logger.isEnabled('info');
  const timeOf = isoClock();
  return {
    observe: (record) => {
      if (isEnabled) logger.writeLine(`${JSON.stringify(lineOf(record, timeOf()))}\n`);
    },
  };
}

/** The time in ISO 8601, put into words once a millisecond: under load a dozen lines share one. */
function isoClock(): () => string {
  let atMs: number | undefined;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) text = new Date(nowMs).toISOString();
    atMs = nowMs;
    return text;
  };
}

function lineOf(record: DecisionRecord, time: string): object {
  return {
    level: 'info',
    time,
    uid: capped(record.uid),
    path: record.path,
    outcome: record.outcome,
    rules: idsOf(record.violations),
    wouldDeny: idsOf(record.wouldDeny),
    enforcedFrom: firstDayOf(record.wouldDeny),
    mode: record.mode,
    kind: capped(record.kind),
    resource: capped(record.resource),
    subresource: capped(record.subresource),
    operation: capped(record.operation),
    namespace: capped(record.namespace),
    name: capped(record.name),
    user: capped(record.user),
    dryRun: record.dryRun,
    durationUs: record.durationUs,
    policyHash: record.policyHash,
    msg: 'decision',
  };
}

function idsOf(rules: readonly { readonly rule: string }[]): readonly string[] {
  return rules.slice(0, maxRules).map(({ rule }) => rule);
}

/** The first day from which one of them denies; left out of the line where none is planned. */
function firstDayOf(rules: DecisionRecord['wouldDeny']): string | undefined {
  if (rules.length === 0) return undefined;
  return rules.flatMap(({ enforcedFrom }) => enforcedFrom ?? []).sort()[0];
}

function capped(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
