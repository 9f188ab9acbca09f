import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { t as suite, test, type Test } from 'tap';

import { waitFor } from '../cluster/wait-for.ts';
import { openClient, post, type Client } from '../server/tls-client.ts';
import { minimalNetworkPolicy, minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import { judgedFields, objectWith } from './judged-fields.ts';
import {
  goodReview,
  hostNetworkPod,
  policyFrom,
  requestFor,
  reviewFor,
  isRefusal,
  reviewOf,
  reviewWith,
  type ReviewAnswer,
} from './review.ts';
import { startServing } from './tenantgate-process.ts';

const bodyLimit = 8_388_608;
const json = 'application/json';

const server = await startServing();
suite.teardown(() => server.stop());

/** The server lives and judges: nothing that was sent before has an effect on what comes after. */
async function isUnharmed(t: Test, what: string): Promise<void> {
  t.ok(server.isRunning(), `${what}: the process lives`);
  const { response } = reviewOf(await server.post('/validate', goodReview));
  t.equal(response.allowed, true, `${what}: the next good request is admitted`);
}

function faults(reason: string): Promise<number> {
  return server.metric(`tenantgate_bad_requests_total{reason="${reason}"}`);
}

/** Sends on a connection of its own until its end; what came back. */
async function exchange(talk: (client: Client) => Promise<void> | void): Promise<string> {
  const client = await openClient(server.port, server.ca, { allowHalfOpen: true });
  client.socket.once('end', () => client.socket.end());
  await talk(client);
  await client.closed;
  return client.received();
}

const slowHeaders = exchange(async ({ socket }) => {
  socket.write('POST /validate HTTP/1.1\r\n');
  for (const byte of 'Host: localhost\r\nX-Slow: ') {
    socket.write(byte);
    await delay(50);
  }
});
const slowBody = exchange(async ({ socket }) => {
  const text = post('/validate', goodReview);
  const body = text.indexOf('\r\n\r\n') + 4;
  socket.write(text.slice(0, body));
  for (const byte of text.slice(body, body + 30)) {
    socket.write(byte);
    await delay(50);
  }
});

/** A body without a uid that could be answered to, and the answer: HTTP status, code, and the reason it is counted as. */
type PlainCase = readonly [
  what: string,
  body: string | Buffer,
  status: number,
  code: string,
  reason: string,
  contentType?: string,
];

const utf16 = Buffer.from(goodReview, 'utf16le');
const withoutUid = JSON.stringify({ ...requestFor(minimalPod()), uid: undefined });

const plainAnswers: readonly PlainCase[] = [
  ['nothing', '', 400, 'empty-body', 'empty-body'],
  ['blanks', ' \n', 400, 'not-json', 'not-json'],
  ['no JSON', 'object: {}', 400, 'not-json', 'not-json'],
  ['JSON that is cut off', goodReview.slice(0, -20), 400, 'not-json', 'not-json'],
  ['JSON and more', `${goodReview}}`, 400, 'not-json', 'not-json'],
  ['a number that JSON does not have', goodReview.replace('"e2e-1"', 'NaN'), 400, 'not-json', 'not-json'],
  ['a byte order mark', `\uFEFF${goodReview}`, 400, 'not-json', 'not-json'],
  [
    'a byte that UTF-8 does not have',
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    400,
    'not-utf8',
    'not-utf8',
  ],
  [
    'a surrogate, encoded alone',
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    400,
    'not-utf8',
    'not-utf8',
  ],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), 400, 'not-utf8', 'not-utf8'],
  ['null', 'null', 400, 'not-a-review', 'not-a-review'],
  ['a number', '1e400', 400, 'not-a-review', 'not-a-review'],
  ['a list', `[${goodReview}]`, 400, 'not-a-review', 'not-a-review'],
  ['an object without a request', '{}', 400, 'not-a-review', 'not-a-review'],
  ['a request that is null', reviewWith(null), 400, 'not-a-review', 'not-a-review'],
  ['a request that is a text', reviewWith('request'), 400, 'not-a-review', 'not-a-review'],
  ['no uid', reviewWith(JSON.parse(withoutUid)), 400, 'not-a-review', 'not-a-review'],
  ['an empty uid', reviewFor(minimalPod(), { uid: '' }), 400, 'not-a-review', 'not-a-review'],
  ['a uid that is null', reviewFor(minimalPod(), { uid: null }), 400, 'not-a-review', 'not-a-review'],
  ['a uid that is a number', reviewFor(minimalPod(), { uid: 1 }), 400, 'not-a-review', 'not-a-review'],
  ['a uid without end', reviewFor(minimalPod(), { uid: 'u'.repeat(257) }), 400, 'not-a-review', 'not-a-review'],
  ['a uid that is inherited', '{"__proto__":{"request":{"uid":"u"}}}', 400, 'not-a-review', 'not-a-review'],
  ['10,000 lists in one another', '['.repeat(10_000) + ']'.repeat(10_000), 400, 'not-a-review', 'not-a-review'],
  ['4 million open lists', '['.repeat(4_000_000), 400, 'not-json', 'not-json'],
  ['one byte over the limit', Buffer.alloc(bodyLimit + 1, ' '), 413, 'body-too-large', 'body-too-large'],
  ['text', goodReview, 415, 'unsupported-media-type', 'media-type', 'text/plain'],
  ['YAML', goodReview, 415, 'unsupported-media-type', 'media-type', 'application/yaml'],
  ['a form', 'a=b', 415, 'unsupported-media-type', 'media-type', 'application/x-www-form-urlencoded'],
  ['a type that only looks like JSON', goodReview, 415, 'unsupported-media-type', 'media-type', 'application/jsonx'],
  ['an empty content type', goodReview, 415, 'unsupported-media-type', 'media-type', ''],
];

void test('what has no uid to answer to gets a plain error, is counted, and harms nobody', async (t) => {
  for (const [what, body, status, code, reason, contentType = json] of plainAnswers) {
    for (const path of ['/validate', '/mutate']) {
      const before = await faults(reason);
      const answer = await server.post(path, body, { 'content-type': contentType });
      t.equal(answer.status, status, `${what} to ${path}: ${answer.body}`);
      t.match(answer.headers['content-type'], /^application\/json\b/, what);
      t.match(JSON.parse(answer.body), { error: { code, message: /\w/ } }, what);
      t.equal(await faults(reason), before + 1, `${what} to ${path} is counted as ${reason}`);
    }
    await isUnharmed(t, what);
  }
});

void test('JSON may come with parameters of its content type', async (t) => {
  const answer = await server.post('/validate', goodReview, { 'content-type': `${json}; charset=utf-8` });
  t.equal(reviewOf(answer).response.allowed, true);
});

const good = requestFor(minimalPod());
const asUpdate = { ...good, operation: 'UPDATE', oldObject: good['object'] };

/** A review that has a uid but cannot be read, and what the refusal names. */
const badReviews: readonly (readonly [what: string, review: Manifest, named: string])[] = [
  ['another version', { apiVersion: 'admission.k8s.io/v1beta1' }, 'apiVersion must be "admission.k8s.io/v1"'],
  ['another group', { apiVersion: 'v1' }, 'apiVersion must be'],
  ['no version', { apiVersion: undefined }, 'apiVersion is missing'],
  ['another kind', { kind: 'AdmissionRequest' }, 'kind must be "AdmissionReview"'],
  ['no kind of the object', { request: { ...good, kind: undefined } }, 'request.kind is missing'],
  ['a kind that is a text', { request: { ...good, kind: 'Pod' } }, 'request.kind must be of type object'],
  ['a kind without a name', { request: { ...good, kind: { group: '', version: 'v1' } } }, 'request.kind.kind'],
  ['a group that is a list', { request: { ...good, kind: { group: [], version: 'v1', kind: 'Pod' } } }, 'kind.group'],
  ['no resource', { request: { ...good, resource: undefined } }, 'request.resource is missing'],
  ['an unknown operation', { request: { ...good, operation: 'PATCH' } }, 'request.operation must be one of'],
  ['an operation in lower case', { request: { ...good, operation: 'create' } }, 'request.operation must be one of'],
  ['no operation', { request: { ...good, operation: undefined } }, 'request.operation is missing'],
  ['no user', { request: { ...good, userInfo: undefined } }, 'request.userInfo is missing'],
  ['a user who is null', { request: { ...good, userInfo: null } }, 'request.userInfo must be of type object'],
  ['a user name that is a list', { request: { ...good, userInfo: { username: ['jane'] } } }, 'userInfo.username'],
  ['groups that are a text', { request: { ...good, userInfo: { groups: 'system:masters' } } }, 'userInfo.groups'],
  ['a group that is a number', { request: { ...good, userInfo: { groups: [1] } } }, 'userInfo.groups[0]'],
  ['a namespace that is an object', { request: { ...good, namespace: {} } }, 'request.namespace'],
  ['a name that is a number', { request: { ...good, name: 1 } }, 'request.name'],
  ['a subresource that is true', { request: { ...good, subResource: true } }, 'request.subResource'],
  ['a dry run that is a text', { request: { ...good, dryRun: 'true' } }, 'request.dryRun'],
];

void test('a review with a uid that cannot be read is refused, and counted', async (t) => {
  for (const [what, parts, named] of badReviews) {
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: good, ...parts };
    for (const path of ['/validate', '/mutate']) {
      const before = await faults('bad-review');
      isRefusal(t, await server.post(path, JSON.stringify(review)), 'e2e-1', named, `${what} to ${path}`);
      t.equal(await faults('bad-review'), before + 1, `${what} to ${path} is counted`);
    }
  }
  await isUnharmed(t, 'bad reviews');
});

const notASelector = ['text', 7, true, ['text'], { unknown: {} }, { matchLabels: [] }, { matchLabels: { app: 1 } }];
const notExpressions = [
  'text',
  {},
  ['text'],
  [{ key: 'app' }],
  [{ operator: 'Exists' }],
  [{ key: 1, operator: 'Exists' }],
  [{ key: 'app', operator: 'exists' }],
  [{ key: 'app', operator: 'In' }],
  [{ key: 'app', operator: 'In', values: 'web' }],
  [{ key: 'app', operator: 'In', values: [1] }],
  [{ key: 'app', operator: 'Exists', values: ['web'] }],
];

/** Values of the fields that no schema limits: the algebra reads them, and refuses what it cannot read. */
const unreadByAlgebra: Readonly<Record<string, readonly unknown[]>> = {
  'spec.ingress[].from[].podSelector': notASelector,
  'spec.ingress[].from[].namespaceSelector': [
    ...notASelector,
    ...notExpressions.map((matchExpressions) => ({ matchExpressions })),
  ],
  'spec.ingress[].from[].ipBlock.cidr': ['text', 7, true, ['10.0.0.0/8'], {}, '1.2.3.4', '1.2.3.4/33', '01.2.3.4/32'],
  'spec.ingress[].from[].ipBlock.except': ['text', 7, {}, [7], ['text'], ['2.0.0.0/8']],
  'spec.ingress[].ports': [
    'text',
    7,
    {},
    ['text'],
    [{ port: true }],
    [{ port: 0 }],
    [{ port: 65536 }],
    [{ port: 1.5 }],
    [{ port: 'NOT A NAME' }],
    [{ port: 5, endPort: 4 }],
    [{ port: 5, endPort: '6' }],
    [{ endPort: 5 }],
    [{ port: 5, protocol: 'ICMP' }],
    [{ port: 5, protocol: 6 }],
  ],
};

function policyWith(path: string, value: unknown): Manifest {
  const { object } = objectWith('NetworkPolicy', path, value);
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...(object['spec'] as Manifest) };
  const withBlock = path.endsWith('except') ? tweakBlock(spec, path) : spec;
  return { ...object, spec: path.endsWith('ports') ? withPeer(withBlock, path) : withBlock };
}

/** `except` counts only beside a `cidr`. */
function tweakBlock(spec: Manifest, path: string): Manifest {
  const [list, peers] = path.includes('ingress') ? ['ingress', 'from'] : ['egress', 'to'];
  return tweak(spec, [list, 0, peers, 0, 'ipBlock', 'cidr'], '1.0.0.0/24');
}

/** Ports are read beside a peer that is another tenant's; whatever is refused, it is refused. */
function withPeer(spec: Manifest, path: string): Manifest {
  const [list, peers] = path.includes('ingress') ? ['ingress', 'from'] : ['egress', 'to'];
  return tweak(spec, [list, 0, peers], [{ podSelector: {} }]);
}

void test('a selector, address or port that cannot be read is refused', async (t) => {
  const tables = Object.entries(unreadByAlgebra).flatMap(([path, values]) => {
    if (!path.includes('ingress')) return [[path, values] as const];
    return [[path, values] as const, [path.replace('ingress', 'egress').replace('from', 'to'), values] as const];
  });
  // Of metadata nothing is parsed any further.
  const free = judgedFields('NetworkPolicy').filter(({ path, type }) => type === undefined && path.startsWith('spec.'));
  const told = [...tables.map(([path]) => path), 'spec.podSelector'];
  t.strictSame(told.sort(), free.map(({ path }) => path).sort(), 'no field is left out');
  for (const [path, values] of tables) {
    for (const value of values) {
      const what = `${path} ${JSON.stringify(value)}`;
      const { response } = reviewOf(await server.post('/validate', reviewFor(policyWith(path, value))));
      t.strictSame([response.uid, response.allowed, response.status?.code], ['e2e-1', false, 403], what);
    }
  }
  await isUnharmed(t, 'selectors');
});

void test('whom a policy isolates is told strictly where its selector cannot be read', async (t) => {
  const standing = tweak(minimalNetworkPolicy(), 'metadata.name', 'default-deny');
  for (const value of notASelector) {
    const unreadable = tweak(standing, 'spec.podSelector', value);
    const update = reviewFor(unreadable, { operation: 'UPDATE', name: 'default-deny', oldObject: standing });
    t.equal((await decide(update)).allowed, false, `${JSON.stringify(value)} isolates nobody afterwards`);
    const removal = { operation: 'DELETE', name: 'default-deny', object: null, oldObject: unreadable };
    t.equal((await decide(reviewFor(standing, removal))).allowed, false, `${JSON.stringify(value)} isolated everybody`);
  }
});

function decide(review: string, path = '/validate'): Promise<ReviewAnswer['response']> {
  return server.post(path, review).then((answer) => reviewOf(answer).response);
}

/** Text that becomes the value of `"x"`, spelled so that keys stay as they are written. */
function withText(object: Manifest, text: string): string {
  return reviewFor(object).replace('"x"', text);
}

void test('keys such as __proto__ and constructor are data, and prototypes stay as they are', async (t) => {
  const labelled = (labels: string) => withText(tweak(minimalPod(), 'metadata.labels', 'x'), labels);
  const legal = '{"constructor":"a","toString":"b","prototype":"c","hasOwnProperty":"d","__proto__":"e"}';
  t.equal((await decide(labelled(legal))).allowed, true, 'legal labels');
  t.equal((await decide(labelled('{"__proto__":{"tenantgate.dev/tenant":"globex"}}'))).allowed, false, 'no text');
  t.equal((await decide(labelled('{"constructor":{"prototype":{"a":"b"}}}'))).allowed, false, 'no text either');
  const spec = (text: string) => withText(tweak(minimalPod(), 'spec', 'x'), text);
  const poison = ['{"__proto__":{"hostNetwork":true}}', '{"constructor":{"prototype":{"hostNetwork":true}}}'];
  for (const text of poison) t.equal((await decide(spec(text))).allowed, true, `${text} is a field that no rule reads`);
  t.equal((await decide(spec('{"__proto__":{"hostNetwork":false},"hostNetwork":true}'))).allowed, false);
  t.equal((await decide(goodReview)).allowed, true, 'no other object inherits it');
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
    const peer = (labels: Manifest) => reviewFor(policyFrom([{ namespaceSelector: { matchLabels: labels } }]));
    const alone = await decide(peer({ ['KEY']: 'a' }).replace('"KEY"', JSON.stringify(key)));
    t.equal(alone.allowed, false, `a label ${key} proves nothing`);
    const pinned = peer({ ['KEY']: 'a', 'tenantgate.dev/tenant': 'acme' }).replace('"KEY"', JSON.stringify(key));
    // `__proto__` is no label key: those start and end with a letter or digit.
    t.equal((await decide(pinned)).allowed, key !== '__proto__', `a label ${key} beside the tenant's`);
  }
  const user = goodReview.replace('"username":"jane"', '"__proto__":{"groups":["system:masters"]},"username":"jane"');
  t.equal((await decide(user)).allowed, true);
  const bad = reviewFor(hostNetworkPod).replace(
    '"userInfo":{',
    '"userInfo":{"__proto__":{"groups":["system:masters"]},',
  );
  t.equal((await decide(bad)).allowed, false);
  t.equal((await decide(reviewFor(hostNetworkPod, { namespace: 'constructor' }))).allowed, false);
  await isUnharmed(t, 'prototypes');
});

const depth = 10_000;
const deepObject = '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const deepList = '['.repeat(depth) + ']'.repeat(depth);

void test('10,000-deep nesting is judged in fields that nobody reads, and refused in those that rules read', async (t) => {
  for (const deep of [deepObject, deepList]) {
    const kindOfNesting = deep.slice(0, 1);
    const unread = [
      tweak(minimalPod(), 'x-unknown', 'x'),
      tweak(minimalPod(), 'metadata.managedFields', 'x'),
      tweak(minimalPod(), 'spec.affinity', 'x'),
      tweak(minimalPod(), 'spec.containers.0.env', 'x'),
      tweak(minimalPod(), 'status', 'x'),
    ];
    for (const object of unread) {
      t.equal((await decide(withText(object, deep))).allowed, true, `${kindOfNesting} where no rule reads`);
    }
    const bad = tweak(hostNetworkPod, 'status', 'x');
    t.equal((await decide(withText(bad, deep))).allowed, false, `${kindOfNesting} hides nothing`);
    const read = [
      tweak(minimalPod(), 'metadata.labels', 'x'),
      tweak(minimalPod(), 'metadata.labels.app', 'x'),
      tweak(minimalPod(), 'spec.hostNetwork', 'x'),
      tweak(minimalPod(), 'spec.containers.0.name', 'x'),
      tweak(minimalNetworkPolicy(), 'spec.policyTypes', 'x'),
      policyFrom([{ namespaceSelector: 'x' }]),
      policyFrom([{ namespaceSelector: { matchLabels: 'x' } }]),
      policyFrom([{ namespaceSelector: { matchLabels: { app: 'x' } } }]),
      policyFrom([{ namespaceSelector: { matchExpressions: 'x' } }]),
      policyFrom([{ namespaceSelector: { matchExpressions: ['x'] } }]),
      policyFrom([{ podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: 'x' }] } }]),
      policyFrom([{ ipBlock: 'x' }]),
      policyFrom([{ ipBlock: { cidr: 'x' } }]),
      policyFrom([{ ipBlock: { cidr: '1.0.0.0/24', except: 'x' } }]),
      policyFrom('x'),
      policyFrom([{ podSelector: {} }], 'x'),
      policyFrom([{ podSelector: {} }], [{ port: 'x' }]),
    ];
    for (const object of read) {
      const what = `${kindOfNesting} in ${JSON.stringify(object).slice(0, 300)}`;
      const response = await decide(withText(object, deep));
      t.strictSame([response.uid, response.allowed, response.status?.code], ['e2e-1', false, 403], what);
    }
    const nested = tweak(minimalPod(), 'spec.affinity', 'x');
    const update = reviewFor(nested, { operation: 'UPDATE', oldObject: nested }).replaceAll('"x"', deep);
    t.equal((await decide(update)).allowed, true, `${kindOfNesting} in an UPDATE that changes nothing`);
    const options = JSON.stringify({ ...asUpdate, options: 'x' }).replace('"x"', deep);
    t.equal((await decide(reviewWith('REQUEST').replace('"REQUEST"', options))).allowed, true, 'in the options');
    t.equal((await decide(withText(nested, deep), '/mutate')).allowed, true, 'in a mutation');
  }
  t.equal(await server.metric('tenantgate_internal_errors_total'), 0, 'nothing ran out of stack');
  await isUnharmed(t, 'deep nesting');
});

void test('of keys given twice the last one counts', async (t) => {
  const twice = (first: boolean, last: boolean) =>
    withText(tweak(minimalPod(), 'spec', 'x'), `{"hostNetwork":${first},"hostNetwork":${last}}`);
  t.equal((await decide(twice(true, false))).allowed, true);
  t.equal((await decide(twice(false, true))).allowed, false);
  const uids = goodReview.replace('"uid":"e2e-1"', '"uid":"first","uid":"last"');
  t.equal((await decide(uids)).uid, 'last');
  const objects = goodReview.replace('"object":', `"object":${JSON.stringify(hostNetworkPod)},"object":`);
  t.equal((await decide(objects)).allowed, true);
  const spelled = withText(tweak(minimalPod(), 'spec', 'x'), '{"hostNetwork":false,"host\\u004eetwork":true}');
  t.equal((await decide(spelled)).allowed, false, 'an escaped spelling is the same key');
});

const threeMiB = 3 * 1024 ** 2;

void test('the largest legal object is judged, alone and as an UPDATE', async (t) => {
  const long = 'a'.repeat(threeMiB - 1024);
  const annotated = (pod: Manifest) => tweak(pod, 'metadata.annotations', { note: long });
  t.equal((await decide(reviewFor(annotated(minimalPod())))).allowed, true);
  t.equal((await decide(reviewFor(annotated(hostNetworkPod)))).allowed, false);
  const update = { operation: 'UPDATE', oldObject: annotated(minimalPod()) };
  const review = reviewFor(annotated(hostNetworkPod), update);
  t.ok(review.length > 6_000_000 && review.length < bodyLimit);
  t.equal((await decide(review)).allowed, false, 'two copies fit');
  t.equal((await decide(goodReview.padEnd(bodyLimit))).allowed, true, 'up to the very last byte of the limit');
  await isUnharmed(t, 'large objects');
});

void test('a 3 MiB object of many small parts is judged', async (t) => {
  const fill = (part: string) => `[${Array.from({ length: threeMiB / (part.length + 1) }, () => part).join(',')}]`;
  const escaping = '{"namespaceSelector":{"matchLabels":{"a":"b"}}}';
  const refused = [
    withText(policyFrom('x'), fill(escaping)),
    withText(policyFrom('x'), fill('{"ipBlock":{"cidr":"0.0.0.0/0"}}')),
    withText(policyFrom('x'), fill('{}')),
    withText(policyFrom('x'), fill('7')),
    withText(policyFrom([{ namespaceSelector: { matchExpressions: 'x' } }]), fill('{"key":"a","operator":"Exists"}')),
    withText(
      policyFrom([{ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: 'x' }] } }]),
      fill('"v"'),
    ),
    withText(policyFrom([{ namespaceSelector: {} }], 'x'), fill('{"port":80}')),
    withText(tweak(minimalPod(), 'spec.containers', 'x'), fill('{"name":7}')),
  ];
  for (const [index, review] of refused.entries()) {
    t.equal((await decide(review)).allowed, false, `many parts ${index}`);
  }
  t.equal((await decide(withText(tweak(minimalPod(), 'spec.containers', 'x'), fill('{"name":"c"}')))).allowed, true);
  await isUnharmed(t, 'many parts');
});

void test('a body over the limit is refused however it comes, and before it has come', async (t) => {
  const head = `POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${json}\r\n`;
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  const cases = [
    ['as its length says', `${head}Content-Length: 999999999\r\n\r\n`],
    ['in chunks without end', `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(bodyLimit / 65_536 + 1)}`],
  ] as const;
  for (const [what, text] of cases) {
    const before = await faults('body-too-large');
    const client = await openClient(server.port, server.ca);
    client.socket.write(text);
    await waitFor('the answer', () => client.received().includes('"code":"body-too-large"'), { timeoutMs: 20_000 });
    t.match(client.received(), /^HTTP\/1\.1 413 /, what);
    client.socket.destroy();
    t.equal(await faults('body-too-large'), before + 1, `${what} is counted`);
  }
  await isUnharmed(t, 'too large bodies');
});

void test('what is no HTTP request is answered and counted', async (t) => {
  const cases = [
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed-request'],
    [
      'two lengths',
      'POST /validate HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'malformed-request',
    ],
    [
      'a length and chunks',
      'POST /validate HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'malformed-request',
    ],
    [
      'endless headers',
      `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
  ] as const;
  for (const [what, text, status, code] of cases) {
    const before = await faults(code);
    const answer = await exchange(({ socket }) => {
      socket.write(text);
    });
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), what);
    t.match(answer, `"code":"${code}"`, what);
    t.equal(await faults(code), before + 1, `${what} is counted`);
  }
  const elsewhere = await server.post('/admit', goodReview);
  t.match([elsewhere.status, elsewhere.body], [404, '"code":"unknown-path"']);
  const read = await server.get('/validate');
  t.match([read.status, read.body], [405, '"code":"method-not-allowed"']);
  await isUnharmed(t, 'what is no HTTP');
});

void test('clients that close their half are answered when the request is whole, and told when it is not', async (t) => {
  const whole = await exchange(({ socket }) => {
    socket.end(post('/validate', goodReview));
  });
  t.match(whole, /^HTTP\/1\.1 200 /);
  t.match(whole, '"allowed":true');
  const before = await faults('request-aborted');
  const cut = await exchange(({ socket }) => {
    socket.end(post('/validate', goodReview).slice(0, -10));
  });
  t.match(cut, /^HTTP\/1\.1 400 /);
  t.match(cut, '"code":"request-aborted"');
  t.equal(await faults('request-aborted'), before + 1);
  await exchange(({ socket }) => {
    socket.end();
  });
  await isUnharmed(t, 'half-closed clients');
});

void test('clients that vanish in the middle of a request harm nobody', async (t) => {
  for (const length of [0, 1, 20, 200]) {
    const raw = connect(server.port, '127.0.0.1');
    const { socket } = await openClient(server.port, server.ca, { socket: raw });
    socket.write(post('/validate', goodReview).slice(0, length));
    await delay(20);
    raw.resetAndDestroy();
  }
  const before = await faults('tls-handshake');
  const raw = connect(server.port, '127.0.0.1');
  await once(raw, 'connect');
  raw.resetAndDestroy();
  await waitFor('the count', async () => (await faults('tls-handshake')) === before + 1, { timeoutMs: 5_000 });
  await isUnharmed(t, 'clients that vanish');
});

void test('who speaks no TLS is cut off and counted', async (t) => {
  const before = await faults('tls-handshake');
  const raw = connect(server.port, '127.0.0.1');
  raw.on('error', () => undefined);
  raw.write('GET / HTTP/1.1\r\n\r\n');
  await once(raw, 'close');
  // It may be counted a moment after the connection is gone.
  await waitFor('the count', async () => (await faults('tls-handshake')) === before + 1, { timeoutMs: 5_000 });
  await isUnharmed(t, 'plain HTTP');
});

void test('clients that send byte by byte and stall are cut off in bounded time', async (t) => {
  for (const answer of await Promise.all([slowHeaders, slowBody])) {
    t.match(answer, /^HTTP\/1\.1 408 /);
    t.match(answer, '"code":"slow-request"');
  }
  t.equal(await faults('slow-request'), 2);
  await isUnharmed(t, 'slow clients');
});

void test('no object is in the log, and nothing failed inside the server', async (t) => {
  t.equal(await server.metric('tenantgate_internal_errors_total'), 0);
  const ending = await server.stop();
  t.strictSame([ending.code, ending.signal], [0, null]);
  t.strictSame(
    server.log().filter(({ level }) => level === 'error'),
    [],
  );
  t.equal(ending.errors.split('\n').length, 3, 'standard error has the two lines of the start only');
  t.notMatch(ending.output, /matchLabels|hostNetwork|aaaaaaaaaa/);
});
