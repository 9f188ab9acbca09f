import { deflateSync, gzipSync } from 'node:zlib';

import { test } from 'tap';

import { decode } from '../../src/kubernetes/content-encoding.ts';

const largest = 100_000;
const text = JSON.stringify({ items: Array.from({ length: 2_000 }, (_, index) => `object ${index}`) });
const body = gzipSync(text);

test('what is not encoded is as it came', (t) => {
  for (const encoding of [undefined, '', 'identity', 'Identity', 'identity, identity']) {
    t.equal(decode(body, encoding, largest), body);
    t.equal(decode(body, encoding, body.length), body);
    t.equal(decode(body, encoding, body.length - 1), 'too large');
  }
  t.end();
});

test('what is compressed is decoded, up to the largest', (t) => {
  t.equal(String(decode(body, 'gzip', largest)), text);
  t.equal(String(decode(body, 'gzip', text.length)), text);
  t.equal(decode(body, 'gzip', text.length - 1), 'too large');
  t.equal(decode(gzipSync(Buffer.alloc(20_000_000)), 'gzip', largest), 'too large');
  t.equal(String(decode(gzipSync(''), 'gzip', largest)), '');
  t.end();
});

test('codings have names in any case, and another one', (t) => {
  for (const encoding of ['GZIP', ' gzip ', 'x-gzip', 'X-GZip', 'gzip, identity', 'identity,gzip'])
    t.equal(String(decode(body, encoding, largest)), text, encoding);
  t.end();
});

test('members one after the other are one text, whatever length the last one tells', (t) => {
  const members = Buffer.concat([gzipSync(text), gzipSync('x'), gzipSync('')]);
  t.equal(String(decode(members, 'gzip', largest)), `${text}x`);
  t.equal(decode(members, 'gzip', text.length), 'too large');
  t.end();
});

test('what is damaged or broken off is nothing', (t) => {
  for (let length = 0; length < body.length; length += 1)
    t.equal(decode(body.subarray(0, length), 'gzip', largest), undefined, `${length} bytes`);
  for (const place of [0, 1, 2, body.length - 8, body.length - 4, body.length - 1]) {
    const damaged = Buffer.from(body);
    damaged[place]! ^= 0x10;
    t.equal(decode(damaged, 'gzip', largest), undefined, `byte ${place}`);
  }
  t.equal(decode(Buffer.from(text), 'gzip', largest), undefined);
  t.end();
});

test('what was not asked for is nothing', (t) => {
  t.equal(decode(deflateSync(text), 'deflate', largest), undefined);
  t.equal(decode(body, 'gzip, gzip', largest), undefined);
  t.end();
});
