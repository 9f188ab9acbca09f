import { isDeepStrictEqual } from 'node:util';

import { test } from 'tap';

import type { Answer } from '../../src/admission/ports.ts';
import { kinds, podKinds, type Kind, type PodKind } from '../../src/policy/objects/kinds.ts';
import { minimalObject, tweak, type Manifest } from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import {
  bodyOf,
  createTestAdmission,
  requestOf,
  reviewOf,
  unbounded,
  type ReviewResponse,
} from '../support/test-admission.ts';

const mutations = 100_000;
const seed = Number(process.env['TENANTGATE_TEST_SEED'] ?? 20_260_601);

/** Mulberry32: small, fast, and the same on every machine. */
function randomOf(start: number) {
  let state = start >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)]! };
}

type Random = ReturnType<typeof randomOf>;

const podPath: Readonly<Record<PodKind, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  ReplicationController: 'spec.template.spec',
  ReplicaSet: 'spec.template.spec',
  Deployment: 'spec.template.spec',
  StatefulSet: 'spec.template.spec',
  DaemonSet: 'spec.template.spec',
  Job: 'spec.template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};

const selectors: readonly Manifest[] = [
  { namespaceSelector: {} },
  {
    namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } },
    podSelector: { matchLabels: { app: 'web' } },
  },
  { namespaceSelector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['prod', 'dev'] }] } },
  {
    namespaceSelector: {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['globex-dev'] }],
    },
  },
  { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.0.0/16'] } },
  { ipBlock: { cidr: '2001:db8::/48' } },
];
const rulesOf = (direction: 'from' | 'to'): readonly Manifest[] =>
  selectors.map((peer) => ({
    [direction]: [peer, { podSelector: {} }],
    ports: [{ port: 53, endPort: 60, protocol: 'UDP' }, { port: 'http' }],
  }));

/** Objects of every kind with much in them to break. */
const rich: readonly Manifest[] = (Object.keys(kinds) as Kind[]).map((kind) => {
  const object = tweak(minimalObject(kind), 'metadata.labels', { 'tenantgate.dev/tenant': 'acme', app: 'web' });
  switch (kind) {
    case 'NetworkPolicy':
      return tweak(tweak(object, 'spec.ingress', rulesOf('from')), 'spec.egress', rulesOf('to'));
    case 'Kustomization':
      return tweak(tweak(object, 'spec.dependsOn', [{ name: 'a', namespace: 'globex-dev' }]), 'spec.kubeConfig', {
        secretRef: { name: 'a' },
      });
    case 'HelmRelease':
      return tweak(object, 'spec.chartRef', { kind: 'OCIRepository', name: 'a', namespace: 'somewhere' });
    case 'Namespace':
      return tweak(object, ['metadata', 'labels', 'tenantgate.dev/shared'], 'yes');
    default:
      return object;
  }
});

const userInfos: readonly Manifest[] = [
  { username: 'jane', groups: ['developers'] },
  {
    username: 'system:serviceaccount:acme-dev:flux',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:acme-dev'],
  },
  { username: 'system:kube-controller-manager', groups: [] },
  { username: 'root', groups: ['system:masters'], extra: { a: ['b'] } },
];

/** Real reviews: every kind, in every operation, by different people. */
const corpus: readonly Manifest[] = rich.flatMap((object, index) =>
  ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'].map((operation) => {
    const userInfo = userInfos[index % userInfos.length];
    const old = operation === 'UPDATE' ? { oldObject: minimalObject(object['kind'] as Kind) } : {};
    return reviewOf(requestOf(object, { operation, userInfo, ...old }));
  }),
);

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

const weird: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  9_007_199_254_740_993,
  53,
  '',
  ' ',
  'x',
  'true',
  '0',
  'acme',
  'globex',
  'kube-system',
  'globex-dev',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\n',
  '\u202e',
  '\ud800',
  '💥',
  'a'.repeat(300),
  '../..',
  'is immutable',
  '0.0.0.0/0',
  '::/0',
  '010.0.0.0/8',
  '::ffff:1.2.3.4/128',
  'In',
  'NotIn',
  'Exists',
  'Ingress',
  'CREATE',
  'DELETE',
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: null },
  ['acme', 'acme'],
  nested(50),
  nested(2000),
  { matchLabels: { a: 'b' } },
  JSON.parse('{"__proto__":{"hostNetwork":true},"constructor":{"prototype":{"a":1}}}'),
  Array.from({ length: 200 }, (_, index) => index),
];
const weirdKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  'a/b',
  'a~b',
  'spec',
  'metadata',
  'namespace',
  '💥',
  '0',
];

type Container = Record<string, unknown> | unknown[];

/** All containers of a JSON value with the keys that lead to each, found without recursion. */
function containersIn(root: unknown): { readonly node: Container; readonly path: readonly string[] }[] {
  const found: { node: Container; path: readonly string[] }[] = [];
  const pending = [{ value: root, path: [] as readonly string[] }];
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
    const { value, path } = top;
    if (typeof value !== 'object' || value === null || path.length > 40) continue;
    found.push({ node: value as Container, path });
    for (const [key, item] of Object.entries(value)) pending.push({ value: item, path: [...path, key] });
  }
  return found;
}

function setMember(node: Container, key: string, value: unknown): void {
  // defineProperty makes `__proto__` a member like any other, as JSON.parse does.
  Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A copy of plain JSON; `structuredClone` would exhaust the stack on what is nested deep. */
function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const listActions: readonly ((list: unknown[], random: Random) => void)[] = [
  (list, random) => list.splice(random.below(list.length + 1), 1),
  (list, random) => list.push(copyOf(random.pick(weird))),
  (list, random) => list.push(...list.slice(random.below(list.length + 1)).map(copyOf)),
  (list) => list.reverse(),
  (list, random) => list.splice(random.below(list.length + 1), 1, copyOf(random.pick(weird))),
];

type MemberAction = (members: Record<string, unknown>, key: string, random: Random) => void;

const memberActions: readonly MemberAction[] = [
  (members, key) => Reflect.deleteProperty(members, key),
  (members, key) => {
    setMember(members, key, null);
  },
  (members, key, random) => {
    const source = random.pick([...Object.keys(members), key]);
    setMember(members, key, copyOf(memberOf(members, source)));
  },
  (members, key) => {
    setMember(members, key, [copyOf(memberOf(members, key))]);
  },
  ...Array.from({ length: 4 }, (): MemberAction => (members, key, random) => {
    setMember(members, key, copyOf(random.pick(weird)));
  }),
];

function memberOf(members: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(members, key) ? members[key] : null;
}

/** Breaks one thing in a value, unless it stands at a path that is kept. */
function breakOne(root: unknown, random: Random, isKept: (path: readonly string[]) => boolean): void {
  const { node, path } = random.pick(containersIn(root));
  const keys = Object.keys(node);
  const key = keys.length === 0 || random.below(8) === 0 ? random.pick(weirdKeys) : random.pick(keys);
  if (isKept([...path, key])) return;
  if (Array.isArray(node)) random.pick(listActions)(node, random);
  else random.pick(memberActions)(node, key, random);
}

/** What is wrong with an answer to a body, or undefined for a sound one. */
function problemWith(answer: Answer, uid: unknown, path: 'validate' | 'mutate'): string | undefined {
  const parsed = JSON.parse(answer.body) as {
    apiVersion?: unknown;
    kind?: unknown;
    response?: ReviewResponse;
    error?: unknown;
  };
  const hasUid = typeof uid === 'string' && uid !== '' && uid.length <= 256;
  if (!hasUid)
    return answer.statusCode === 400 && parsed.error !== undefined ? undefined : 'no uid, and no plain refusal';
  if (answer.statusCode !== 200) return `status ${answer.statusCode}`;
  if (parsed.apiVersion !== 'admission.k8s.io/v1' || parsed.kind !== 'AdmissionReview')
    return 'not an AdmissionReview v1';
  return parsed.response === undefined ? 'no response' : problemOfResponse(parsed.response, uid, path);
}

function problemOfResponse(response: ReviewResponse, uid: string, path: 'validate' | 'mutate'): string | undefined {
  const { allowed, patch, patchType, status, auditAnnotations } = response;
  const { code, reason, message = '' } = status ?? {};
  const wrongs: Readonly<Record<string, boolean>> = {
    'another uid': response.uid !== uid,
    'allowed is no boolean': typeof allowed !== 'boolean',
    'patch without patchType, or the reverse': (patch === undefined) !== (patchType === undefined),
    'a patch from validate': path === 'validate' && patch !== undefined,
    'a patch on a denial': !allowed && patch !== undefined,
    'no decision in the annotations': auditAnnotations?.['decision'] === undefined,
    'a status on an allowed request': allowed && status !== undefined,
    'a denial that is not 403 Forbidden': !allowed && `${String(code)} ${String(reason)}` !== '403 Forbidden',
    'a denial without a message': !allowed && message === '',
  };
  return Object.entries(wrongs).find(([, isWrong]) => isWrong)?.[0];
}

const { service, seen } = createTestAdmission();

/** The answer to a review, which must have come without a throw. */
async function answerTo(review: unknown, path: 'validate' | 'mutate'): Promise<Answer> {
  return service[path](Buffer.from(JSON.stringify(review)), unbounded);
}

function uidOf(review: unknown): unknown {
  const own = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Manifest)[key] : undefined;
  return own(own(review, 'request'), 'uid');
}

test('no mutation of a review makes an exception or an invalid answer', { timeout: 120_000 }, async (t) => {
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  const problems: string[] = [];
  let denied = 0;
  for (let count = 0; count < mutations && problems.length < 5; count += 1) {
    const review = copyOf(random.pick(corpus));
    for (let step = random.below(4); step >= 0; step -= 1) breakOne(review, random, () => false);
    const path = random.below(3) === 0 ? 'mutate' : 'validate';
    try {
      const answer = await answerTo(review, path);
      const problem = problemWith(answer, uidOf(review), path);
      if (problem !== undefined) problems.push(`${count}: ${problem}: ${JSON.stringify(review).slice(0, 1000)}`);
      if (answer.body.includes('"allowed":false')) denied += 1;
    } catch (error) {
      problems.push(`${count}: threw ${String(error)}: ${JSON.stringify(review).slice(0, 1000)}`);
    }
  }
  t.same(problems, []);
  t.notOk(seen.faults.includes('internal-error'), 'no bug was caught at the edge either');
  t.ok(denied > mutations / 10 && denied < mutations, 'the mutations reach both answers');
  t.equal(({} as { hostNetwork?: unknown }).hostNetwork, undefined, 'no prototype was touched');
});

/** How an answer of a mode that denies nothing differs from the plain allowed one, but for warnings and annotations. */
function differenceFromPlain({ body, statusCode }: Answer, uid: unknown, mayWarn: boolean): string | undefined {
  const { response } = JSON.parse(body) as { readonly response?: ReviewResponse };
  // A review that nobody can read is a failed call: the failure policy of the registration says what becomes of it.
  if (response === undefined) return statusCode === 400 ? undefined : `status ${statusCode}`;
  const { warnings, auditAnnotations, ...bare } = response;
  if (!isDeepStrictEqual(bare, { uid, allowed: true })) return body;
  if (warnings !== undefined && !mayWarn) return 'a warning';
  return auditAnnotations === undefined ? 'no annotation' : undefined;
}

for (const mode of ['audit', 'warn'] as const) {
  test(`in mode ${mode} every answer is the plain allowed one`, { timeout: 120_000 }, async (t) => {
    const set = shippedPolicySet(mode);
    const { service: lenient, seen: told } = createTestAdmission({ policySet: () => set });
    const random = randomOf(seed + 2);
    const differing: string[] = [];
    let wouldBeDenied = 0;
    for (let count = 0; count < mutations / 20 && differing.length < 5; count += 1) {
      const review = copyOf(random.pick(corpus));
      for (let step = random.below(4); step >= 0; step -= 1) breakOne(review, random, () => false);
      const path = random.below(3) === 0 ? 'mutate' : 'validate';
      const body = bodyOf(review);
      const difference = differenceFromPlain(await lenient[path](body, unbounded), uidOf(review), mode === 'warn');
      if (difference !== undefined) differing.push(`${count}: ${difference}`);
      if ((await service[path](body, unbounded)).body.includes('"allowed":false')) wouldBeDenied += 1;
    }
    t.same(differing, []);
    t.ok(wouldBeDenied > mutations / 200, 'many of them are denied in mode enforce');
    for (const reason of ['violated', 'undecided'] as const) {
      t.ok(
        told.decisions.some(({ wouldDeny }) => wouldDeny.some((one) => one.reason === reason)),
        reason,
      );
    }
  });
}

/** Paths in a review that must stay as they are for the object to be the bad one. */
function keeping(...kept: readonly string[]): (path: readonly string[]) => boolean {
  return (path) => {
    const text = path.join('.');
    return kept.some((one) => one === text || one.startsWith(`${text}.`) || text.startsWith(`${one}.`));
  };
}

const where = ['request.uid', 'request.kind', 'request.operation', 'request.namespace', 'apiVersion', 'kind'];

/** Objects that are denied, and the place that makes them so: whatever is broken elsewhere, they stay denied. */
const bad: readonly (readonly [Manifest, string])[] = [
  ...podKinds.map(
    (kind) =>
      [tweak(minimalObject(kind), `${podPath[kind]}.hostNetwork`, true), `${podPath[kind]}.hostNetwork`] as const,
  ),
  [
    tweak(minimalObject('NetworkPolicy'), 'spec', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: {} }] }],
    }),
    'spec.policyTypes',
  ],
  [tweak(minimalObject('Kustomization'), 'spec.kubeConfig', { configMapRef: { name: 'x' } }), 'spec.kubeConfig'],
  [
    tweak(minimalObject('HelmRelease'), 'spec.chartRef', { kind: 'OCIRepository', name: 'x', namespace: 'globex-dev' }),
    'spec.chartRef',
  ],
];

test('an object that is denied stays denied, whatever is broken elsewhere in it', { timeout: 120_000 }, async (t) => {
  const random = randomOf(seed + 1);
  const allowed: string[] = [];
  for (let count = 0; count < 20_000 && allowed.length < 5; count += 1) {
    const [object, place] = random.pick(bad);
    const review = copyOf(reviewOf(requestOf(object)));
    const judged = object['kind'] === 'NetworkPolicy' ? ['request.object.spec'] : [`request.object.${place}`];
    const isKept = keeping(...where, ...judged);
    for (let step = random.below(4); step >= 0; step -= 1) breakOne(review, random, isKept);
    const answer = await answerTo(review, 'validate');
    if (!answer.body.includes('"allowed":false')) allowed.push(`${count}: ${JSON.stringify(review).slice(0, 1500)}`);
  }
  t.same(allowed, []);
});
