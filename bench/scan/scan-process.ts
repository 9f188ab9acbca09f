/**
 * Scans the cluster of a list server once: node scan-process.ts KUBECONFIG [PAGE-BYTES]. Prints what it cost as JSON.
 */
import { setImmediate } from 'node:timers/promises';

import { KubeConfig } from '@kubernetes/client-node';

import { postureJudge } from '../../src/audit/posture/posture-judge.ts';
import { scan } from '../../src/audit/scan.ts';
import { loadPolicySet } from '../../src/cli/load-policy-set.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { PagedObjectSource } from '../../src/kubernetes/paged-object-source.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import type { ScanCost } from './measure-scan.ts';

const [file = '', pageBytes = ''] = process.argv.slice(2);
const compiled = loadPolicySet({ strongestMode: 'enforce' });
if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(file);
const source = new PagedObjectSource({
  client: new ApiServerClient(kubeConfig),
  name: 'bench',
  ...(pageBytes === '' ? {} : { pageBytes: Number(pageBytes) }),
});
const startRss = process.memoryUsage.rss();
let peakRss = startRss;
let lastMs = performance.now();
let longestMs = 0;
const pauseMs = 5;
const startedMs = lastMs;
const cpu = process.cpuUsage();
const report = await scan({
  source,
  policySet: compiled.value,
  read: createObjectReader(),
  posture: postureJudge(compiled.value.tenancy),
  now: () => new Date(),
  pace: {
    pause: () => {
      const now = performance.now();
      if (now - lastMs < pauseMs) return undefined;
      longestMs = Math.max(longestMs, now - lastMs);
      return setImmediate().then(() => {
        lastMs = performance.now();
      });
    },
  },
  onProgress: () => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  },
  signal: AbortSignal.timeout(300_000),
});
const used = process.cpuUsage(cpu);
const { enforce, warn, audit } = report.summary.violations;
const cost: ScanCost = {
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (used.user + used.system) / 1e6,
  startMb: startRss / 1e6,
  peakMb: peakRss / 1e6,
  longestMs,
  objects: report.summary.objects,
  violations: enforce + warn + audit,
  unknown: report.summary.unknown,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
