import { test } from 'tap';

import { createTestAdmission, bodyOf, requestOf, responseOf, reviewOf, unbounded } from '../support/test-admission.ts';
import { buildApp } from '../../src/server/app.ts';
import { fakeFaultCounter, fakeOperationLog, fakeReadiness } from '../support/fake-admission-service.ts';
import { twoTenants } from '../support/facts.ts';
import {
  minimalNetworkPolicy,
  minimalObject,
  minimalPod,
  minimalResourceQuota,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';
import { denies } from './decide.ts';

const hostNetwork = tweak(minimalPod(), 'spec.hostNetwork', true);

async function answerTo(body: Buffer) {
  const { service } = createTestAdmission();
  return service.validate(body, unbounded);
}

const textOf = (manifest: Manifest) => JSON.stringify(reviewOf(requestOf(manifest)));

void test('Prototype keys: __proto__ and constructor are data, and no prototype is touched', async (t) => {
  const hostile = '"metadata":{"annotations":{"__proto__":"x","constructor":"y"},"__proto__":{"polluted":true},';
  const body = Buffer.from(textOf(hostNetwork).replaceAll('"metadata":{', hostile));
  t.equal(responseOf(await answerTo(body)).allowed, false);
  t.equal(
    responseOf(await answerTo(Buffer.from(textOf(minimalPod()).replaceAll('"metadata":{', hostile)))).allowed,
    true,
  );
  t.notOk('polluted' in {});
});

void test('Inherited keys: a label called constructor proves nothing, and neither does a namespace called toString', (t) => {
  for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const selector = { matchLabels: JSON.parse(`{${JSON.stringify(key)}: "acme"}`) as unknown };
    denies(
      t,
      'network/confined-peers',
      tweak(minimalNetworkPolicy(), 'spec.ingress', [{ from: [{ namespaceSelector: selector }] }]),
    );
    const named = { matchLabels: { 'kubernetes.io/metadata.name': key } };
    denies(
      t,
      'network/confined-peers',
      tweak(minimalNetworkPolicy(), 'spec.ingress', [{ from: [{ namespaceSelector: named }] }]),
      {
        world: { namespaces: twoTenants },
      },
    );
  }
  t.end();
});

void test('Nesting: ten thousand levels are judged or refused', async (t) => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const unread = textOf(hostNetwork).replace('"spec":{', `"spec":{"unread":${deep},`);
  t.equal(responseOf(await answerTo(Buffer.from(unread))).allowed, false);
  const good = textOf(minimalPod()).replace('"spec":{', `"spec":{"unread":${deep},`);
  t.equal(responseOf(await answerTo(Buffer.from(good))).allowed, true);
  const inRead = textOf(minimalPod()).replace('"spec":{', `"spec":{"nodeSelector":${deep},`);
  t.equal((await answerTo(Buffer.from(inRead))).statusCode, 200);
});

void test('Numbers: a quota that grows by one beyond 2^53 has grown', (t) => {
  const quota = (pods: string) => tweak(minimalResourceQuota(), 'spec.hard.pods', pods);
  denies(t, 'quota/quota-kept', quota('9007199254740993'), { old: quota('9007199254740992') });
  t.end();
});

void test('Patterns: a megabyte of what patterns choke on is answered', async (t) => {
  const texts = [
    'a'.repeat(1_000_000),
    '-a'.repeat(500_000),
    'https://'.repeat(125_000),
    '.'.repeat(1_000_000),
    ' '.repeat(1_000_000),
  ];
  for (const text of texts) {
    for (const object of [
      tweak(minimalObject('GitRepository'), 'spec.url', text),
      tweak(minimalResourceQuota(), 'spec.hard.pods', text),
      tweak(minimalNetworkPolicy(), 'spec.egress', [{ to: [{ ipBlock: { cidr: text } }] }]),
      tweak(minimalPod(), ['metadata', 'labels', text], text),
    ])
      t.equal((await answerTo(Buffer.from(textOf(object)))).statusCode, 200);
  }
});

void test('Throwing: what throws refuses the one request, and the next is judged', async (t) => {
  let isBroken = true;
  const { service } = createTestAdmission({
    read: (_kind, value) => {
      if (isBroken) throw new Error('broken');
      return { ok: true, value: value as never };
    },
  });
  const body = bodyOf(reviewOf(requestOf(minimalPod())));
  t.equal(responseOf(await service.validate(body, unbounded)).allowed, false);
  isBroken = false;
  t.equal(responseOf(await service.validate(body, unbounded)).allowed, true);
});

void test('Body limit: two copies of an object of 3 MiB are judged', async (t) => {
  const large = (object: Manifest) => tweak(object, ['metadata', 'annotations', 'large'], 'x'.repeat(3 * 1024 ** 2));
  const body = bodyOf(reviewOf(requestOf(large(hostNetwork), { operation: 'UPDATE', oldObject: large(minimalPod()) })));
  t.equal(responseOf(await answerTo(body)).allowed, false);
  const app = buildApp({
    service: createTestAdmission().service,
    readiness: fakeReadiness(),
    faults: fakeFaultCounter(),
    log: fakeOperationLog(),
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: '/validate', headers, payload: body });
  t.equal(answer.statusCode, 200, 'the server takes it as well');
});
