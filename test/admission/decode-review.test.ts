import { test } from 'tap';

import { createReviewDecoder } from '../../src/admission/decode-review.ts';
import { minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import { bodyOf, requestOf, reviewOf } from '../support/test-admission.ts';

const decode = createReviewDecoder();
const review = reviewOf(requestOf(minimalPod()));
const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';

/** The answer to a body: `ok`, or fault, uid and text. */
function answerTo(body: Buffer | string): string {
  const decoded = decode(typeof body === 'string' ? Buffer.from(body) : body);
  if (decoded.ok) return 'ok';
  const text = decoded.faults.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  return `${decoded.fault} ${decoded.uid === undefined ? '-' : 'uid'} ${text}`;
}

const withRequest = (path: string, value: unknown): Buffer => bodyOf(tweak(review, `request.${path}`, value));

test('a review of the API server is decoded', (t) => {
  const decoded = decode(bodyOf(review));
  t.match(decoded, { ok: true, request: { uid, operation: 'CREATE' } });
  for (const field of ['subResource', 'name', 'namespace', 'dryRun', 'options', 'requestKind', 'object', 'oldObject']) {
    t.equal(answerTo(withRequest(field, undefined)), 'ok', `without ${field}`);
  }
  for (const field of ['subResource', 'name', 'namespace', 'dryRun', 'object', 'oldObject']) {
    t.equal(answerTo(withRequest(field, null)), 'ok', `null ${field}`);
  }
  t.end();
});

test('a body that is no JSON is refused, without quoting it', (t) => {
  t.equal(answerTo(''), 'empty-body - the body is empty; send an AdmissionReview as JSON');
  t.equal(
    answerTo('{"password":"secret" x}'),
    'not-json - the body is not JSON: unexpected text at position 21 (line 1 column 22)',
  );
  t.equal(answerTo('secret'), 'not-json - the body is not JSON: unexpected text');
  t.equal(answerTo(bodyOf(review).subarray(0, 40)), 'not-json - the body is not JSON: it ends too early');
  t.match(answerTo('\u{feff}{}'), /^not-json - /, 'a byte order mark');
  t.match(answerTo('{} {}'), /^not-json - /, 'two values');
  t.match(answerTo('{"a":NaN}'), /^not-json - /);
  t.notMatch(answerTo('{"password":"secret" x}'), /secret/);
  t.end();
});

test('a body that is not UTF-8 is refused', (t) => {
  t.match(answerTo(Buffer.from([0x7b, 0xff, 0x7d])), /^not-utf8 - the body is not UTF-8/);
  t.match(answerTo(Buffer.from(JSON.stringify(review), 'utf16le')), /^not-/);
  t.match(answerTo(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), /^not-utf8 /, 'a lone surrogate');
  t.end();
});

test('a review without a uid cannot be answered as one', (t) => {
  for (const value of [undefined, null, '', 7, {}, ['x'], 'x'.repeat(257)]) {
    t.match(answerTo(withRequest('uid', value)), /^not-a-review - /, JSON.stringify(value ?? null).slice(0, 20));
  }
  for (const body of ['null', '7', '"x"', '[]', '{}', '{"request":null}', '{"request":[]}', '{"request":"x"}']) {
    t.match(answerTo(body), /^not-a-review - /, body);
  }
  t.match(answerTo('{"__proto__":{"request":{"uid":"x"}}}'), /^not-a-review - /, 'an inherited uid is none');
  t.end();
});

test('a review with a uid is answered with it, whatever else is wrong', (t) => {
  const cases: readonly (readonly [Manifest, string])[] = [
    [{ ...review, apiVersion: 'admission.k8s.io/v1beta1' }, 'apiVersion must be "admission.k8s.io/v1"'],
    [{ ...review, kind: 'Review' }, 'kind must be "AdmissionReview"'],
    [tweak(review, 'request.kind', undefined), 'request.kind is missing and must be given'],
    [tweak(review, 'request.kind', 'Pod'), 'request.kind must be of type object'],
    [tweak(review, 'request.kind.group', null), 'request.kind.group must be of type string'],
    [tweak(review, 'request.resource.resource', 7), 'request.resource.resource must be of type string'],
    [
      tweak(review, 'request.operation', 'PATCH'),
      'request.operation must be one of "CREATE", "UPDATE", "DELETE", "CONNECT"',
    ],
    [tweak(review, 'request.userInfo', undefined), 'request.userInfo is missing and must be given'],
    [tweak(review, 'request.userInfo.groups', 'x'), 'request.userInfo.groups must be of type array or null'],
    [tweak(review, 'request.userInfo.groups', [7]), 'request.userInfo.groups[0] must be of type string'],
    [tweak(review, 'request.userInfo.username', {}), 'request.userInfo.username must be of type string or null'],
    [tweak(review, 'request.name', 7), 'request.name must be of type string or null'],
    [tweak(review, 'request.namespace', []), 'request.namespace must be of type string or null'],
    [tweak(review, 'request.dryRun', 'false'), 'request.dryRun must be of type boolean or null'],
  ];
  for (const [value, text] of cases) t.equal(answerTo(bodyOf(value)), `bad-review uid ${text}`);
  t.end();
});

test('of keys given twice the last counts, as the API server reads them', (t) => {
  const twice = JSON.stringify(review).replace('"operation":"CREATE"', '"operation":"DELETE","operation":"CREATE"');
  t.match(decode(Buffer.from(twice)), { ok: true, request: { operation: 'CREATE' } });
  t.end();
});

test('keys called like members of objects are data, and no prototype is touched', (t) => {
  const body = JSON.stringify(review).replace(
    '"object":{',
    '"object":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
  );
  const decoded = decode(Buffer.from(body));
  t.ok(decoded.ok);
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
  t.ok(decoded.ok && Object.hasOwn(decoded.request.object as object, '__proto__'));
  t.end();
});

test('deep, long and many things are taken in stride', (t) => {
  const deep = JSON.stringify(review).replace(
    '"object":{',
    `"object":{"deep":${'['.repeat(10_000)}${']'.repeat(10_000)},`,
  );
  t.equal(answerTo(deep), 'ok');
  t.match(answerTo('['.repeat(100_000)), /^not-json - /);
  t.equal(answerTo(withRequest('object', { data: 'x'.repeat(3 << 20) })), 'ok');
  const many = Array.from({ length: 500_000 }, () => 1);
  t.equal(
    answerTo(withRequest('userInfo.groups', many)),
    'bad-review uid request.userInfo.groups[0] must be of type string',
  );
  t.end();
});
