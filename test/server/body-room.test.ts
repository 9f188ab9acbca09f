import { test } from 'tap';

import { BodyRoom } from '../../src/server/body-room.ts';

void test('when there is no room left, the body that has been arriving for longest goes', (t) => {
  const room = new BodyRoom(100);
  const gone: string[] = [];
  const [first, second, third] = ['first', 'second', 'third'].map((name) => () => gone.push(name));
  room.grow(first!, 40);
  room.grow(second!, 40);
  room.grow(first!, 10);
  t.same(gone, []);
  room.grow(third!, 20);
  t.same(gone, ['first'], '50 + 40 + 20 > 100');
  room.grow(third!, 40);
  t.same(gone, ['first'], '40 + 60 fits: what was let go counts no more');
  room.grow(third!, 1);
  t.same(gone, ['first', 'second']);
  t.end();
});

void test('a body that has arrived gives its room back', (t) => {
  const room = new BodyRoom(100);
  const gone: string[] = [];
  const whole = () => gone.push('whole');
  const next = () => gone.push('next');
  room.grow(whole, 90);
  room.leave(whole);
  room.leave(whole);
  room.grow(next, 90);
  t.same(gone, []);
  t.end();
});

void test('a body larger than all the room may arrive when it is alone', (t) => {
  const room = new BodyRoom(100);
  const gone: string[] = [];
  room.grow(() => gone.push('large'), 500);
  t.same(gone, []);
  room.grow(() => gone.push('small'), 1);
  t.same(gone, ['large']);
  t.end();
});
