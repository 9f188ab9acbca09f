import t from 'tap';

import { controls } from '../../src/policy/pod-security/controls.ts';
import { standardOf } from '../../src/policy/pod-security/standard.ts';
import { minorOf } from '../../src/policy/pod-security/version.ts';
import { judge, setOf } from '../support/judge.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { randomPod } from '../support/pod-generator.ts';
import { controlsOf } from '../support/pod-security.ts';
import { randomOf } from '../support/random.ts';
import { connectApiClient, forEachAtOnce, type ApiAnswer } from './api-client.ts';
import { expectSuccess } from './kubectl.ts';
import { verdictOf } from './pod-security-verdict.ts';
import { connectControlPlane } from './session.ts';
import { waitFor } from './wait-for.ts';

/** The API server's own Pod Security admission is the judge of `pods/pod-security`. Our webhook is not registered. */
const cluster = await connectControlPlane();
const atOnce = 8;
const client = await connectApiClient(cluster, atOnce);
t.teardown(() => {
  client.close();
});

const seed = Number(process.env['TENANTGATE_TEST_SEED'] ?? 20_260_601);
const wantedPods = 2_000;
const wantedContainers = 200;
const levels = ['baseline', 'restricted'] as const;
const versions = ['latest', 'v1.34', 'v1.25', 'v1.18'] as const;
const open = 'pss-open';

interface Target {
  readonly namespace: string;
  readonly level: (typeof levels)[number];
  readonly version: string;
  readonly set: ReturnType<typeof setOf>;
}

const targets: readonly Target[] = levels.flatMap((level) =>
  versions.map((version) => ({
    namespace: `pss-${level}-${version.replace('.', '-')}`,
    level,
    version,
    // The namespace's labels say everything; the rule itself demands nothing.
    set: setOf('pods/pod-security', { level: 'privileged' }),
  })),
);

/** Both levels at the latest version, and at one of the older ones in turn. */
function targetsOf(turn: number): readonly Target[] {
  const [latest, ...older] = versions;
  return targets.filter(({ version }) => version === latest || version === older[turn % older.length]);
}

const labelsOf = (level: string, version: string): Record<string, string> => ({
  'tenantgate.dev/tenant': 'acme',
  'pod-security.kubernetes.io/enforce': level,
  'pod-security.kubernetes.io/enforce-version': version,
  'pod-security.kubernetes.io/warn': 'privileged',
});

/** Where the server knows less of the future than we do, its latest is its own version. */
const serverMinor = Number(/^v1\.(\d+)\./.exec(cluster.kubernetesVersion)?.[1]);

await t.test('namespaces for every level and version are there', async (t) => {
  const all = [{ namespace: open, level: 'privileged', version: 'latest' }, ...targets];
  const objects = all.map(({ namespace, level, version }) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: labelsOf(level, version) },
  }));
  expectSuccess(await cluster.apply(objects));
  // Without its default account a namespace takes no Pods.
  await waitFor(
    'the default accounts',
    async () => {
      const found = await cluster.kubectl([
        'get',
        'serviceaccounts',
        '-A',
        '-o',
        'jsonpath={.items[*].metadata.namespace}',
      ]);
      const named = new Set(found.stdout.split(' '));
      return all.every(({ namespace }) => named.has(namespace));
    },
    { timeoutMs: 60_000 },
  );
  t.equal(targets.length, 8);
});

/** Our verdict on an object as the API server would send it, in the namespace and by the labels of the target. */
function oursOf(manifest: Manifest, { namespace, level, set }: Target, version: string, old?: Manifest) {
  const metadata = manifest['metadata'] as Manifest;
  const placed = { ...manifest, metadata: { ...metadata, namespace } };
  const world = { namespaces: { [namespace]: labelsOf(level, version) } };
  const decision = judge('pods/pod-security', placed, { set, world, ...(old && { old }) });
  return { isAllowed: decision.admitted, controls: controlsOf(decision) };
}

/** Ids of the controls that a level has at a version, as far as they have breaches to tell. */
function inForce({ level }: Target, version: string): ReadonlySet<string> {
  const standard = standardOf(level, minorOf(version)!);
  return new Set([...standard.podJudgements, ...standard.containerJudgements].map(({ control }) => control));
}

interface Tally {
  compared: number;
  denied: number;
  explained: number;
  readonly differences: string[];
  readonly violated: Map<string, number>;
}

const tallyOf = (): Tally => ({ compared: 0, denied: 0, explained: 0, differences: [], violated: new Map() });

/** Compares the server's answer with ours; `old` is the Pod before an UPDATE. */
function compare(tally: Tally, target: Target, answer: ApiAnswer, manifest: Manifest, old?: Manifest): void {
  const theirs = verdictOf(answer, inForce(target, target.version));
  const ours = oursOf(manifest, target, target.version, old);
  tally.compared += 1;
  if (!theirs.isAllowed) tally.denied += 1;
  for (const control of theirs.controls) tally.violated.set(control, (tally.violated.get(control) ?? 0) + 1);
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  // Sysctls that a later version allows: the server's latest is older than ours.
  const asServer = oursOf(manifest, target, `v1.${serverMinor}`, old);
  const isLater = target.version === 'latest' && JSON.stringify(asServer) === JSON.stringify(theirs);
  const without = (names: readonly string[]) => names.filter((name) => name !== 'sysctls').join();
  if (isLater && without(ours.controls) === without(theirs.controls)) tally.explained += 1;
  else {
    const where = `${target.level}:${target.version} ${old === undefined ? 'CREATE' : 'UPDATE'}`;
    tally.differences.push(
      `${where} ours ${ours.controls.join()} theirs ${theirs.controls.join()} of ${JSON.stringify(manifest['spec'])}`,
    );
  }
}

function report(t: { comment(text: string): void }, what: string, tally: Tally): void {
  t.comment(
    `${what}: ${tally.compared} verdicts compared, ${tally.denied} of them denials; ${tally.explained} explained`,
  );
  const counts = [...tally.violated].sort().map(([control, count]) => `${control} ${count}`);
  t.comment(`violated controls: ${counts.join(', ')}`);
}

const dryRun = (path: string): string => `/api/v1/namespaces/${path}?dryRun=All`;

t.test(`${wantedPods} random Pods get the verdict and the violated controls of Kubernetes`, async (t) => {
  const random = randomOf(seed);
  const tally = tallyOf();
  const byTarget = new Map<string, number>();
  let judged = 0;
  const invalid = new Map<string, number>();
  for (let made = 0; judged < wantedPods && made < 3 * wantedPods;) {
    const batch = Array.from({ length: 100 }, () => randomPod(random, `p-${made++}`));
    await forEachAtOnce(batch, atOnce, async (pod) => {
      // What the API server makes of the Pod is what it sends to webhooks.
      const seen = await client.send('POST', dryRun(`${open}/pods`), pod);
      if (seen.status !== 201) {
        const { reason, message } = seen.body as { readonly reason: string; readonly message: string };
        if (reason !== 'Invalid') throw new Error(`${seen.status}: ${message}`);
        const field = message.replace(/^.*? is invalid: \[?/, '').slice(0, 110);
        invalid.set(field, (invalid.get(field) ?? 0) + 1);
        return;
      }
      judged += 1;
      for (const target of targetsOf(judged)) {
        const answer = await client.send('POST', dryRun(`${target.namespace}/pods`), pod);
        compare(tally, target, answer, seen.body as Manifest);
        byTarget.set(target.namespace, (byTarget.get(target.namespace) ?? 0) + (answer.status === 403 ? 1 : 0));
      }
    });
  }
  report(t, `seed ${seed}, ${judged} Pods`, tally);
  t.comment(`denials: ${[...byTarget].map(([namespace, count]) => `${namespace} ${count}`).join(', ')}`);
  t.comment(`refused as invalid before anybody judged: ${JSON.stringify(Object.fromEntries(invalid))}`);
  t.ok(judged >= wantedPods, 'enough Pods were judged');
  t.equal(tally.compared, judged * 2 * levels.length);
  t.same(tally.differences.slice(0, 10), []);
  t.same([...tally.violated.keys()].sort(), controls.map(({ id }) => id).sort(), 'every control was violated');
});

/** A Pod that every level takes. */
const compliant = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'compliant' },
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'web',
        image: 'registry.example/web:1.0',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};

t.test(
  `${wantedContainers} random ephemeral containers are judged alike through pods/ephemeralcontainers`,
  async (t) => {
    const random = randomOf(seed + 1);
    const olds = new Map<string, Manifest>();
    for (const namespace of [open, ...targets.map((target) => target.namespace)]) {
      const made = await client.send('POST', `/api/v1/namespaces/${namespace}/pods`, compliant);
      t.equal(made.status, 201, namespace);
      olds.set(namespace, made.body as Manifest);
    }
    const tally = tallyOf();
    let judged = 0;
    const donors = Array.from({ length: 2 * wantedContainers }, (_, index) => randomPod(random, `donor-${index}`));
    await forEachAtOnce(donors, atOnce, async (donor) => {
      const { containers } = donor['spec'] as { readonly containers: readonly Manifest[] };
      const { name, image, securityContext } = containers[0]!;
      const patch = { spec: { ephemeralContainers: [{ name, image, securityContext }] } };
      const path = (namespace: string): string => dryRun(`${namespace}/pods/compliant/ephemeralcontainers`);
      const seen = await client.send('PATCH', path(open), patch);
      // What only pods of Windows or of users of their own may have is refused here.
      if (seen.status !== 200) return;
      judged += 1;
      for (const target of targetsOf(judged)) {
        const answer = await client.send('PATCH', path(target.namespace), patch);
        compare(tally, target, answer, seen.body as Manifest, olds.get(target.namespace));
      }
    });
    report(t, `${judged} containers`, tally);
    t.ok(judged >= wantedContainers);
    t.ok(tally.denied > 0 && tally.denied < tally.compared, 'some are denied, and some are not');
    t.same(tally.differences.slice(0, 10), []);
  },
);
