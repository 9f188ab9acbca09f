import { test } from 'tap';

import { SharedValues } from '../../src/audit/shared-values.ts';

test('equal values are one, and others stay themselves', (t) => {
  const shared = new SharedValues<object>((value) => JSON.stringify(value));
  const [first, second, other] = [{ a: [1] }, { a: [1] }, { a: [2] }];
  t.equal(shared.of(first), first);
  t.equal(shared.of(second), first);
  t.equal(shared.of(other), other);
  t.equal(shared.of(first), first);
  t.end();
});
