import { Buffer } from 'node:buffer';
import { devNull } from 'node:os';

import { createAdmissionService } from '../src/admission/admission-service.ts';
import { createReviewDecoder } from '../src/admission/decode-review.ts';
import { RequestFacts } from '../src/admission/gather-facts.ts';
import type { CallBounds } from '../src/admission/ports.ts';
import { subjectOfRequest } from '../src/admission/subject-of-request.ts';
import { readDevelopmentCluster } from '../src/cli/development-cluster.ts';
import { loadPolicySet } from '../src/cli/load-policy-set.ts';
import { evaluate } from '../src/policy/evaluate.ts';
import { createObjectReader } from '../src/policy/objects/read-object.ts';
import { createDecisionLog } from '../src/telemetry/decision-log.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { podOf, reviewOf } from './reviews.ts';

/** Microseconds of one decision on a 5 KB Pod, without network and server. */
export interface InProcessTimes {
  /** `evaluate` alone: 20 rules on a subject that was read already. */
  readonly evaluateUs: number;
  /** The admission service from parsed body to encoded answer: reading, facts, rules, answer, metrics and log line. */
  readonly decideUs: number;
  /** The same with checking and parsing the body. */
  readonly validateUs: number;
}

/** Usage: in-process.ts POLICIES NAMESPACES SECONDS. Prints the times as JSON. */
const [policies = '', namespaces = '', seconds] = process.argv.slice(2);
const times = measure(policies, namespaces, Number(seconds));
process.stdout.write(JSON.stringify(times));

function measure(policyFile: string, namespaceFile: string, durationSeconds: number): InProcessTimes {
  const today = '2026-01-15';
  const loaded = loadPolicySet({ policies: [policyFile], strongestMode: 'enforce' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const set = loaded.value;
  const cluster = readDevelopmentCluster([namespaceFile], set.tenancy, today);
  const read = createObjectReader();
  const log = createLogger({ level: 'info', target: devNull });
  const metrics = createMetrics({
    sources: {
      certificateExpiry: () => undefined,
      policyHash: () => set.hash,
      cachedNamespaces: () => cluster.namespaces.size,
      isReady: () => true,
      droppedLogLines: () => log.droppedLines(),
      registration: () => undefined,
      audit: () => undefined,
    },
    knownKinds: ['Pod'],
  });
  const decisionLog = createDecisionLog(log);
  const service = createAdmissionService({
    policySet: () => set,
    namespaces: cluster.namespaces,
    reader: cluster.reader,
    read,
    decisions: {
      observe: (record) => {
        metrics.observe(record);
        decisionLog.observe(record);
      },
    },
    faults: metrics,
    log,
    today: () => today,
    clock: () => performance.now(),
  });
  const decode = createReviewDecoder();
  const bodies = Array.from({ length: 64 }, (_, index) =>
    Buffer.from(JSON.stringify(reviewOf(`uid-${index}`, podOf(index, { sizeBytes: 5_000 })))),
  );
  const subjects = bodies.map((body) => {
    const review = decode(body);
    if (!review.ok) throw new Error(review.fault);
    const found = subjectOfRequest(review.request, set.tenancy, read);
    if (found.state !== 'judged') throw new Error(found.state);
    return found.subject;
  });
  const noBounds = (): CallBounds => {
    throw new Error('every fact is at hand');
  };

  const evaluateAll = (): void => {
    for (const subject of subjects) {
      const { outcome } = evaluate(subject, set, new RequestFacts(cluster.namespaces, today));
      if (outcome !== 'allowed') throw new Error(outcome);
    }
  };
  const decodeAll = (): void => {
    for (const body of bodies) if (!decode(body).ok) throw new Error('not decoded');
  };
  const validateAll = (): void => {
    for (const body of bodies) {
      const answer = service.validate(body, noBounds);
      if (answer instanceof Promise || !answer.body.includes('"allowed":true')) throw new Error('not allowed');
    }
  };
  const microseconds = (work: () => void): number => {
    const startedMs = performance.now();
    work();
    return ((performance.now() - startedMs) * 1_000) / bodies.length;
  };

  const samples: { evaluateUs: number; decideUs: number; validateUs: number }[] = [];
  const endMs = performance.now() + durationSeconds * 1_000;
  do {
    const decodeUs = microseconds(decodeAll);
    const validateUs = microseconds(validateAll);
    samples.push({ evaluateUs: microseconds(evaluateAll), decideUs: validateUs - decodeUs, validateUs });
  } while (performance.now() < endMs);
  // The first half warms up.
  const warm = samples.slice(Math.floor(samples.length / 2));
  const medianOf = (pick: (sample: InProcessTimes) => number): number => {
    const sorted = warm.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  return {
    evaluateUs: medianOf((sample) => sample.evaluateUs),
    decideUs: medianOf((sample) => sample.decideUs),
    validateUs: medianOf((sample) => sample.validateUs),
  };
}
