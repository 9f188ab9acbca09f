import type { Readiness } from '../admission/ports.ts';

/** An answer about health: `body` is JSON. */
export interface HealthAnswer {
  readonly statusCode: 200 | 503;
  readonly body: string;
}

/** What each path of health answers, the same on every port: where callers need a certificate, the kubelet has none. */
export const healthAnswers: ReadonlyMap<string, (readiness: Readiness) => HealthAnswer> = new Map([
  ['/healthz', liveness],
  ['/readyz', readinessAnswer],
]);

function liveness(): HealthAnswer {
  return { statusCode: 200, body: '{"status":"ok"}' };
}

function readinessAnswer(readiness: Readiness): HealthAnswer {
  const checks = readiness.checks();
  const missing = checks.filter((check) => !check.ready);
  const ready = missing.length === 0;
  const reason = ready ? 'every check passes' : missing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
  return { statusCode: ready ? 200 : 503, body: JSON.stringify({ ready, reason, checks }) };
}
