import { test } from 'tap';

import { earliest, isInstant, isLater, latest } from '../../../src/audit/posture/instant.ts';
import { lastWriteOf } from '../../../src/audit/posture/last-write.ts';

const made = '2026-01-01T00:00:00Z';
const object = (managedFields: unknown, creationTimestamp: unknown = made) => ({
  metadata: { creationTimestamp, managedFields },
});

test('the last write of the object counts, and not those of its status', (t) => {
  const fields = [
    { manager: 'kubectl', time: '2026-03-01T00:00:00Z' },
    { manager: 'controller', time: '2026-02-01T00:00:00Z', subresource: '' },
    { manager: 'kubelet', time: '2026-04-01T00:00:00Z', subresource: 'status' },
  ];
  t.equal(lastWriteOf(object(fields)), '2026-03-01T00:00:00Z');
  t.equal(lastWriteOf(object([fields[2]])), made);
  t.end();
});

test('without fields that are managed it is when the object was made, and in a manifest nobody knows', (t) => {
  t.equal(lastWriteOf(object(undefined)), made);
  t.equal(lastWriteOf(object([7, null, {}, { time: 'yesterday' }, { time: 7 }])), made);
  t.equal(lastWriteOf(object([], null)), undefined);
  t.equal(lastWriteOf({ metadata: null }), undefined);
  t.equal(lastWriteOf({}), undefined);
  t.end();
});

test('instants compare in time, with fractions of seconds and without', (t) => {
  const [whole, part] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5Z'];
  t.ok(isLater(part, whole));
  t.notOk(isLater(whole, part));
  t.notOk(isLater(whole, whole));
  t.equal(earliest([part, whole, part]), whole);
  t.equal(latest([whole, part, whole]), part);
  t.equal(earliest([]), undefined);
  t.equal(latest([]), undefined);
  t.ok(isInstant(part));
  t.notOk(isInstant('2026-01-01T00:00:00+01:00'));
  t.notOk(isInstant(7));
  t.end();
});
