/** The thread of a scan: scans once, as its {@link ScanThreadData} says, and hands the report over part by part. */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

import { postureJudge } from '../audit/posture/posture-judge.ts';
import { reportParts } from '../audit/report-parts.ts';
import { scan } from '../audit/scan.ts';
import { compileDocuments, type SourceDocument } from '../config/compile-documents.ts';
import { clientOfThread } from '../kubernetes/client-of-thread.ts';
import { PagedObjectSource } from '../kubernetes/paged-object-source.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { rules } from '../policy/rules/index.ts';
import { SharedPace } from './scan-pace.ts';
import type { ScanMessage, ScanRequest, ScanThreadData } from './scan-thread.ts';

if (parentPort === null) throw new Error('This is the entry of a thread.');
const parent = parentPort;
const { request, port } = workerData as ScanThreadData;
standBack();
const client = await clientOfThread(port);
const policySet = policySetOf(request);
const begunMs = performance.now();
const report = await scan({
  source: new PagedObjectSource({ client, name: request.name }),
  policySet,
  read: createObjectReader(),
  posture: postureJudge(policySet.tenancy),
  now: () => new Date(request.startedMs + performance.now() - begunMs),
  // Nobody waits here but answers that come in.
  pace: new SharedPace(),
  signal: AbortSignal.timeout(request.longestMs),
});
for (const part of reportParts(report)) {
  tell(part);
  await once(parent, 'message');
}
tell({ isWhole: true });
client.close();

/**
 * Lets calls go first where there is no core for both: before this thread, and before those of V8, which collect its garbage
 * and would be on a par with whoever answers calls. Only Linux has priorities of single threads.
 */
function standBack(): void {
  const threads = '/proc/self/task';
  if (!existsSync(threads)) return;
  // Such as 17/task/23.
  const own = readlinkSync('/proc/thread-self').split('/').at(-1);
  for (const thread of readdirSync(threads)) {
    try {
      const name = readFileSync(`${threads}/${thread}/comm`, 'utf8').trim();
      if (thread === own || name === 'V8Worker') setPriority(Number(thread), constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended, or priorities are not to be changed: then all share as the system likes.
    }
  }
}

function tell(message: ScanMessage): void {
  parent.postMessage(message);
}

/** It was compiled before, so it has no faults, and nobody asks where in a file something stands. */
function policySetOf({ documents, strongestMode }: ScanRequest): PolicySet {
  const positionOf = () => ({ line: 1, column: 1 });
  const sources = documents.map((value): SourceDocument => ({ file: '', value, positionOf }));
  const compiled = compileDocuments(sources, { rules, strongestMode });
  if (!compiled.ok) throw new Error(`The policies cannot be compiled again: ${JSON.stringify(compiled.faults)}`);
  return compiled.value;
}
