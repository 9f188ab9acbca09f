import { test } from 'tap';

import { remembered } from '../../src/policy/remembered.ts';

test('an answer is computed once for each object, also where it is undefined', (t) => {
  const asked: object[] = [];
  const answer = remembered((object: { readonly value?: number }) => {
    asked.push(object);
    return object.value;
  });
  const [one, same, none] = [{ value: 1 }, { value: 1 }, {}];
  t.strictSame(
    [one, one, same, none, none, one].map((object) => answer(object)),
    [1, 1, 1, undefined, undefined, 1],
  );
  t.strictSame(asked, [one, same, none]);
  t.end();
});
