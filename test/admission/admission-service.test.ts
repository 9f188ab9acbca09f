import { test } from 'tap';

import type { AdmissionDependencies } from '../../src/admission/admission-service.ts';
import type { FactReader } from '../../src/admission/fact-ports.ts';
import { tooBusy } from '../../src/admission/ports.ts';
import type { Answer } from '../../src/admission/ports.ts';
import type { AdmittedViolation } from '../../src/admission/telemetry-ports.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { defineCheckRule } from '../../src/policy/rule.ts';
import { hostNetwork } from '../../src/policy/rules/pods/host-network.ts';
import { compileDocuments } from '../../src/config/compile-documents.ts';
import { twoTenants } from '../support/facts.ts';
import { policyOf, setOf, tenancyOf } from '../support/judge.ts';
import {
  minimalKustomization,
  minimalNamespace,
  minimalNetworkPolicy,
  minimalPod,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { compiled, documentOf, shippedPolicySet } from '../support/shipped-policies.ts';
import {
  bodyOf,
  createTestAdmission,
  failingReader,
  indexOf,
  readerOf,
  requestOf,
  responseOf,
  reviewOf,
  unbounded,
  type ReviewResponse,
} from '../support/test-admission.ts';

const badPod = tweak(minimalPod(), 'spec.hostNetwork', true);
const unknownHome = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
const labelledPod = tweak(minimalPod(), ['metadata', 'labels', 'tenantgate.dev/tenant'], 'acme');

type Given = Partial<AdmissionDependencies>;

async function validate(request: Manifest, given?: Given): Promise<ReviewResponse> {
  return responseOf(await createTestAdmission(given).service.validate(bodyOf(reviewOf(request)), unbounded));
}

async function mutate(request: Manifest, given?: Given): Promise<ReviewResponse> {
  return responseOf(await createTestAdmission(given).service.mutate(bodyOf(reviewOf(request)), unbounded));
}

test('with every fact at hand the answer comes at once, and nothing is read or timed', (t) => {
  const fail = (): never => {
    throw new Error('nothing is to be read');
  };
  const reader = Object.fromEntries(Object.keys(failingReader).map((name) => [name, fail])) as unknown as FactReader;
  const { service, seen } = createTestAdmission({ reader });
  const denied = service.validate(bodyOf(reviewOf(requestOf(badPod))), fail);
  t.notOk(denied instanceof Promise);
  t.match(responseOf(denied as Answer), { allowed: false, status: { code: 403 } });
  const patched = service.mutate(bodyOf(reviewOf(requestOf(minimalPod()))), fail);
  t.notOk(patched instanceof Promise);
  t.match(responseOf(patched as Answer), { allowed: true, patchType: 'JSONPatch' });
  t.same(seen.faults, []);
  t.end();
});

test('a namespace that the index lacks is read live', async (t) => {
  const given = { namespaces: indexOf(unknownHome), reader: readerOf({}) };
  t.match(await validate(requestOf(labelledPod), given), { allowed: true });
  t.match(await validate(requestOf(tweak(labelledPod, 'metadata.namespace', 'globex-dev')), given), { allowed: false });
  t.match(await mutate(requestOf(minimalPod()), given), { allowed: true, patchType: 'JSONPatch' });
});

test('policies and pods of the namespace are always read live', async (t) => {
  const asked: string[] = [];
  const reader: FactReader = {
    ...failingReader,
    listNetworkPolicies: (namespace) => {
      asked.push(`policies of ${namespace}`);
      return Promise.resolve([]);
    },
    listResourceQuotas: () => Promise.resolve([]),
    listLimitRanges: () => Promise.resolve([]),
    listPods: (namespace) => {
      asked.push(`pods of ${namespace}`);
      return Promise.resolve([{ name: 'web-0', labels: { app: 'web' }, hostNetwork: false }]);
    },
  };
  const ofWeb = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchLabels: { app: 'web' } });
  const response = await validate(requestOf(ofWeb, { operation: 'DELETE' }), { reader });
  t.match(response, {
    allowed: false,
    status: { message: /leaves pod "web-0" with app=web without any ingress isolation/ },
  });
  t.same(asked, ['policies of acme-dev', 'pods of acme-dev'], 'one after the other, each once');
});

test('a failed read is undecided, denied, counted and logged', async (t) => {
  const given = { namespaces: indexOf(unknownHome), reader: failingReader };
  for (const path of ['validate', 'mutate'] as const) {
    const { service, seen } = createTestAdmission(given);
    const response = responseOf(await service[path](bodyOf(reviewOf(requestOf(labelledPod))), unbounded));
    t.match(response, {
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: /could not be judged: namespace "acme-dev" is not known/ },
      auditAnnotations: { decision: 'undecided' },
    });
    t.same(new Set(seen.faults), new Set(['fact-unavailable']));
    t.match(seen.logged, [{ message: 'a fact could not be read', fields: { cause: 'Error: no API server' } }]);
    t.match(seen.decisions, [{ path, outcome: 'undecided' }]);
  }
});

test('where there is nothing to read from, what is missing stays undecided', async (t) => {
  t.match(await validate(requestOf(labelledPod), { namespaces: indexOf(unknownHome), reader: undefined }), {
    allowed: false,
  });
});

test('a namespace that does not exist decides nothing for its objects', async (t) => {
  const given = { namespaces: indexOf({ namespaces: {} }), reader: readerOf({ namespaces: {} }) };
  t.match(await validate(requestOf(labelledPod), given), {
    allowed: false,
    auditAnnotations: { decision: 'undecided' },
  });
  t.match(await validate(requestOf(badPod), given), { allowed: false, auditAnnotations: { decision: 'denied' } });
});

test('a read gets the deadline of the call', async (t) => {
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  const reader: FactReader = {
    ...failingReader,
    readNamespace: (_name, signal) => {
      signals.push(signal);
      controller.abort(new Error('the time is up'));
      return new Promise((_resolve, reject) => {
        if (signal.aborted) reject(new Error('aborted'));
      });
    },
  };
  const { service, seen } = createTestAdmission({ namespaces: indexOf(unknownHome), reader });
  const body = bodyOf(reviewOf(requestOf(labelledPod)));
  const answer = await service.validate(body, () => ({ signal: controller.signal }));
  t.equal(signals[0], controller.signal);
  t.match(seen.logged, [{ fields: { cause: 'Error: the time is up' } }], 'the log tells why');
  t.match(responseOf(answer), { allowed: false });
});

test('a call that would have to wait, and may not, is told so: nothing is read, nothing is decided', async (t) => {
  let reads = 0;
  const reader: FactReader = {
    ...failingReader,
    readNamespace: () => {
      reads += 1;
      return Promise.resolve('missing');
    },
  };
  const { service, seen } = createTestAdmission({ namespaces: indexOf(unknownHome), reader });
  const body = bodyOf(reviewOf(requestOf(labelledPod)));
  t.equal(await service.validate(body, () => undefined), tooBusy);
  t.equal(await service.mutate(body, () => undefined), tooBusy);
  t.same([reads, seen.decisions, seen.faults, seen.logged], [0, [], [], []]);
  const known = createTestAdmission({ policySet: () => setOf('pods/host-network') });
  const answer = await known.service.validate(body, () => undefined);
  t.match(responseOf(answer), { allowed: true }, 'a call that need not wait needs no bounds');
});

test('where too many wait, a call that only lacks advice is answered without it', async (t) => {
  const { service } = createTestAdmission();
  const policy = tweak(minimalNetworkPolicy(), 'spec.podSelector', { matchLabels: { app: 'web' } });
  const labelled = tweak(policy, 'metadata.labels', { 'tenantgate.dev/tenant': 'acme' });
  const answer = await service.validate(bodyOf(reviewOf(requestOf(labelled))), () => undefined);
  t.match(responseOf(answer), { allowed: true, warnings: undefined });
});

test('an object that names thousands of unknown namespaces causes few reads', async (t) => {
  let reads = 0;
  const reader: FactReader = {
    ...failingReader,
    readNamespace: (name) => {
      reads += 1;
      return Promise.resolve({ name, labels: { 'tenantgate.dev/tenant': 'acme' } });
    },
  };
  const dependsOn = Array.from({ length: 3000 }, (_, index) => ({ name: 'x', namespace: `n${index}` }));
  const namespaces = { size: 0, get: (name: string) => (name === 'acme-dev' ? indexOf().get(name) : undefined) };
  const response = await validate(requestOf(tweak(minimalKustomization(), 'spec.dependsOn', dependsOn)), {
    namespaces,
    reader,
  });
  t.equal(response.allowed, false, 'those that were not read stay undecided');
  t.equal(reads, 32);
});

test('the same verdict on a dry run', async (t) => {
  for (const manifest of [badPod, labelledPod]) {
    t.same(await validate(requestOf(manifest, { dryRun: true })), await validate(requestOf(manifest)));
  }
});

test('items of a deletecollection have their name from the old object', async (t) => {
  const given = {
    reader: readerOf({ networkPolicies: { 'acme-dev': [minimalNetworkPolicy() as never] }, pods: { 'acme-dev': [] } }),
  };
  const response = await validate(requestOf(minimalNetworkPolicy(), { operation: 'DELETE', name: '' }), given);
  t.match(response, { allowed: false, status: { message: /ends the ingress default-deny/ } });
});

test('CONNECT and kinds that no rule judges are allowed and not judged', async (t) => {
  const { service, seen } = createTestAdmission();
  const unjudged: readonly Manifest[] = [
    requestOf(badPod, { operation: 'CONNECT', subResource: 'exec', object: { kind: 'PodExecOptions' } }),
    requestOf(badPod, { kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, subResource: 'scale' }),
    requestOf(badPod, { kind: { group: 'kustomize.config.k8s.io', version: 'v1beta1', kind: 'Kustomization' } }),
    requestOf(badPod, { kind: { group: '', version: 'v1', kind: 'constructor' } }),
    requestOf(badPod, { operation: 'DELETE' }),
  ];
  for (const request of unjudged) {
    const answer = await service.validate(bodyOf(reviewOf(request)), unbounded);
    t.same(responseOf(answer), {
      uid: request['uid'],
      allowed: true,
      auditAnnotations: { decision: 'allowed', rules: '', policy: shippedPolicySet().hash },
    });
  }
  t.equal(seen.decisions.length, unjudged.length, 'each is observed all the same');
});

test('what counts is the kind of the body: subresources that carry the object are judged', async (t) => {
  for (const subResource of ['ephemeralcontainers', 'resize', 'status', 'later']) {
    t.match(
      await validate(requestOf(badPod, { operation: 'UPDATE', subResource, oldObject: minimalPod() })),
      { allowed: false },
      subResource,
    );
  }
  const moved = tweak(minimalNamespace(), ['metadata', 'labels', 'tenantgate.dev/tenant'], 'globex');
  for (const subResource of [null, 'status', 'finalize']) {
    const request = requestOf(moved, { operation: 'UPDATE', subResource, oldObject: minimalNamespace() });
    t.match(
      await validate(request),
      { allowed: false, status: { message: /changes from "acme" to "globex"/ } },
      String(subResource),
    );
  }
});

test('who asks is read from the user info of the request', async (t) => {
  const request = requestOf(minimalNetworkPolicy(), { operation: 'DELETE' });
  const given = { reader: readerOf({ networkPolicies: { 'acme-dev': [] }, pods: { 'acme-dev': [] } }) };
  const as = (userInfo: Manifest): Manifest => ({ ...request, userInfo });
  t.match(await validate(as({ username: 'jane', groups: [] }), given), { allowed: false });
  t.match(await validate(as({}), given), { allowed: false });
  t.match(await validate(as({ username: null, groups: null }), given), { allowed: false });
  t.match(await validate(as({ username: 'root', groups: ['system:masters'] }), given), { allowed: true });
  t.match(
    await validate(as({ username: 'system:serviceaccount:kube-system:namespace-controller', groups: [] }), given),
    { allowed: true },
  );
});

test('audit mode never denies, and annotates what it would deny', async (t) => {
  const given: Given = { policySet: () => shippedPolicySet('audit'), reader: failingReader };
  const requests = [
    requestOf(badPod),
    requestOf(labelledPod, { object: tweak(labelledPod, 'spec.hostNetwork', 'yes') }),
    requestOf(minimalNetworkPolicy(), { operation: 'DELETE' }),
    requestOf(minimalNamespace()),
  ];
  for (const request of requests) {
    const { service, seen } = createTestAdmission(given);
    const response = responseOf(await service.validate(bodyOf(reviewOf(request)), unbounded));
    t.match(response, { allowed: true, auditAnnotations: { rules: /./ } });
    t.equal(response.warnings, undefined);
    t.match(seen.decisions, [{ outcome: 'allowed', mode: 'audit' }]);
    t.match(await mutate(request, given), { allowed: true, patch: undefined });
  }
});

test('an object that cannot be read is undecided, with the field', async (t) => {
  const response = async (more: Manifest): Promise<string> => {
    const { allowed, status } = await validate(requestOf(minimalPod(), more));
    return `${String(allowed)} ${status?.message ?? ''}`.split(' [')[0] ?? '';
  };
  t.equal(await response({ object: null }), 'false could not be judged: object: must be of type object');
  t.equal(
    await response({ object: tweak(badPod, 'spec.hostNetwork', 'true') }),
    'false could not be judged: spec.hostNetwork: must be of type boolean or null',
  );
  t.equal(
    await response({ operation: 'UPDATE', oldObject: null }),
    'false could not be judged: oldObject: must be of type object',
  );
  t.match(await validate(requestOf(minimalNetworkPolicy(), { operation: 'DELETE', oldObject: null })), {
    allowed: false,
    status: { message: /could not be judged: oldObject: must be of type object/ },
  });
  t.match(await mutate(requestOf(minimalPod(), { object: null })), { allowed: false, patch: undefined });
  t.match(
    await validate(requestOf(tweak(minimalPod(), 'metadata.namespace', 'kube-system'), { object: null })),
    { allowed: true },
    'the control plane is never blocked',
  );
});

test('a review that cannot be judged is refused with its uid, or with 400 where it has none', async (t) => {
  const { service, seen } = createTestAdmission();
  const bad = await service.validate(bodyOf(reviewOf(requestOf(badPod, { operation: 'PATCH' }))), unbounded);
  t.equal(bad.statusCode, 200);
  t.match(responseOf(bad), {
    allowed: false,
    status: { code: 403, message: /^the request could not be judged: request.operation must be one of/ },
    auditAnnotations: { decision: 'undecided', rules: '' },
  });
  for (const path of ['validate', 'mutate'] as const) {
    const plain = await service[path](Buffer.from('{"a'), unbounded);
    t.equal(plain.statusCode, 400);
    t.match(JSON.parse(plain.body), {
      error: { code: 'not-json', message: 'the body is not JSON: it ends too early' },
    });
  }
  t.same(seen.faults, ['bad-review', 'not-json', 'not-json']);
  t.same(seen.decisions, []);
});

/** A set whose only rule throws. */
function brokenSet() {
  const broken = defineCheckRule({
    ...hostNetwork,
    judges: 'state',
    check: () => {
      throw new Error('a bug');
    },
  });
  const result = compileDocuments(
    [tenancyOf(), policyOf({ rules: [{ rule: broken.id }] })].map((value) => documentOf(value)),
    {
      rules: [...rules.filter(({ id }) => id !== broken.id), broken],
      strongestMode: 'enforce',
    },
  );
  if (!result.ok) throw new Error('the documents are right');
  return result.value;
}

test('what throws never allows: a rule, an index, a reader, an observer', async (t) => {
  const boom = (): never => {
    throw new Error('a bug');
  };
  const set = brokenSet();
  const givens: readonly Given[] = [
    { policySet: () => set },
    { namespaces: { size: 0, get: boom } },
    { decisions: { observe: boom } },
    { namespaces: indexOf(unknownHome), decisions: { observe: boom } },
    { today: boom },
  ];
  for (const given of givens) {
    const { service, seen } = createTestAdmission(given);
    const answer = await service.validate(bodyOf(reviewOf(requestOf(labelledPod))), unbounded);
    t.equal(answer.statusCode, 200);
    t.match(responseOf(answer), {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      allowed: false,
      status: {
        code: 403,
        reason: 'Forbidden',
        message: 'the request could not be judged: Tenantgate failed; see its log',
      },
    });
    t.same(seen.faults.slice(-1), ['internal-error']);
    t.match(seen.logged.at(-1), { message: 'admission failed', cause: { message: 'a bug' } });
  }
  const reader = Object.fromEntries(Object.keys(failingReader).map((name) => [name, boom])) as unknown as FactReader;
  t.match(await validate(requestOf(labelledPod), { namespaces: indexOf(unknownHome), reader }), { allowed: false });
  t.match(
    responseOf(
      await createTestAdmission({ namespaces: indexOf(unknownHome) }).service.validate(
        bodyOf(reviewOf(requestOf(labelledPod))),
        boom,
      ),
    ),
    { allowed: false },
    'bounds that throw',
  );
});

test('one answer is wholly from one set', async (t) => {
  const strict = shippedPolicySet();
  const lax = setOf('flux/no-kube-config');
  let current = strict;
  const reader: FactReader = {
    ...failingReader,
    readNamespace: (name) => {
      current = lax;
      return Promise.resolve({ name, labels: { 'tenantgate.dev/tenant': 'globex' } });
    },
  };
  const given: Given = { policySet: () => current, namespaces: indexOf(unknownHome), reader };
  const first = await validate(requestOf(labelledPod), given);
  t.match(first, { allowed: false, auditAnnotations: { policy: strict.hash } });
  t.match(await validate(requestOf(labelledPod), given), { allowed: true, auditAnnotations: { policy: lax.hash } });
});

test('a decision is observed without anything of the object but its identity', async (t) => {
  let now = 0;
  const { service, seen } = createTestAdmission({ clock: () => (now += 0.5) });
  const policy = tweak(minimalNetworkPolicy(), 'spec.ingress', [
    { from: [{ namespaceSelector: {} }, { namespaceSelector: {} }] },
  ]);
  await service.validate(bodyOf(reviewOf(requestOf(policy, { dryRun: true }))), unbounded);
  await service.validate(
    bodyOf(reviewOf(requestOf(minimalPod(), { name: null, namespace: null, userInfo: {}, dryRun: null }))),
    unbounded,
  );
  t.same(seen.decisions[0], {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    path: 'validate',
    outcome: 'denied',
    violations: [{ rule: 'network/confined-peers', mode: 'enforce' }],
    wouldDeny: [],
    mode: 'enforce',
    kind: 'networking.k8s.io/v1/NetworkPolicy',
    resource: 'networkpolicies',
    subresource: '',
    operation: 'CREATE',
    namespace: 'acme-dev',
    name: 'web',
    user: 'jane',
    dryRun: true,
    durationUs: 500,
    policyHash: shippedPolicySet().hash,
  });
  t.match(seen.decisions[1], { kind: 'v1/Pod', namespace: '', name: '', user: '', dryRun: false });
});

test('a mutation that has nothing to add is allowed without a patch', async (t) => {
  const response = await mutate(requestOf(labelledPod));
  t.equal(response.allowed, true);
  t.equal(response.patch, undefined);
  t.equal(response.patchType, undefined);
});

test('a bad 3 MiB object is answered like any other', async (t) => {
  const large = tweak(badPod, 'metadata.annotations', { padding: 'x'.repeat(3 << 20) });
  t.match(await validate(requestOf(large)), { allowed: false });
});

test('in modes that deny nothing a fault of ours is a failed call, for the failure policy to decide on', async (t) => {
  const boom = (): never => {
    throw new Error('a bug');
  };
  const failing = { namespaces: { size: 0, get: boom } };
  for (const mode of ['audit', 'warn'] as const) {
    const set = shippedPolicySet(mode);
    const failed = createTestAdmission({ policySet: () => set, ...failing });
    const answer = await failed.service.validate(bodyOf(reviewOf(requestOf(labelledPod))), unbounded);
    t.match(answer, { statusCode: 500, body: /"internal-error"/ });
    t.same(failed.seen.faults, ['internal-error']);
    const later = createTestAdmission({ policySet: () => set, namespaces: indexOf(unknownHome) });
    const boundless = await later.service.validate(bodyOf(reviewOf(requestOf(labelledPod))), boom);
    t.match(boundless, { statusCode: 500 });
    const unread = await createTestAdmission({ policySet: () => set }).service.validate(
      bodyOf(reviewOf({ ...requestOf(labelledPod), kind: 7 })),
      unbounded,
    );
    t.equal(unread.statusCode, 400);
  }
});

test('a would-be denial is recorded with the day from which it is one', async (t) => {
  const planned = compiled([tenancyOf(), policyOf({ enforceFrom: '2027-01-31', rules: [{ rule: hostNetwork.id }] })]);
  const { service, seen } = createTestAdmission({ policySet: () => planned });
  await service.validate(bodyOf(reviewOf(requestOf(badPod, { dryRun: true }))), unbounded);
  await service.validate(bodyOf(reviewOf(requestOf(minimalPod()))), unbounded);
  t.match(seen.decisions, [
    {
      outcome: 'allowed',
      dryRun: true,
      wouldDeny: [{ rule: hostNetwork.id, mode: 'audit', reason: 'violated', enforcedFrom: '2027-01-31' }],
    },
    { outcome: 'allowed', wouldDeny: [] },
  ]);
});

test('each rule that an admitted object violates is told of once, unless it is a dry run', async (t) => {
  const told: AdmittedViolation[] = [];
  const warned = compiled([
    tenancyOf(),
    policyOf({
      mode: 'warn',
      enforceFrom: '2027-01-31',
      rules: [{ rule: 'pods/host-namespaces' }, { rule: hostNetwork.id }],
    }),
  ]);
  const { service } = createTestAdmission({
    policySet: () => warned,
    violations: { observe: (violation) => told.push(violation) },
  });
  const pod = tweak(tweak(badPod, 'spec.hostPID', true), 'spec.hostIPC', true);
  const stored = tweak(pod, 'metadata.uid', '0a1b');
  const ask = (request: Manifest) => service.validate(bodyOf(reviewOf(request)), unbounded);
  await ask(requestOf(pod, { dryRun: true }));
  t.same(told, []);
  await ask(requestOf(stored));
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '0a1b' };
  t.match(told, [
    {
      object,
      rule: 'pods/host-namespaces',
      mode: 'warn',
      note: /^will be denied from 2027-01-31: spec\.host.* \(and 1 more\)$/,
    },
    {
      object,
      rule: hostNetwork.id,
      note: /^will be denied from 2027-01-31: spec\.hostNetwork: .*\[pods\/host-network\]$/,
    },
  ]);
  told.length = 0;
  await ask(requestOf(tweak(pod, 'metadata.name', undefined), { name: null }));
  t.match(told[0]?.object, { name: '', uid: '' });
  told.length = 0;
  await ask(requestOf(pod, { operation: 'UPDATE', oldObject: pod }));
  t.same(told, [], 'what was so before is not told again');
});

test('a denial is told to whoever asked, and to nobody else', async (t) => {
  const told: AdmittedViolation[] = [];
  const { service } = createTestAdmission({ violations: { observe: (violation) => told.push(violation) } });
  const response = responseOf(await service.validate(bodyOf(reviewOf(requestOf(badPod))), unbounded));
  t.equal(response.allowed, false);
  t.same(told, []);
});
