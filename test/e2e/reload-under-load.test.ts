import { setTimeout as delay } from 'node:timers/promises';

import { test, type Test } from 'tap';

import { createAdmissionService } from '../../src/admission/admission-service.ts';
import type { FactReader } from '../../src/admission/fact-ports.ts';
import { selfTest } from '../../src/admission/self-test.ts';
import { loadPolicySet } from '../../src/cli/load-policy-set.ts';
import { openLivePolicySet } from '../../src/cli/live-policy-set.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { listenForTest } from '../server/listening-app.ts';
import { openClient } from '../server/tls-client.ts';
import { fakeFaultCounter, fakeOperationLog } from '../support/fake-admission-service.ts';
import { mountFolder } from '../support/mounted-folder.ts';
import { failingReader } from '../support/test-admission.ts';
import { hostNetworkPod, policyFrom, reviewFor, type ReviewAnswer } from './review.ts';

const material = await createDevelopmentCertificate({ now: new Date() });

const documentOf = (rule: string) =>
  `apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata:\n  name: mine\nspec:\n  rules:\n    - rule: ${rule}\n`;

/** Two sets of which each refuses what the other allows, and one that must never be in force. */
const documents = {
  pods: documentOf('pods/host-network'),
  peers: documentOf('network/confined-peers'),
  bad: documentOf('no/such-rule'),
};

/** One that the index knows, and one that has to be read and takes its time: reloads happen while such calls wait. */
const [cached, uncached] = ['acme-dev', 'acme-prod'];
const labels = { 'tenantgate.dev/tenant': 'acme' };

const slowReader: FactReader = {
  ...failingReader,
  readNamespace: async (name) => {
    await delay(5 + 40 * Math.random());
    return { name, labels };
  },
};

interface Question {
  readonly review: string;
  readonly refusedBy: 'pods' | 'peers';
}

const questions: readonly Question[] = [cached, uncached].flatMap((namespace) => [
  { review: reviewFor(hostNetworkPod, { namespace }), refusedBy: 'pods' },
  { review: reviewFor(policyFrom([{ namespaceSelector: {} }]), { namespace }), refusedBy: 'peers' },
]);

/** The real parts of a server, which looks at its files more often than it does in a cluster. */
async function serveFolder(t: Test) {
  const folder = t.testdir({});
  const mounted = mountFolder(folder, { 'policy.yaml': documents.pods });
  const sources = { policies: [mounted.pathOf('policy.yaml')], strongestMode: 'enforce' as const };
  const read = createObjectReader();
  const reloads: { readonly ok: boolean }[] = [];
  const live = openLivePolicySet(
    sources,
    (set) => selfTest(set, read),
    (outcome) => reloads.push(outcome),
    10,
  );
  if (!live.ok) throw new Error(JSON.stringify(live.faults));
  t.teardown(() => {
    live.value.stop();
  });
  const service = createAdmissionService({
    policySet: () => live.value.current(),
    namespaces: { size: 1, get: (name) => (name === cached ? { name, labels } : undefined) },
    reader: slowReader,
    read,
    decisions: { observe: () => undefined },
    faults: fakeFaultCounter(),
    log: fakeOperationLog(),
    today: () => '2026-06-01',
    clock: () => performance.now(),
  });
  const { port } = await listenForTest(t, { material, service });
  const hashOf = (name: 'pods' | 'peers'): string => {
    mounted.swap({ 'policy.yaml': documents[name] });
    const loaded = loadPolicySet(sources);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.value.hash;
  };
  return { port, mounted, reloads, hashes: { peers: hashOf('peers'), pods: hashOf('pods') } };
}

void test('reloads under load: no request fails, and each answer is wholly from the set that it names', async (t) => {
  const { port, mounted, reloads, hashes } = await serveFolder(t);
  const seen = new Map<string, number>();
  const wrong: unknown[] = [];
  let isOver = false;
  async function ask(): Promise<void> {
    const client = await openClient(port, material.caCertificate);
    for (let index = 0; !isOver; index += 1) {
      const { review, refusedBy } = questions[index % questions.length]!;
      const { statusCode, body } = await client.ask('/validate', review);
      const { allowed, auditAnnotations } = (JSON.parse(body) as ReviewAnswer).response;
      const hash = auditAnnotations['policy'] ?? '';
      const isRight = hash === hashes[refusedBy] ? !allowed : Object.values(hashes).includes(hash) && allowed;
      if (statusCode !== 200 || !isRight) wrong.push({ statusCode, body });
      const key = `${hash} ${allowed ? 'allowed' : 'denied'}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    client.socket.destroy();
  }
  const asking = Array.from({ length: 8 }, () => ask());
  const order = ['peers', 'bad', 'pods', 'bad'] as const;
  const before = reloads.length;
  for (let round = 0; round < 40; round += 1) {
    mounted.swap({ 'policy.yaml': documents[order[round % order.length]!] });
    await waitFor('the reload', () => reloads.length === before + round + 1, { timeoutMs: 10_000, intervalMs: 5 });
    await delay(20);
  }
  isOver = true;
  await Promise.all(asking);
  t.same(wrong, []);
  const failed = reloads.slice(before).filter(({ ok }) => !ok).length;
  t.equal(failed, 20, 'every bad set was seen, and none came into force');
  const combinations = Object.values(hashes).flatMap((hash) => [`${hash} allowed`, `${hash} denied`]);
  t.same([...seen.keys()].sort(), combinations.sort(), 'both sets have allowed and denied');
});
