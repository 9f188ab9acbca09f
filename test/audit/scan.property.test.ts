import t from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { ListProblem } from '../../src/audit/ports.ts';
import { resourceNameOf } from '../../src/audit/resource-name.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate, unreadable } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import type { Subject } from '../../src/policy/subject.ts';
import type { Principal } from '../../src/tenancy/principal.ts';
import { FakeObjectSource, kindOfObject, type ListFault } from '../support/fake-object-source.ts';
import { factsOfCluster, namespaceIn, randomCluster } from '../support/generated-cluster.ts';
import { tweak, type Manifest } from '../support/minimal-objects.ts';
import { randomOf, type Random } from '../support/random.ts';
import { RecordingPosture, scanned } from '../support/scan.ts';
import { modelsOf } from '../support/shape.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const clusters = 200;
const seed = Number(process.env['TENANTGATE_TEST_SEED'] ?? 20_260_601);
t.setTimeout(300_000);

const set = shippedPolicySet();
const allKinds = Object.keys(kinds) as Kind[];
const models = new Map(modelsOf(allKinds).map((model) => [model.kind, model]));
const read = createObjectReader();
const tenant: Principal = { kind: 'tenant', username: '', serviceAccountNamespace: undefined };

const stateRules = new Set(
  [...set.checks.values()].flat().flatMap(({ rule }) => (rule.judges === 'state' ? [rule.id] : [])),
);
const advice = new Set(
  [...set.checks.values()].flat().flatMap(({ rule }) => (rule.isAdvice === true ? [rule.id] : [])),
);

/** What admission says of an object that is created; a Pod is not bound to a node by then. */
function decide(stored: Manifest, facts: Facts, principal: Principal): Decision {
  const kind = kindOfObject(stored)!;
  const object = kind === 'Pod' && read(kind, stored).ok ? tweak(stored, 'spec.nodeName', undefined) : stored;
  const parsed = read(kind, object);
  const namespace = kinds[kind].namespaced ? namespaceIn(object) : undefined;
  if (!parsed.ok)
    return unreadable(kind, 'CREATE', set, parsed.faults, { namespace: namespace ?? '', today: facts.today });
  const { name } = object['metadata'] as { readonly name: string };
  const apiVersion = String(object['apiVersion']);
  const subject: Subject = {
    kind,
    apiVersion,
    operation: 'CREATE',
    namespace,
    name,
    object: parsed.value,
    old: undefined,
    principal,
  };
  return evaluate(subject, set, facts);
}

/** One violation as a text. */
function toldOf(
  object: { readonly kind: unknown; readonly name: unknown; readonly namespace: unknown },
  rule: string,
  field: string,
  message: string,
): string {
  return JSON.stringify([object.kind, object.namespace ?? null, object.name, rule, field, message]);
}

function expectedOf(object: Manifest, facts: Facts, principal: Principal): readonly string[] {
  const { name, namespace } = object['metadata'] as Manifest;
  const reference = { kind: object['kind'], name, namespace };
  return decide(object, facts, principal)
    .violations.filter(({ rule }) => stateRules.has(rule))
    .map(({ rule, field, message }) => toldOf(reference, rule, field, message));
}

function foundIn({ results }: AuditReport, writer?: 'any'): readonly string[] {
  return results
    .filter((result) => writer === undefined || result.writer === writer)
    .map(({ object, rule, field, message }) => toldOf(object, rule, field, message));
}

const isGap = ({ rule }: { readonly rule: string }) => stateRules.has(rule);

/** What should be unknown and is not told to be. */
function untold(objects: readonly Manifest[], facts: Facts, { unknown }: AuditReport): readonly unknown[] {
  return objects.flatMap((object) => {
    const kind = kindOfObject(object)!;
    const isReadable = read(kind, object).ok;
    return decide(object, facts, tenant)
      .gaps.filter(isGap)
      .filter(({ rule, message }) => {
        const isTold = unknown.some((one) => one.message.includes(message) && (one.rule === rule || !isReadable));
        return !isTold;
      })
      .map((gap) => [gap, object]);
  });
}

function pageOptions(random: Random) {
  const unsorted = random.oneIn(3) ? allKinds.filter(() => random.oneIn(4)) : [];
  return { pageSize: 1 + random.below(6), unsorted };
}

t.test('a scan finds what admission finds, whatever the pages and their order', async (t) => {
  let violations = 0;
  let toConfirm = 0;
  for (let round = 0; round < clusters; round += 1) {
    const random = randomOf(seed + round);
    const objects = randomCluster(models, random);
    const facts = factsOfCluster(objects, '2026-06-01');
    const report = await scanned(new FakeObjectSource({ objects, ...pageOptions(random) }), { policySet: set });
    const expected = objects.flatMap((object) => expectedOf(object, facts, tenant));
    const byAny = objects.flatMap((object) => expectedOf(object, facts, { kind: 'platform' }));
    const where = `TENANTGATE_TEST_SEED=${seed}, cluster ${round}`;
    const isSound =
      t.same([...foundIn(report)].sort(), [...expected].sort(), where) &&
      t.same([...foundIn(report, 'any')].sort(), [...byAny].sort(), `${where}: whoever wrote it`) &&
      t.same(untold(objects, facts, report), [], `${where}: what could not be judged`);
    if (!isSound) return;
    violations += expected.length;
    toConfirm += expected.length - byAny.length;
  }
  t.ok(violations > clusters && toConfirm > clusters / 10, `${violations} violations, ${toConfirm} to confirm`);
});

/** Each Pod several times over, some of them with other labels or finished. */
function withReplicas(objects: readonly Manifest[], random: Random): readonly Manifest[] {
  return objects.flatMap((object) => {
    if (kindOfObject(object) !== 'Pod') return [object];
    const { name } = object['metadata'] as { readonly name: string };
    const replicas = Array.from({ length: 1 + random.below(4) }, (_, index) => {
      const replica = tweak(tweak(object, 'metadata.name', `${name}-${index}`), 'metadata.uid', `${name}-${index}`);
      if (random.oneIn(4)) return tweak(replica, 'metadata.labels', { app: random.pick(['a', 'b']) });
      return random.oneIn(4) ? tweak(replica, 'status', { phase: 'Succeeded' }) : replica;
    });
    return [object, ...replicas];
  });
}

t.test('replicas that share a spec are judged as if each had its own', async (t) => {
  let sound = 0;
  for (let round = 0; round < clusters; round += 1) {
    const random = randomOf(seed + 3 * clusters + round);
    const objects = withReplicas(randomCluster(models, random), random);
    const facts = factsOfCluster(objects, '2026-06-01');
    const [own, shared] = [new RecordingPosture(), new RecordingPosture()];
    const pages = { objects, ...pageOptions(random) };
    const alone = await scanned(new FakeObjectSource(pages), { policySet: set, posture: own });
    const source = new FakeObjectSource({ ...pages, sharesSpecs: true });
    const report = await scanned(source, { policySet: set, posture: shared });
    const expected = objects.flatMap((object) => expectedOf(object, facts, tenant));
    const where = `TENANTGATE_TEST_SEED=${seed}, cluster ${round}`;
    const isSame =
      t.same([...foundIn(report)].sort(), [...expected].sort(), where) &&
      t.same(podsIn(shared), podsIn(own), `${where}: what is known of pods`) &&
      t.same(report.summary, alone.summary, where);
    if (!isSame) return;
    const found = new Set(report.results.map(({ object }) => object.uid));
    sound += objects.filter((one) => kindOfObject(one) === 'Pod' && !found.has(uidOf(one))).length;
  }
  t.ok(sound > clusters, `nothing is wrong with ${sound} of them`);
});

function uidOf(object: Manifest): string | undefined {
  return (object['metadata'] as { readonly uid?: string }).uid;
}

/** What is known of the pods of each namespace, in no order. */
function podsIn({ namespaces }: RecordingPosture): readonly unknown[] {
  return [...namespaces].map(([name, { pods }]) => [name, pods?.map((pod) => JSON.stringify(pod)).sort()]);
}

/** Kinds that break, each after some pages. */
function randomFaults(random: Random): Readonly<Partial<Record<Kind, ListFault>>> {
  const usual: readonly Kind[] = ['Pod', 'NetworkPolicy', 'Namespace', 'Deployment', 'EndpointSlice', 'ResourceQuota'];
  const broken = Array.from({ length: 1 + random.below(4) }, () => random.pick(random.oneIn(2) ? usual : allKinds));
  return Object.fromEntries(
    broken.map((kind) => {
      const problem = new ListProblem(random.oneIn(2) ? 'failed' : 'forbidden', 'broken');
      return [kind, { problem, afterPages: random.below(4) }];
    }),
  );
}

t.test('what is not read is unknown, and never clean', async (t) => {
  let missed = 0;
  for (let round = 0; round < clusters; round += 1) {
    const random = randomOf(seed + clusters + round);
    const objects = randomCluster(models, random);
    const facts = factsOfCluster(objects, '2026-06-01');
    const faults = randomFaults(random);
    const posture = new RecordingPosture();
    const pageSize = 1 + random.below(6);
    const source = new FakeObjectSource({ objects, faults, pageSize });
    const report = await scanned(source, { policySet: set, posture });
    // Where less is known, a message may say less.
    const found = new Set(foundIn(report).map(withoutMessage));
    const broken = new Set(report.unknown.map(({ resource }) => resource));
    const unsound = objects.flatMap((object) => {
      const kind = kindOfObject(object)!;
      if (broken.has(resourceNameOf(kind))) return [];
      return expectedOf(object, facts, tenant).filter((told) => {
        const [, , , rule] = JSON.parse(told) as [string, string, string, string];
        if (found.has(withoutMessage(told))) return false;
        missed += 1;
        return !advice.has(rule) && !report.unknown.some((one) => one.rule === rule);
      });
    });
    const where = `TENANTGATE_TEST_SEED=${seed}, cluster ${round}, ${Object.keys(faults).join()}`;
    for (const kind of Object.keys(faults) as Kind[]) {
      const isListed = report.scan.listings.some(({ resource }) => resource === resourceNameOf(kind));
      if (isListed && !broken.has(resourceNameOf(kind))) unsound.push(`${kind} is not told to be unknown`);
    }
    for (const [name, evidence] of posture.namespaces) {
      unsound.push(...unnoticed(name, evidence.unread, evidence.pods, source, faults, pageSize));
    }
    if (!t.same(unsound, [], where)) return;
  }
  t.ok(missed > 0, `${missed} violations could not be found`);
});

function withoutMessage(told: string): string {
  return JSON.stringify((JSON.parse(told) as unknown[]).slice(0, 4));
}

/** Kinds that were not wholly read of a namespace, and are taken for it. */
function unnoticed(
  name: string,
  unread: ReadonlySet<Kind>,
  pods: readonly unknown[] | undefined,
  source: FakeObjectSource,
  faults: Readonly<Partial<Record<Kind, ListFault>>>,
  pageSize: number,
): readonly string[] {
  return Object.entries(faults).flatMap(([kind, { afterPages }]) => {
    const rest = source.stored(kind as Kind).slice(afterPages * pageSize);
    const isHidden = rest.some((object) => namespaceIn(object) === name);
    const isTold = unread.has(kind as Kind) && (kind !== 'Pod' || pods === undefined);
    return isHidden && !isTold ? [`${kind} in ${name} is taken to be read`] : [];
  });
}
